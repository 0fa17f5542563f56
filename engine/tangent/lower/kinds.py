"""Which variables certainly hold a list, a tuple or a dictionary.

``+`` joins lists and adds arrays; a loop over a dictionary gives its keys. Flow-insensitive: a
variable is of a kind if all its bindings are, and a parameter if its annotation or what is done
with it says so (``d.items()``, ``d["w"]``, ``xs.append(x)``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gast

from tangent.ir import nodes as ir
from tangent.ir.purity import IN_PLACE

LIST, TUPLE, DICT = "list", "tuple", "dict"

_ANNOTATIONS = {
    "list": LIST, "List": LIST, "tuple": TUPLE, "Tuple": TUPLE, "dict": DICT, "Dict": DICT,
    "Mapping": DICT, "MutableMapping": DICT,
}  # fmt: skip
# What gives a container of a kind, whatever it is given.
_MAKERS = {
    "list": LIST,
    "tuple": TUPLE,
    "dict": DICT,
    "builtins.list": LIST,
    "builtins.tuple": TUPLE,
    "builtins.dict": DICT,
    "builtins.sorted": LIST,
    "tangent.merged": DICT,
    "tangent.values_of": LIST,
    "tangent.keyed": DICT,
    "tangent.from_pairs": DICT,
}
# Methods that only containers of a kind have.
_OWN_METHODS = {
    "list.append": LIST,
    "list.extend": LIST,
    "list.insert": LIST,
    "dict.items": DICT,
    "dict.keys": DICT,
    "tangent.values_of": DICT,
    "dict.setdefault": DICT,
    "dict.update": DICT,
}


# Operations that give what their first, or second, argument is.
_LIKE_FIRST = frozenset(
    {
        "numpy.ndarray.copy",
        *(f"tangent.{n}" for n in ("accumulate", "add_at", "snapshot", "zeros_like")),
    }
)
_LIKE_SECOND = frozenset(f"tangent.{n}" for n in ("check_seed", "expand", "packed", "unbroadcast"))


def _elements(name: str) -> str:
    """What stands for the elements of the list in a variable."""
    return f"{name}[]"


class Kinds:
    """The result of `find_kinds`."""

    def __init__(self, of_name: dict[str, str], counts: frozenset[str]):
        self._of_name = of_name
        self._counts = counts

    def of(self, expr: ir.Expr) -> str | None:
        """``"list"``, ``"tuple"`` or ``"dict"`` if the value of an expression certainly is one."""
        if isinstance(expr, ir.Primal):
            return self.of(expr.node)
        if isinstance(expr, ir.Version):
            return self._of_name.get(expr.value.name)
        if isinstance(expr, ir.Read):
            return self._of_name.get(expr.name)
        if not isinstance(expr, ir.Op):
            return None
        if expr.callee in _MAKERS:
            return _MAKERS[expr.callee]
        if expr.callee in ("tangent.joined", "operator.add"):
            kinds = {self.of(arg) for arg in expr.args}
            return kinds.pop() if len(kinds) == 1 and DICT not in kinds else None
        if expr.callee in ("tangent.repeated", "operator.mul"):
            # An array times a list is an array.
            first, second = expr.args
            if self.is_count(second):
                return self.of(first)
            return self.of(second) if self.is_count(first) else None
        if expr.callee == "operator.or_":
            return DICT if DICT in {self.of(arg) for arg in expr.args} else None
        if expr.callee in _LIKE_FIRST:
            return self.of(expr.args[0])
        if expr.callee in _LIKE_SECOND:
            return self.of(expr.args[1])
        if expr.callee == "list.pop" and isinstance(expr.args[0], ir.Read):
            return self._of_name.get(_elements(expr.args[0].name))
        if expr.callee == "operator.getitem":
            index = expr.args[1]
            if isinstance(index, ir.Op) and index.callee == "slice":
                return self.of(expr.args[0])
            if isinstance(expr.args[0], ir.Read):
                return self._of_name.get(_elements(expr.args[0].name))
        return None

    def is_count(self, expr: ir.Expr) -> bool:
        """Whether the value of an expression certainly is an integer."""
        if isinstance(expr, ir.Const):
            return type(expr.value) is int
        if isinstance(expr, ir.Op):
            return expr.callee in ("builtins.len", "builtins.int") or (
                expr.callee in _ON_COUNTS and all(self.is_count(arg) for arg in expr.args)
            )
        return isinstance(expr, ir.Read) and expr.name in self._counts


_ON_COUNTS = frozenset(f"operator.{n}" for n in ("add", "sub", "mul", "floordiv", "mod"))


def find_kinds(function: ir.Function, body: ir.Block) -> Kinds:
    """The kinds of the variables of a function."""
    of_name: dict[str, str] = {}
    kinds = Kinds(of_name, _counts(function, body))
    used = _uses(body)
    for param in function.params:
        kind = _annotated(param.annotation) or used.get(param.name)
        if kind is not None and param.kind in ("positional", "plain", "keyword"):
            of_name[param.name] = kind
        elif param.kind in ("star", "starstar"):
            of_name[param.name] = TUPLE if param.kind == "star" else DICT
    for name in function.captured:
        if name in used:
            of_name[name] = used[name]
    parameters = {*(p.name for p in function.params), *function.captured}
    bindings: dict[str, list[ir.Expr | None]] = {}
    for stmt in ir.statements(body):
        if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name):
            bindings.setdefault(stmt.target.name, []).append(stmt.value)
        else:
            for name in ir.binds(stmt):
                bindings.setdefault(name, []).append(None)
        for name, value in _stored_elements(stmt):
            bindings.setdefault(_elements(name), []).append(value)
    # A variable is taken to be what any of its bindings is, and given up if another is not.
    users: dict[str, list[str]] = {}
    for name, values in bindings.items():
        for value in values:
            for read in ir.reads(value) if value is not None else ():
                users.setdefault(read.name, []).append(name)
            if name not in of_name and name not in parameters and value is not None:
                guess = kinds.of(value)
                if guess is not None:
                    of_name[name] = guess
        if name not in of_name and name not in parameters and values == [None] * len(values):
            if name in used:
                of_name[name] = used[name]
    doubtful = [name for name in reversed(bindings) if name in of_name]
    while doubtful:
        name = doubtful.pop()
        if name not in of_name or (name in used and set(bindings[name]) == {None}):
            continue
        if any(v is None or kinds.of(v) != of_name[name] for v in bindings[name]):
            del of_name[name]
            doubtful += [user for user in users.get(name, ()) if user in of_name]
    return kinds


def _stored_elements(stmt: ir.Stmt) -> Iterator[tuple[str, ir.Expr | None]]:
    """What a statement puts into lists that are variables; None if that is not known."""
    if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name):
        name, value = stmt.target.name, stmt.value
        if isinstance(value, ir.Op) and value.callee in ("list", "tuple"):
            yield from ((name, element) for element in value.args)
        else:
            yield name, None
    elif isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Item):
        yield stmt.target.name, stmt.value
    else:
        yield from ((name, None) for name in ir.binds(stmt))
    for expr in ir.expressions(stmt):
        for node in ir.walk(expr):
            if isinstance(node, ir.Op) and node.callee in IN_PLACE and node.args:
                base = node.args[0]
                if isinstance(base, ir.Read) and node.callee not in ("list.pop", "list.delete"):
                    moves = node.callee in ("list.append", "list.insert")
                    yield base.name, node.args[-1] if moves else None


def _uses(body: ir.Block) -> dict[str, str]:
    """Variables of which something is asked that only a container of one kind has."""
    found: dict[str, set[str]] = {}
    for stmt in ir.statements(body):
        for expr in ir.expressions(stmt):
            for node in ir.walk(expr):
                if not isinstance(node, ir.Op) or not node.args:
                    continue
                kind = _OWN_METHODS.get(node.callee)
                if node.callee == "operator.getitem" and _is_text(node.args[1]):
                    kind = DICT
                if kind is not None and isinstance(node.args[0], ir.Read):
                    found.setdefault(node.args[0].name, set()).add(kind)
        if isinstance(stmt, ir.For) and isinstance(stmt.target, ir.Name):
            # What gives its own indices: the keys of a dictionary.
            base = stmt.iter
            if isinstance(base, ir.Op) and base.callee == "builtins.reversed":
                (base,) = base.args
            if isinstance(base, ir.Read) and _is_indexed(stmt, base.name, stmt.target.name):
                found.setdefault(base.name, set()).add(DICT)
        if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Item):
            if _is_text(stmt.target.index):
                found.setdefault(stmt.target.name, set()).add(DICT)
    return {name: kinds.pop() for name, kinds in found.items() if len(kinds) == 1}


def _is_indexed(stmt: ir.For, base: str, index: str) -> bool:
    return any(
        isinstance(node, ir.Op)
        and node.callee == "operator.getitem"
        and [a.name for a in node.args if isinstance(a, ir.Read)] == [base, index]
        for inner in stmt.body
        for expr in ir.expressions(inner)
        for node in ir.walk(expr)
    )


def _counts(function: ir.Function, body: ir.Block) -> frozenset[str]:
    """Variables that certainly hold integers: they are annotated so, or give a range its ends
    or its numbers."""
    names = {
        p.name
        for p in function.params
        if isinstance(p.annotation, gast.Name) and p.annotation.id == "int"
    }
    for stmt in ir.statements(body):
        for expr in ir.expressions(stmt):
            for node in ir.walk(expr):
                if isinstance(node, ir.Op) and node.callee == "builtins.range":
                    names.update(arg.name for arg in node.args if isinstance(arg, ir.Read))
        if isinstance(stmt, ir.For) and isinstance(stmt.target, ir.Name):
            if isinstance(stmt.iter, ir.Op) and stmt.iter.callee == "builtins.range":
                names.add(stmt.target.name)
    return frozenset(names)


def _is_text(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Const) and isinstance(expr.value, str)


def _annotated(annotation: Any) -> str | None:
    if isinstance(annotation, gast.Subscript):
        annotation = annotation.value
    if isinstance(annotation, gast.Attribute):
        return _ANNOTATIONS.get(annotation.attr)
    return _ANNOTATIONS.get(annotation.id) if isinstance(annotation, gast.Name) else None
