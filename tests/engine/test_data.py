"""Containers: parts of arguments, structures of gradients, and what is refused."""

from __future__ import annotations

import corpus_data
import numpy as np
import pytest

import tangent


def test_a_gradient_has_the_structure_of_its_argument() -> None:
    params = {"w": np.ones(2), "layers": [(1.0, 2.0)], "name": "net", "n": 3, "none": None}

    def loss(params):
        a, b = params["layers"][0]
        return a * b * np.sum(params["w"])

    got = tangent.grad(loss)(params)
    assert got["name"] is None and got["none"] is None and got["n"] == 0.0
    assert got["layers"] == [(4.0, 2.0)]
    np.testing.assert_array_equal(got["w"], [2.0, 2.0])


@pytest.mark.parametrize(
    ("function", "args", "parts"),
    [
        (corpus_data.mlp_loss, (corpus_data.MLP, corpus_data.BATCH), ("params['w1']",)),
        (corpus_data.mlp_loss, (corpus_data.MLP, corpus_data.BATCH), ("params['b2']", "x")),
        (corpus_data.weight_decay, (corpus_data.MLP,), ("params['w1']", "params['w2']")),
        (
            corpus_data.nested_params,
            (corpus_data.NESTED, corpus_data.VECTOR),
            ("params['hidden']['w']", "params['scale']"),
        ),
        (
            corpus_data.layers_of_tuples,
            (corpus_data.LAYERS, corpus_data.BATCH),
            ("layers[0][1]", "layers[1][0]"),
        ),
        (corpus_data.horner, ([1.2, 0.7, 0.3], 0.6), ("coefficients[-1]",)),
    ],
)
def test_wrt_may_name_a_part(function, args, parts) -> None:
    assert tangent.check_grads(function, args, wrt=parts, rtol=1e-6, atol=1e-7)
    gradient = tangent.grad(function, wrt=parts)
    assert gradient.derivative.wrt == parts
    product = tangent.hvp(function, wrt=parts)
    assert product.derivative.wrt == parts


def test_the_gradient_with_respect_to_a_part_is_that_of_the_part() -> None:
    source = tangent.grad(corpus_data.mlp_loss, wrt="params['w1']").source
    assert "def dmlp_lossdparams_w1(params, x, bresult=1.0):" in source
    assert "bparams_w1 =" in source and "w2_adjoint" not in source and "zeros_like" not in source


def test_a_part_that_is_none_is_refused() -> None:
    for wrt in ("nothing['w1']", "params[x]", "params['w1'", ("params", "params['w1']")):
        with pytest.raises(tangent.DerivativeError, match="wrt"):
            tangent.grad(corpus_data.mlp_loss, wrt=wrt)


def test_the_jacobian_with_respect_to_a_part() -> None:
    def layer(params, x):
        return np.tanh(params["w"] @ x)

    params = {"w": np.array([[0.1, 0.2], [0.3, 0.4]]), "b": 1.0}
    x = np.array([1.0, 2.0])
    for mode in ("reverse", "forward"):
        got = tangent.jacobian(layer, wrt="params['w']", mode=mode)(params, x)
        y = layer(params, x)
        expected = np.einsum("i,ij,k->ijk", 1.0 - y * y, np.eye(2), x)
        np.testing.assert_allclose(got, expected)
