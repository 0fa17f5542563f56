"""Adjoints of products of arrays for every combination of ranks.

Each takes the cotangent ``c`` of the product of ``a`` and ``b`` and gives the cotangent of
``a`` (left) or ``b`` (right). ``c`` may be smaller than the product where it broadcasts to its
shape, or larger where the product was broadcast to that of ``c``; another shape raises
ValueError.
"""

from __future__ import annotations

from string import ascii_letters
from typing import Any

import numpy as np

from tangent.runtime.dispatch import for_tensors
from tangent.runtime.shapes import to_shape


def dot_adjoint_left(c: Any, a: Any, b: Any) -> Any:
    """The adjoint of ``a`` in ``np.dot(a, b)``."""
    if type(a) is type(b) is type(c) is np.ndarray and a.ndim == 2:
        if b.ndim == 2 and c.shape == (a.shape[0], b.shape[1]):
            return np.dot(c, b.T)
        if b.ndim == 1 and c.shape == a.shape[:1]:
            return c[:, np.newaxis] * b
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return _scaled(c, a, b)
    return tensordot_adjoint_left(c, a, b, _dot_axes(b))


def dot_adjoint_right(c: Any, a: Any, b: Any) -> Any:
    """The adjoint of ``b`` in ``np.dot(a, b)``."""
    if type(a) is type(b) is type(c) is np.ndarray and a.ndim == 2:
        if c.shape == a.shape[:1] + b.shape[1:]:
            return np.dot(a.T, c)
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return _scaled(c, b, a)
    return tensordot_adjoint_right(c, a, b, _dot_axes(b))


def inner_adjoint_left(c: Any, a: Any, b: Any) -> Any:
    """The adjoint of ``a`` in ``np.inner(a, b)``."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return _scaled(c, a, b)
    return tensordot_adjoint_left(c, a, b, ((-1,), (-1,)))


def inner_adjoint_right(c: Any, a: Any, b: Any) -> Any:
    """The adjoint of ``b`` in ``np.inner(a, b)``."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return _scaled(c, b, a)
    return tensordot_adjoint_right(c, a, b, ((-1,), (-1,)))


def outer_adjoint_left(c: Any, a: Any, b: Any) -> Any:
    """The adjoint of ``a`` in ``np.outer(a, b)``, which flattens both."""
    c = to_shape(c, (np.size(a), np.size(b)))
    return np.reshape(np.dot(c, np.ravel(b)), np.shape(a))


def outer_adjoint_right(c: Any, a: Any, b: Any) -> Any:
    """The adjoint of ``b`` in ``np.outer(a, b)``, which flattens both."""
    c = to_shape(c, (np.size(a), np.size(b)))
    return np.reshape(np.dot(np.ravel(a), c), np.shape(b))


def _scaled(c: Any, x: Any, factor: Any) -> Any:
    """The adjoint of ``x`` in ``x * factor`` where one of them is a scalar."""
    shape = np.shape(x)
    return to_shape(to_shape(c, np.broadcast_shapes(shape, np.shape(factor))) * factor, shape)


def _dot_axes(b: Any) -> tuple[tuple[int], tuple[int]]:
    return (-1,), (-1 if np.ndim(b) == 1 else -2,)


def tensordot_adjoint_left(c: Any, a: Any, b: Any, axes: Any = 2) -> Any:
    """The adjoint of ``a`` in ``np.tensordot(a, b, axes)``."""
    a, b = np.asarray(a), np.asarray(b)
    summed_a, summed_b, free_a, free_b = _tensordot_axes(a, b, axes)
    c = _product_cotangent(c, a, b, free_a, free_b)
    product = np.tensordot(c, b, (range(len(free_a), c.ndim), free_b))
    order = free_a + [summed_a[i] for i in np.argsort(summed_b)]
    return np.transpose(product, np.argsort(order))


def tensordot_adjoint_right(c: Any, a: Any, b: Any, axes: Any = 2) -> Any:
    """The adjoint of ``b`` in ``np.tensordot(a, b, axes)``."""
    a, b = np.asarray(a), np.asarray(b)
    summed_a, summed_b, free_a, free_b = _tensordot_axes(a, b, axes)
    c = _product_cotangent(c, a, b, free_a, free_b)
    product = np.tensordot(a, c, (free_a, range(len(free_a))))
    order = [summed_b[i] for i in np.argsort(summed_a)] + free_b
    return np.transpose(product, np.argsort(order))


