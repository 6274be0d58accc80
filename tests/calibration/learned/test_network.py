"""Does a network's mixture have the density that its outputs say, in either array library?"""

import numpy as np
import pytest

from calibration.learned.network import Layout, Mixture, component_log_density, initial, log_softmax, network_inputs, unpack


def test_a_component_has_the_density_of_a_normal() -> None:
    from scipy.stats import multivariate_normal

    factor = np.array([[0.5, 0.0], [0.3, 0.8]])
    mixture = Mixture(np.zeros((1, 1)), np.array([[[1.0, 2.0]]]), np.log(np.array([[[0.5, 0.8]]])), np.array([[[0.3]]]), None)
    by_scipy = multivariate_normal([1.0, 2.0], factor @ factor.T).logpdf([1.4, 1.1])
    assert component_log_density(mixture, np.array([[1.4, 1.1]]), np)[0, 0] == pytest.approx(by_scipy)


LAYOUT = Layout(components=2, dimensions=3, heads=2, statuses=3)


def test_slots_name_the_columns_that_unpack_reads() -> None:
    outputs = np.linspace(-1.0, 1.0, LAYOUT.outputs)[None]
    _, mixture = unpack(outputs, LAYOUT.sizes, LAYOUT.components, LAYOUT.dimensions, np)
    columns = LAYOUT.slots([0, 1, 2], [0, 1])
    assert len(columns) * LAYOUT.components == LAYOUT.outputs - LAYOUT.statuses
    assert np.unique(np.concatenate(list(columns.values()))).size == LAYOUT.outputs - LAYOUT.statuses

    def slot(kind: str, i: int, j: int = 0) -> np.ndarray:
        return outputs[0, columns[kind, i, j]]

    np.testing.assert_allclose(mixture.log_weight[0], log_softmax(slot("weight", 0), np))
    for i in range(3):
        np.testing.assert_array_equal(mixture.mean[0, :, i], slot("mean", i))
        np.testing.assert_array_equal(mixture.log_diagonal[0, :, i], slot("factor", i, i))
        for j in range(i):
            np.testing.assert_array_equal(mixture.below[0, :, i * (i - 1) // 2 + j], slot("factor", i, j))
    for head in range(2):
        for word in range(3):
            np.testing.assert_array_equal(mixture.class_logits[0, :, head, word], slot("class", head, word))


def test_slots_of_some_figures_leave_the_others_out() -> None:
    some, every = LAYOUT.slots([1], [0]), LAYOUT.slots([0, 1, 2], [0, 1])
    assert {kind for kind, *_ in some} == {"weight", "mean", "factor", "class"}
    for key, columns in some.items():
        np.testing.assert_array_equal(columns, every[key])
    assert ("mean", 0, 0) not in some
    assert ("class", 1, 0) not in some


def test_log_probabilities_sum_to_one_however_large_the_logits() -> None:
    logits = np.array([[1e4, 1e4 - 1.0, -1e4], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(np.exp(log_softmax(logits, np)).sum(axis=-1), 1.0)
    np.testing.assert_allclose(log_softmax(logits, np)[1], -np.log(3.0))


def test_both_array_libraries_give_the_same_density() -> None:
    jax = pytest.importorskip("jax", reason="needs jax: pip install -e '.[surrogate]'")
    draw = np.random.Generator(np.random.Philox(6))
    outputs = draw.normal(size=(5, LAYOUT.outputs)).astype(np.float32)
    outcome = draw.normal(size=(5, 3)).astype(np.float32)
    densities = []
    for xp in (np, jax.numpy):
        _, mixture = unpack(xp.asarray(outputs), LAYOUT.sizes, LAYOUT.components, LAYOUT.dimensions, xp)
        densities.append(np.asarray(component_log_density(mixture, xp.asarray(outcome), xp)))
    np.testing.assert_allclose(densities[0], densities[1], rtol=1e-4)


def test_an_untrained_proposal_is_close_to_the_population() -> None:
    """Its components have standard deviations of one, and means within four times 0.1, the sd of their draws."""
    layout = Layout(4, 14, 0, 0)
    network = initial(layout, 9, 8, 1)
    _, mixture = unpack(network["b3"][None], layout.sizes, 4, 14, np)
    assert (mixture.log_diagonal == 0).all()
    assert (mixture.below == 0).all()
    assert np.abs(mixture.mean).max() < 0.4
    assert (initial(layout, 9, 8, 2)["w1"] != network["w1"]).any()


def test_inputs_are_clipped_parameters_beside_features() -> None:
    inputs = network_inputs(np.array([[-9.0, 0.5]]), np.array([[7.0]]))
    assert inputs.dtype == np.float32
    assert inputs.tolist() == [[-5.0, 0.5, 7.0]]
