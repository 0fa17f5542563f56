"""What a program calls: derivatives of function objects.

`autodiff` is the one way to a derivative; the others are it with other options, or loops over
what it returns. A derivative is a normal function in the scope of its primal, with two
attributes more: ``source``, its text, and ``derivative``, the `tangent.Derivative` with the
source map. It can be differentiated again.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import types
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import Any, Literal, TypeVar, cast

import numpy as np

from tangent import trees
from tangent.compile import bind, compile_derivative
from tangent.derivative import Derivative
from tangent.diagnostics import DerivativeError, DerivativeWarning
from tangent.engine import differentiate_function
from tangent.resolve.live import live_function, plain_function
from tangent.resolve.symbols import FunctionSource
from tangent.source.text import SourceText

Wrt = int | str | Sequence[int | str]
Mode = Literal["reverse", "forward"]
Motion = Literal["joint", "split"]
Primal = Callable[..., Any]
_T = TypeVar("_T")
_F = TypeVar("_F", bound=Callable[..., Any])


class INPUT_DERIVATIVE(str, Enum):
    """Whether the derivative must be given its seed: the adjoint of the result (reverse mode)
    or the tangents of the arguments (forward mode)."""

    Required = "required"
    DefaultOne = "one"  # 1.0 unless given: for a scalar
    DefaultOnes = "ones"  # ones in the shape of the value unless given


def autodiff(
    func: Primal,
    wrt: Wrt = (0,),
    *,
    motion: Motion = "joint",
    mode: Mode = "reverse",
    optimized: bool = True,
    preserve_result: bool = False,
    check_dims: bool = True,
    input_derivative: INPUT_DERIVATIVE | None = None,
    verbose: int = 0,
) -> Primal:
    """The derivative of a function, as a function with readable source.

    Args:
        func: a function, method or lambda with Python source.
        wrt: the arguments to differentiate with respect to: an index or a name, or several of
            either. A name may go on to a part: ``"params['w1']"``, ``"layers[0]"``. For a bound
            method the arguments count from the first after ``self``.
        motion: ``"joint"`` computes primal and adjoint in one function, ``"split"`` in two.
        mode: ``"reverse"`` gives a function of the arguments and of the adjoint ``b<result>``
            of the result, returning the adjoint of each argument of ``wrt`` (one value for
            one argument, otherwise a tuple); each has the shape of its argument.
            ``"forward"`` gives a function of the arguments and of a tangent ``d<argument>``
            for each argument of ``wrt``, returning the tangent of the result.
        optimized: simplify the text; without it every step is spelled out.
        preserve_result: also return the primal's result, after the derivative.
        check_dims: verify at the call that the seed has the shape of what it belongs to, and
            each argument the shape that its annotation promises.
        input_derivative: whether the seed must be given; 1.0 unless said otherwise.
        verbose: print the text of the derivative if it is 1 or more.

    Raises:
        DerivativeError: the function cannot be differentiated; with the place of each reason.
        TypeError: ``func`` is no function, or an option is of the wrong type.
    """
    func, receiver = _unbound(func)
    source = live_function(func)
    derivative = differentiate_function(
        source,
        wrt=_checked_wrt(wrt, bound=receiver is not None),
        mode=mode,
        motion=motion,
        optimized=optimized,
        preserve_result=preserve_result,
        check_dims=check_dims,
        input_derivative=input_derivative or INPUT_DERIVATIVE.DefaultOne,
    )
    if not derivative.ok:
        raise DerivativeError(derivative.diagnostics, _sources(derivative, source))
    for diagnostic in derivative.diagnostics:
        warnings.warn(diagnostic.render(source.module.source), DerivativeWarning, stacklevel=2)
    function = compile_derivative(derivative, plain_function(func))
    if verbose >= 1:
        print(derivative.text)
    return function if receiver is None else types.MethodType(function, receiver)


def grad(
    func: Primal,
    wrt: Wrt = (0,),
    *,
    motion: Motion = "joint",
    mode: Mode = "reverse",
    optimized: bool = True,
    preserve_result: bool = False,
    check_dims: bool = True,
    input_derivative: INPUT_DERIVATIVE | None = None,
    verbose: int = 0,
) -> Primal:
    """The gradient of a function with a scalar result.

    ``grad(f)(x)`` has the shape of ``x``. The seed is 1.0 unless it is given, and the other
    options and the errors are those of `autodiff`.
    """
    return autodiff(
        func,
        wrt,
        motion=motion,
        mode=mode,
        optimized=optimized,
        preserve_result=preserve_result,
        check_dims=check_dims,
        input_derivative=input_derivative or INPUT_DERIVATIVE.DefaultOne,
        verbose=verbose,
    )


def vjp(
    func: Primal,
    wrt: Wrt = (0,),
    *,
    motion: Motion = "joint",
    optimized: bool = True,
    preserve_result: bool = False,
    check_dims: bool = True,
    input_derivative: INPUT_DERIVATIVE | None = None,
    verbose: int = 0,
) -> Primal:
    """The vector-Jacobian product: reverse mode, with the adjoint of the result required.

    Options and errors are those of `autodiff`.
    """
    return autodiff(
        func,
        wrt,
        motion=motion,
        mode="reverse",
        optimized=optimized,
        preserve_result=preserve_result,
        check_dims=check_dims,
        input_derivative=input_derivative or INPUT_DERIVATIVE.Required,
        verbose=verbose,
    )


def jvp(
    func: Primal,
    wrt: Wrt = (0,),
    *,
    optimized: bool = True,
    preserve_result: bool = False,
    check_dims: bool = True,
    input_derivative: INPUT_DERIVATIVE | None = None,
    verbose: int = 0,
) -> Primal:
    """The Jacobian-vector product: forward mode, with the tangents ``d<argument>`` required.

    Options and errors are those of `autodiff`.
    """
    return autodiff(
        func,
        wrt,
        mode="forward",
        optimized=optimized,
        preserve_result=preserve_result,
        check_dims=check_dims,
        input_derivative=input_derivative or INPUT_DERIVATIVE.Required,
        verbose=verbose,
    )


def value_and_grad(
    func: Primal,
    wrt: Wrt = (0,),
    *,
    motion: Motion = "joint",
    optimized: bool = True,
    check_dims: bool = True,
    verbose: int = 0,
) -> Primal:
    """A function that returns the pair of the primal's result and its gradient.

    ``source`` and ``derivative`` are those of ``grad(func, preserve_result=True)``, which does
    the work and returns the result last.
    """
    gradient = grad(
        func,
        wrt,
        motion=motion,
        optimized=optimized,
        preserve_result=True,
        check_dims=check_dims,
        verbose=verbose,
    )

    def value_and_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        *gradients, value = gradient(*args, **kwargs)
        return value, gradients[0] if len(gradients) == 1 else tuple(gradients)

    return _like_derivative(value_and_gradient, gradient, "value_and_grad")


def hvp(func: Primal, wrt: Wrt = (0,), *, optimized: bool = True, verbose: int = 0) -> Primal:
    """The Hessian-vector product of a function with a scalar result: forward over reverse.

    A function of the arguments and of a vector ``d<argument>`` for each argument of ``wrt``,
    of its shape; the result has the shape of the gradient. The cost is a small multiple of
    that of the gradient, and no Hessian is formed.
    """
    gradient = grad(func, wrt, optimized=optimized)
    names: tuple[str, ...] = gradient.derivative.wrt  # type: ignore[attr-defined]
    with _without_warnings():  # a gradient may well not depend on an argument
        return jvp(gradient, names, optimized=optimized, verbose=verbose)


def jacobian(
    func: Primal, wrt: Wrt = (0,), *, mode: Mode = "reverse", optimized: bool = True
) -> Primal:
    """A function that returns the Jacobian of ``func``.

    For a result and one argument that are numbers or arrays: an array of shape
    ``result.shape + argument.shape``. For several arguments in ``wrt`` a tuple of them, and
    for a function that returns a tuple a tuple of what each element gives. Reverse mode calls
    the derivative once for each element of the result, forward mode once for each element of
    the arguments; arrays are copied before each call.

    Raises:
        TypeError: at the call, if the result or an argument of ``wrt`` is no number or array.
    """
    if mode not in ("reverse", "forward"):
        raise ValueError(f"mode must be 'reverse' or 'forward', not {mode!r}")
    product = (vjp if mode == "reverse" else jvp)(func, wrt, optimized=optimized)
    names: tuple[str, ...] = product.derivative.wrt  # type: ignore[attr-defined]
    signature = inspect.signature(func)
    seeds = seed_names(product, func)

    def jacobian_function(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        values: tuple[Any, ...] = tuple(trees.part(bound.arguments, name) for name in names)

        def call(function: Primal, seed_values: tuple[Any, ...] = ()) -> Any:
            given = dict(zip(seeds, seed_values, strict=bool(seed_values)))
            return function(*trees.fresh(args), **trees.fresh(kwargs), **given)

        result = call(func)
        height, width = trees.flat(result).size, trees.flat(values).size
        matrix: trees.Vector = np.zeros((height, width))
        if mode == "forward":
            for column, unit in enumerate(np.eye(width)):
                matrix[:, column] = trees.flat(call(product, trees.unflat(values, unit)))
        else:
            for row, unit in enumerate(np.eye(height)):
                seed = _for_seeds(seeds, trees.unflat(result, unit))
                matrix[row] = trees.flat(call(product, seed))
        return trees.blocks(matrix, result, values[0] if len(names) == 1 else values)

    return _like_derivative(jacobian_function, product, "jacobian")


def hessian(func: Primal, wrt: Wrt = (0,), *, optimized: bool = True) -> Primal:
    """A function that returns the Hessian of a function with a scalar result.

    For one argument an array of shape ``argument.shape * 2``; for several a tuple of rows,
    ``[i][j]`` of shape ``arguments[i].shape + arguments[j].shape``. Forward over reverse: one
    Hessian-vector product for each element of the arguments.
    """
    gradient = grad(func, wrt, optimized=optimized)
    names: tuple[str, ...] = gradient.derivative.wrt  # type: ignore[attr-defined]
    with _without_warnings():
        function = jacobian(gradient, names, mode="forward", optimized=optimized)
    function.__name__ = function.__qualname__ = (
        f"hessian_of_{getattr(func, '__name__', 'function')}"
    )
    return function


@contextmanager
def _without_warnings() -> Generator[None, None, None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DerivativeWarning)
        yield


def seed_names(derivative: Primal, primal: Primal) -> tuple[str, ...]:
    """The parameters that a derivative has and its primal has not, in order."""
    known = inspect.signature(primal).parameters
    return tuple(name for name in inspect.signature(derivative).parameters if name not in known)


def _for_seeds(seeds: tuple[str, ...], value: Any) -> tuple[Any, ...]:
    """A cotangent of the result, as the values of the seed parameters."""
    return (value,) if len(seeds) == 1 else tuple(value)


def _like_derivative(function: Primal, derivative: Primal, prefix: str) -> Primal:
    """Name a function that loops over a derivative, and give it the derivative's text."""
    name = f"{prefix}_of_{derivative.derivative.qualname}"  # type: ignore[attr-defined]
    function.__name__ = function.__qualname__ = name
    function.source = derivative.source  # type: ignore[attr-defined]
    function.derivative = derivative.derivative  # type: ignore[attr-defined]
    return function


