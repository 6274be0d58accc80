# make run      set up, then calibrate on Tables 1-2, compare policies and write the report (profile quick)
# make test     set up, then every test but the slow ones, the peers, and those that need a browser
# make peers    the tests of the model's peers in C++ and Mesa, which repeat its formulas; `make bench` and .ci/run run them too
# make install  the set-up of `make run` alone: .venv here, pinned by constraints.txt, kernels compiled
# make extras   the set-up and all extras: Parquet, Dask and batch systems, Optuna, and what tests and linters need
# make docs     the set-up and what pages need, then the documentation site: docs/_build/html/index.html; warnings are errors
# make slow | lint | bench | clean
#
# Whoever changes a formula edits one function of model/mechanisms/. In `make test` two kinds of test may then fail: the golden
# histories (tests/model/test_golden.py), whose hashes say that results move, and a test of the mechanism that states a value of the
# formula in closed form. The peers, outside `make test`, still compute the old formula until they are given the new one.
#
# Needs Python >= 3.11 and make. Another Python: `PYTHON=python3.12 make run`. Another folder for the environment: `VENV=DIR`.

VENV ?= .venv
# The posterior that comes with the house, once one that passed its gate lies there.
PROFILE ?= $(if $(wildcard configs/posterior/manifest.json),shipped,quick)
# Continues an interrupted run of the same data and code, and does nothing on a finished one.
RUN_OPTIONS ?= --resume
TEST_OPTIONS ?= --numprocesses auto --maxprocesses 4

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
# The Python of the environment that is there, else the first that is new enough.
FIND_PYTHON := for name in $(if $(wildcard $(VENV)/created-*),$(VENV)/bin/python) python3 python3.13 python3.12 python3.11 python3.14 python; do \
    "$$name" -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && echo "$$name" && break; done
ifndef PYTHON
PYTHON := $(shell $(FIND_PYTHON))
endif
VERSION := $(if $(PYTHON),$(shell $(PYTHON) -c '$(NEW_ENOUGH)' 2>/dev/null && \
    $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'))

CREATED := $(VENV)/created-$(VERSION)
INSTALLED := $(VENV)/installed-$(VERSION)
COMPILED := $(VENV)/compiled-$(VERSION)
EQUIPPED := $(VENV)/equipped-$(VERSION)
DOCUMENTED := $(VENV)/documented-$(VERSION)
SITE := docs/_build/html
PIP_INSTALL = $(VENV)/bin/python -m pip install -qq --disable-pip-version-check -c constraints.txt
KERNELS := $(wildcard model/*.py model/*/*.py)

.PHONY: run test peers install extras docs slow lint bench clean check-python

run: install
	@echo "takeoff run --profile $(PROFILE)"
	@$(VENV)/bin/takeoff run --profile $(PROFILE) $(RUN_OPTIONS); code=$$?; \
	case $$code in \
	    0) echo "make run: done and converged (exit code 0)";; \
	    3) echo "make run: done, NOT CONVERGED (exit code 3: the report says so on every page)";; \
	    *) echo "make run: takeoff ended with exit code $$code" >&2; exit $$code;; \
	esac

test: extras
	@echo "pytest; slow tests, peers, browsers and new environments left out"
	@$(VENV)/bin/python -m pytest -m "not slow and not peers and not browser and not environments" $(TEST_OPTIONS)

peers: extras
	@$(VENV)/bin/python -m pytest -m "peers and not slow" $(TEST_OPTIONS)

slow: extras
	@$(VENV)/bin/python -m pytest -m slow $(TEST_OPTIONS)

# Every page is written anew, and every notebook executed: nothing of an earlier build is believed.
docs: $(DOCUMENTED) install
	@echo "the documentation site: notebooks are executed, some minutes"
	@rm -rf docs/_build
	@$(VENV)/bin/python -m sphinx --builder html --fail-on-warning --keep-going --quiet docs $(SITE)
	@$(VENV)/bin/python -m docs.check_site $(SITE)
	@echo "make docs: $(SITE)/index.html"

lint: extras
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy --strict model execution calibration studies

bench: peers
	@for name in engine stages batch start scale variance shape; do $(VENV)/bin/python -m benchmarks.$$name --quick || exit 1; done

install: $(COMPILED)

extras: $(EQUIPPED) install

# A new environment only for a new version of Python; changed pins are installed into the one that is there.
$(CREATED): | check-python
	@echo "1/3 new environment in $(VENV) with $(PYTHON) ($(VERSION))"
	@$(PYTHON) -m venv --clear $(VENV) || { echo "make: $(PYTHON) cannot create an environment:" \
	    "install its venv module (on Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@touch $@

$(INSTALLED): $(CREATED) pyproject.toml constraints.txt
	@echo "2/3 libraries at the versions of constraints.txt (1.1 GB on disk at the first time: one to a few minutes)"
	@$(PIP_INSTALL) setuptools
	@$(PIP_INSTALL) --no-build-isolation --editable ".[surrogate]"
	@touch $@

# What `make run` does not need. It has a mark of its own, so that a later `make test` installs what is missing and no more.
$(EQUIPPED): $(INSTALLED)
	@echo "extras: Parquet, Dask and batch systems, Optuna, tests and linters (some 0.4 GB more on disk)"
	@$(PIP_INSTALL) --no-build-isolation --editable ".[surrogate,batch,parquet,optimise,dev]"
	@touch $@

# What only the site and its browser need, with a mark of its own too.
$(DOCUMENTED): $(INSTALLED)
	@echo "what the documentation site needs: Sphinx and its company, a driver of browsers (some 0.3 GB more on disk)"
	@$(PIP_INSTALL) --no-build-isolation --editable ".[surrogate,docs]"
	@touch $@

$(COMPILED): $(INSTALLED) $(KERNELS)
	@echo "3/3 the model's kernels"
	@$(VENV)/bin/python -m model.warm
	@touch $@

check-python:
	@if [ "$(OS)" = Windows_NT ]; then \
	    echo "make: Windows is not supported; use Linux, macOS, or the Windows Subsystem for Linux (WSL)" >&2; exit 1; fi
	@if [ -z "$(VERSION)" ]; then \
	    echo "make: no Python >= 3.11 found$(if $(PYTHON), under the name $(PYTHON)); install one, or name one:" \
	        "PYTHON=/path/to/python3.12 make run" >&2; exit 1; fi

clean:
	@if [ -f "$(VENV)/pyvenv.cfg" ]; then rm -rf "$(VENV)"; fi
	rm -rf docs/_build .cache industrial_takeoff.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find model execution calibration studies benchmarks tests -name __pycache__ -type d -prune -exec rm -rf {} +