def _tensordot_axes(a: Any, b: Any, axes: Any) -> tuple[list[int], list[int], list[int], list[int]]:
    """The axes of ``a`` and of ``b`` that are summed over, and those that remain."""
    if isinstance(axes, (int, np.integer)):
        pair = (range(a.ndim - int(axes), a.ndim), range(int(axes)))
    else:
        pair = tuple((one,) if isinstance(one, (int, np.integer)) else one for one in axes)
    summed_a = [i % a.ndim for i in pair[0]]
    summed_b = [i % b.ndim for i in pair[1]]
    free_a = [i for i in range(a.ndim) if i not in summed_a]
    free_b = [i for i in range(b.ndim) if i not in summed_b]
    return summed_a, summed_b, free_a, free_b


def _product_cotangent(c: Any, a: Any, b: Any, free_a: list[int], free_b: list[int]) -> Any:
    shape = tuple(a.shape[i] for i in free_a) + tuple(b.shape[i] for i in free_b)
    return np.asarray(to_shape(c, shape))


def matmul_adjoint_left(c: Any, a: Any, b: Any) -> Any:
    """The adjoint of ``a`` in ``a @ b``."""
    if type(a) is type(b) is np.ndarray and a.ndim == 2 and b.ndim <= 2:
        return dot_adjoint_left(c, a, b)
    if tensors := for_tensors(c, a, b):
        return tensors.matmul_adjoint_left(c, a, b)
    _, right, c = _as_matrices(c, a, b)
    return _from_matrix(c @ np.swapaxes(right, -1, -2), a, column=False)


def matmul_adjoint_right(c: Any, a: Any, b: Any) -> Any:
    """The adjoint of ``b`` in ``a @ b``."""
    if type(a) is type(b) is np.ndarray and a.ndim == 2 and b.ndim <= 2:
        return dot_adjoint_right(c, a, b)
    if tensors := for_tensors(c, a, b):
        return tensors.matmul_adjoint_right(c, a, b)
    left, _, c = _as_matrices(c, a, b)
    return _from_matrix(np.swapaxes(left, -1, -2) @ c, b, column=True)


def _as_matrices(c: Any, a: Any, b: Any) -> tuple[Any, Any, Any]:
    """A row for a vector on the left, a column for one on the right, and the cotangent of
    the product of these (stacks of) matrices."""
    left, right = np.asarray(a), np.asarray(b)
    vector_left, vector_right = left.ndim == 1, right.ndim == 1
    left = left[np.newaxis, :] if vector_left else left
    right = right[:, np.newaxis] if vector_right else right
    stack = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    rows, columns = left.shape[-2:-1], right.shape[-1:]
    result = stack + (() if vector_left else rows) + (() if vector_right else columns)
    return left, right, np.reshape(to_shape(c, result), stack + rows + columns)


def _from_matrix(adjoint: Any, x: Any, column: bool) -> Any:
    """An adjoint of stacked matrices in the shape of the operand ``x``."""
    if np.ndim(x) == 1:
        adjoint = adjoint[..., 0] if column else adjoint[..., 0, :]
    return to_shape(adjoint, np.shape(x))


def einsum_adjoint(c: Any, subscripts: str, a: Any) -> Any:
    """The adjoint of ``a`` in ``np.einsum(subscripts, a)``."""
    (own,), result = _letters(subscripts, a)
    return _einsum_adjoint(c, result, own, a, "", 1.0)


def einsum_adjoint_left(c: Any, subscripts: str, a: Any, b: Any) -> Any:
    """The adjoint of ``a`` in ``np.einsum(subscripts, a, b)``."""
    (own, other), result = _letters(subscripts, a, b)
    return _einsum_adjoint(c, result, own, a, other, b)


def einsum_adjoint_right(c: Any, subscripts: str, a: Any, b: Any) -> Any:
    """The adjoint of ``b`` in ``np.einsum(subscripts, a, b)``."""
    (other, own), result = _letters(subscripts, a, b)
    return _einsum_adjoint(c, result, own, b, other, a)


