"""From the text of a derivative to a function.

The text is parsed as it is, so that line numbers are those of the text, and its tree is
placed inside two enclosing functions:

    def <closure>(free variables of the primal):
        def <text>():
            (the text: imports, helpers, the derivative)
            return derivative
        return <text>

Only the inner one runs, with the primal's own globals and the primal's own closure cells.
So the derivative looks names up where the primal does, at the time of the call; names that
the text itself binds (its imports, its helper functions) are closure cells of the derivative;
and nothing is copied out of, or written into, the module of the user.
"""

from __future__ import annotations
import __future__

import ast
import itertools
import linecache
import types
import weakref
from collections.abc import Callable
from typing import Any

from tangent.derivative import Derivative

# No names that a user can write, so that removing the prefix from qualified names is safe.
_CLOSURE, _TEXT = "<closure>", "<text>"
_DEFAULT = "<default>."
_PREFIX = f"{_CLOSURE}.<locals>.{_TEXT}.<locals>."
_FUTURE = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)

_counter = itertools.count(1)


def compile_derivative(derivative: Derivative, primal: types.FunctionType) -> Callable[..., Any]:
    """The function that ``derivative.text`` defines, as a sibling of ``primal``.

    It is a normal function: named as in the text, in the module of the primal, with the
    primal's default values (the objects, not evaluated again). ``source`` is the text and
    ``derivative`` the `Derivative`. The text is registered with `linecache` for as long as
    the function lives, so tracebacks, `inspect.getsource` and pdb show it.
    """
    filename = f"<tangent {derivative.name} {next(_counter)}>"
    tree = ast.parse(derivative.text, filename)
    definition = _definition(tree, derivative.name)
    function = bind(tree.body, definition, filename, primal)
    function.__module__ = primal.__module__
    if function.__doc__ is None:
        function.__doc__ = _describe(derivative)
    function.source = derivative.text  # type: ignore[attr-defined]
    function.derivative = derivative  # type: ignore[attr-defined]

    text = derivative.text
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    # Frames of a traceback keep the code alive, and so its text.
    weakref.finalize(function.__code__, linecache.cache.pop, filename, None).atexit = False
    return function


def bind(
    body: list[ast.stmt],
    definition: ast.FunctionDef,
    filename: str,
    primal: types.FunctionType,
    same: str = "",
) -> types.FunctionType:
    """Run ``body`` in the scope of ``primal`` and return the function of ``definition``, one
    of its statements.

    Its parameters have the default values of the primal's, and so have those of the function of
    the name ``same`` in ``body``. Annotations are kept as text: they
    may name types that the module has only for the type checker.
    """
    cells = _cells(primal)
    defaults = _take_defaults(definition.args, primal)
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name == same and node is not definition:
            _take_defaults(node.args, primal, named=True)
            named = {_DEFAULT + n: types.CellType(v) for n, v in defaults.items()}
            cells = {**cells, **named}
    inner = _function(_TEXT, [], [*body, ast.Return(ast.Name(definition.name, ast.Load()))])
    outer = _function(_CLOSURE, list(cells), [inner, ast.Return(ast.Name(_TEXT, ast.Load()))])
    module = ast.fix_missing_locations(ast.Module([outer], type_ignores=[]))

    flags = primal.__code__.co_flags & _FUTURE | __future__.annotations.compiler_flag
    scratch: dict[str, Any] = {}
    exec(compile(module, filename, "exec", flags=flags, dont_inherit=True), scratch)
    code = _without_prefix(scratch[_CLOSURE](*cells).__code__)
    closure = tuple(cells[variable] for variable in code.co_freevars)
    function = types.FunctionType(code, primal.__globals__, _TEXT, None, closure)()
    _put_defaults(function, definition.args, defaults)
    return function


def _cells(primal: types.FunctionType) -> dict[str, types.CellType]:
    """The closure cells of a function, and those of functions of the same generated text that
    it calls."""
    cells: dict[str, types.CellType] = {}
    waiting = [primal]
    while waiting:
        function = waiting.pop()
        own = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        for name, cell in own.items():
            if name in cells:
                continue
            cells[name] = cell
            try:
                value = cell.cell_contents
            except ValueError:  # not bound yet
                continue
            if isinstance(value, types.FunctionType):
                if value.__code__.co_filename == function.__code__.co_filename:
                    waiting.append(value)
    return cells


def _function(name: str, parameters: list[str], body: list[ast.stmt]) -> ast.FunctionDef:
    node = ast.parse("def _(): pass").body[0]
    assert isinstance(node, ast.FunctionDef)
    node.name, node.body = name, body
    node.args.args = [ast.arg(parameter) for parameter in parameters]
    return node


def _definition(tree: ast.Module, name: str) -> ast.FunctionDef:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    raise ValueError(f"the text defines no function {name!r}")


def _without_prefix(code: types.CodeType) -> types.CodeType:
    """The code with qualified names as if the text stood at the top of a module.

    Before Python 3.11 a qualified name is a string constant beside the code.
    """

    def cleaned(constant: Any) -> Any:
        if isinstance(constant, types.CodeType):
            return _without_prefix(constant)
        if isinstance(constant, str):
            return constant.removeprefix(_PREFIX)
        return constant

    changes: dict[str, Any] = {"co_consts": tuple(cleaned(c) for c in code.co_consts)}
    if hasattr(code, "co_qualname"):
        changes["co_qualname"] = code.co_qualname.removeprefix(_PREFIX)  # type: ignore[attr-defined]
    return code.replace(**changes)


# --- default values ------------------------------------------------------------------------


def _defaults_of(function: types.FunctionType) -> dict[str, Any]:
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    values = function.__defaults__ or ()
    named = dict(zip(positional[len(positional) - len(values) :], values, strict=True))
    return {**named, **(function.__kwdefaults__ or {})}


def _take_defaults(
    arguments: ast.arguments, primal: types.FunctionType, named: bool = False
) -> dict[str, Any]:
    """Put None, or the name of a variable, in the place of the primal's default expressions;
    return the primal's values."""

    def place(parameter: str) -> ast.expr:
        return ast.Name(_DEFAULT + parameter, ast.Load()) if named else ast.Constant(None)

    live = _defaults_of(primal)
    positional = [*arguments.posonlyargs, *arguments.args]
    with_default = positional[len(positional) - len(arguments.defaults) :]
    arguments.defaults = [
        place(parameter.arg) if parameter.arg in live else default
        for parameter, default in zip(with_default, arguments.defaults, strict=True)
    ]
    arguments.kw_defaults = [
        place(parameter.arg) if default is not None and parameter.arg in live else default
        for parameter, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    return live


def _put_defaults(
    function: types.FunctionType, arguments: ast.arguments, live: dict[str, Any]
) -> None:
    positional = [p.arg for p in (*arguments.posonlyargs, *arguments.args)]
    values = function.__defaults__ or ()
    with_default = positional[len(positional) - len(values) :]
    function.__defaults__ = (
        tuple(live.get(n, v) for n, v in zip(with_default, values, strict=True)) or None
    )
    if function.__kwdefaults__:
        function.__kwdefaults__ = {
            name: live.get(name, value) for name, value in function.__kwdefaults__.items()
        }


def _describe(derivative: Derivative) -> str:
    mode = "Derivative" if derivative.mode == "reverse" else "Forward derivative"
    return f"{mode} of {derivative.qualname} with respect to {', '.join(derivative.wrt)}."