# --- inside a primal -------------------------------------------------------------------------


@contextmanager
def insert_grad_of(var: Any) -> Generator[Any, None, None]:
    """Put the lines of the block into the backward pass, where the adjoint of ``var`` is known.

        with insert_grad_of(x) as dx:
            dx = np.clip(dx, -1.0, 1.0)

    In the derivative ``dx`` is the adjoint of ``x`` at this point, and what the block assigns
    to it is the adjoint from there on.

    The primal has no adjoints. Under the decorator `tangent` it skips the block; without it
    the block runs with zeros in the shape of ``var``, or None for what is no number or array.
    """
    try:
        zero = trees.unflat(var, np.zeros_like(trees.flat(var)))
    except TypeError:
        zero = None
    yield zero


def stop_gradient(x: _T) -> _T:
    """The argument itself, as a constant: no derivative passes through."""
    return x


def tangent(func: _F) -> _F:
    """Decorator of a primal: it runs without its ``with insert_grad_of(...)`` blocks.

    The derivative of the decorated function is that of the function as written, which is kept
    in its attribute ``__tangent_primal__``.

    Raises:
        TypeError: ``func`` is no function, its source is not at hand, or a block stands in
            one ``with`` together with other context managers.
    """
    if not isinstance(func, types.FunctionType):
        raise TypeError(f"tangent decorates functions, not {func!r}")
    primal = func
    node = _definition_of(primal)
    remover = _RemoveInsertions(primal)
    node = cast(ast.FunctionDef, remover.visit(node))
    if remover.removed:
        node.decorator_list = []
        function = bind([node], node, primal.__code__.co_filename, primal)
    else:
        code = primal.__code__
        function = types.FunctionType(
            code, primal.__globals__, primal.__name__, primal.__defaults__, primal.__closure__
        )
        function.__kwdefaults__ = primal.__kwdefaults__
    functools.update_wrapper(function, primal)
    vars(function).pop("__wrapped__")  # it would say that calling this calls the original
    function.__tangent_primal__ = primal  # type: ignore[attr-defined]
    return cast(_F, function)


