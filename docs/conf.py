"""How are the pages of docs/ made into a site? By Sphinx, with these settings; `make docs` builds it into docs/_build/html.

Nothing is fetched while it is built, and no page asks a server for a script, a font or a picture, so that the site can be read
from a folder.
"""

import os
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))
# Notebooks run in processes of their own: they find `takeoff`, and their figures need no screen.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"

project = "Industrial Takeoff"
author = "Industrial Takeoff developers"
extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build"]
nitpicky = False

# ------------------------------------------------------------------------------------------------ Markdown and notebooks
myst_enable_extensions = ["attrs_block", "colon_fence", "deflist"]
myst_heading_anchors = 4
# Every notebook is executed anew, in a folder of its own, and a cell that fails stops the build.
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_merge_streams = True

# ------------------------------------------------------------------------------------------------ docstrings
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_class_members_toctree = False
numpydoc_show_class_members = False

# ------------------------------------------------------------------------------------------------ pages
html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
# A summary of each hit would have to be fetched, which a browser refuses to a page that is read from a folder.
html_show_search_summary = False
# Light or dark as the reader's machine is.
html_context = {"default_mode": "auto"}
html_theme_options = {
    "navigation_with_keys": False,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": [],
    "footer_end": [],
}