def _letters(subscripts: str, *operands: Any) -> tuple[list[str], str]:
    """The letters of each operand and of the result, also where these are implied, and with
    letters in the place of an ellipsis."""
    given, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = given.split(",")
    if len(terms) != len(operands):
        raise ValueError(f"{subscripts!r} is not for {len(operands)} operands")
    letters = given.replace("...", "").replace(",", "")
    if not arrow:
        once = sorted(letter for letter in set(letters) if letters.count(letter) == 1)
        result = ("..." if "..." in given else "") + "".join(once)
    spare = [letter for letter in ascii_letters if letter not in letters + result]
    extra = [np.ndim(x) - len(t.replace("...", "")) for t, x in zip(terms, operands, strict=True)]
    dots = "".join(spare[: max(extra)])
    terms = [
        term.replace("...", dots[len(dots) - n :]) for term, n in zip(terms, extra, strict=True)
    ]
    return terms, result.replace("...", dots)


def _einsum_adjoint(c: Any, result: str, own: str, x: Any, other: str, factor: Any) -> Any:
    """The sum over what ``x`` does not have, then its diagonal where a letter is repeated, and
    repetition along axes that ``x`` alone has."""
    sizes: dict[str, int] = {}
    for letters, value in ((own, x), (other, factor)):
        for letter, n in zip(letters, np.shape(value), strict=True):
            sizes[letter] = n if sizes.get(letter, 1) == 1 else sizes[letter]
    c = to_shape(c, tuple(sizes[letter] for letter in result))
    distinct = "".join(dict.fromkeys(own))
    found = "".join(letter for letter in distinct if letter in result + other)
    product = np.einsum(f"{result},{other}->{found}", c, factor)
    places = tuple(slice(None) if letter in found else np.newaxis for letter in distinct)
    term = product[places] if places else product
    if distinct == own:
        return to_shape(term, np.shape(x))
    adjoint = np.zeros(np.shape(x), dtype=np.result_type(product, 0.0))
    np.einsum(f"{own}->{distinct}", adjoint)[...] = term
    return adjoint


def as_columns(c: Any, b: Any) -> Any:
    """``c`` as columns, if the right-hand side ``b`` of a system of equations is one vector."""
    return np.expand_dims(c, -1) if np.ndim(b) == 1 else c


def from_columns(c: Any, b: Any) -> Any:
    """The reverse of `as_columns`."""
    return np.squeeze(c, -1) if np.ndim(b) == 1 else c


def pivot_order(pivots: Any) -> Any:
    """The order of rows that the exchanges of ``scipy.linalg.lu_factor`` lead to."""
    order = np.arange(len(pivots))
    for i, pivot in enumerate(pivots):
        order[[i, pivot]] = order[[pivot, i]]
    return order


def convolve_adjoint(c: Any, other: Any, x: Any, mode: str = "full") -> Any:
    """The adjoint of ``x`` in ``np.convolve(x, other, mode)`` or ``np.convolve(other, x, mode)``:
    what the mode cuts off is filled up with zeros."""
    n, m = np.size(x), np.size(other)
    before = {"full": 0, "same": (min(n, m) - 1) // 2, "valid": min(n, m) - 1}[mode]
    whole = np.pad(c, (before, n + m - 1 - before - np.size(c)))
    return np.convolve(whole, np.flip(other), "valid")


def kron_shapes(a: Any, b: Any) -> tuple[tuple[int, ...], ...]:
    """The shapes in which ``a`` and ``b`` multiply to their Kronecker product, and its own."""
    n = max(np.ndim(a), np.ndim(b))
    first = (1,) * (n - np.ndim(a)) + np.shape(a)
    second = (1,) * (n - np.ndim(b)) + np.shape(b)
    left = tuple(extent for pair in first for extent in (pair, 1))
    right = tuple(extent for pair in second for extent in (1, pair))
    return left, right, tuple(p * q for p, q in zip(first, second, strict=True))


def uncropped(c: Any, x: Any, kernel: Any, mode: str = "full") -> Any:
    """``c``, which belongs to ``scipy.signal.convolve(x, kernel, mode)``, filled up with zeros to
    the size of the full convolution."""
    widths = []
    fits = all(n >= m for n, m in zip(np.shape(x), np.shape(kernel), strict=True))
    for n, m, size in zip(np.shape(x), np.shape(kernel), np.shape(c), strict=True):
        before = {"full": 0, "same": (m - 1) // 2, "valid": (m if fits else n) - 1}[mode]
        widths.append((before, n + m - 1 - before - size))
    return np.pad(c, widths)


def cropped(c: Any, x: Any, kernel: Any, like: Any, mode: str = "full") -> Any:
    """The adjoint of `uncropped`."""
    numbers = np.reshape(np.arange(1, np.size(like) + 1), np.shape(like))
    places = uncropped(numbers, x, kernel, mode)
    return np.reshape(c[places > 0], np.shape(like))