def _definition_of(function: types.FunctionType) -> ast.FunctionDef:
    """The function's ``def``, in a tree of its file: positions are those of the file."""
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    for node in ast.walk(ast.parse("".join(lines) or "pass")):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if first == code.co_firstlineno:
                return node
    raise TypeError(f"the source of {function.__qualname__} is not at hand")


class _RemoveInsertions(ast.NodeTransformer):
    def __init__(self, primal: types.FunctionType):
        self.primal = primal
        self.removed = False

    def _is_insertion(self, item: ast.withitem) -> bool:
        call = item.context_expr
        if not isinstance(call, ast.Call):
            return False
        return self._meaning(call.func) is insert_grad_of

    def _meaning(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Name):
            free = self.primal.__code__.co_freevars
            if node.id in free and self.primal.__closure__ is not None:
                return self.primal.__closure__[free.index(node.id)].cell_contents
            return self.primal.__globals__.get(node.id)
        if isinstance(node, ast.Attribute):
            module = self._meaning(node.value)
            if isinstance(module, types.ModuleType):
                return getattr(module, node.attr, None)
        return None

    def visit_With(self, node: ast.With) -> ast.AST:
        insertions = [self._is_insertion(item) for item in node.items]
        if all(insertions):
            self.removed = True
            return ast.copy_location(ast.Pass(), node)
        if any(insertions):
            raise TypeError(
                f"line {node.lineno}: insert_grad_of must have a with statement of its own"
            )
        return self.generic_visit(node)


# The names that rules and the static resolver know these by.
for _public in (insert_grad_of, stop_gradient, tangent):
    _public.__module__ = "tangent"


# --- what is differentiated ------------------------------------------------------------------


def _unbound(func: Any) -> tuple[Any, Any]:
    """The function behind a method or a callable object, and the object it is bound to."""
    if isinstance(func, types.MethodType):
        return func.__func__, func.__self__
    if not callable(func):
        raise TypeError(f"cannot differentiate {func!r}: it is no function")
    if isinstance(vars(type(func)).get("__call__"), types.FunctionType):
        return type(func).__call__, func
    return func, None


def _checked_wrt(wrt: Any, *, bound: bool) -> tuple[int | str, ...]:
    """``wrt`` as a tuple. Whether the arguments exist is for the engine to say."""
    several: tuple[Any, ...] = (
        tuple(cast("Sequence[Any]", wrt)) if isinstance(wrt, (tuple, list)) else (wrt,)
    )
    if not several:
        raise ValueError("wrt is empty: name at least one argument")
    for one in several:
        if isinstance(one, bool) or not isinstance(one, (int, str)):
            raise TypeError(f"wrt must be an index or a name, or several of them, not {one!r}")
        if isinstance(one, int) and one < 0:
            raise ValueError(f"wrt must count arguments from 0, not {one}")
    return tuple(one + 1 if bound and isinstance(one, int) else one for one in several)


def _sources(derivative: Derivative, function: FunctionSource) -> list[SourceText]:
    """The texts that the diagnostics point into."""
    known = {function.module.path: function.module.source}
    for diagnostic in derivative.diagnostics:
        if diagnostic.path not in known:
            text = "".join(linecache.getlines(diagnostic.path))
            known[diagnostic.path] = SourceText(text, diagnostic.path)
    return list(known.values())
