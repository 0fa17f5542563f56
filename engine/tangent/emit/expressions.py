"""IR expressions as Python text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gast

from tangent.ir import nodes as ir

_BINARY = {
    "operator.add": ("+", 10),
    "operator.sub": ("-", 10),
    "operator.mul": ("*", 11),
    "operator.truediv": ("/", 11),
    "operator.floordiv": ("//", 11),
    "operator.mod": ("%", 11),
    "operator.matmul": ("@", 11),
    "operator.lshift": ("<<", 9),
    "operator.rshift": (">>", 9),
    "operator.and_": ("&", 8),
    "operator.xor": ("^", 7),
    "operator.or_": ("|", 6),
    "operator.pow": ("**", 13),
}
_UNARY = {"operator.neg": "-", "operator.pos": "+", "operator.invert": "~"}
_SELECT, _OR, _AND, _NOT, _COMPARE, _UNARY_LEVEL, _POWER, _PRIMARY, _ATOM = (
    1,
    2,
    3,
    4,
    5,
    12,
    13,
    15,
    16,
)
_LOOSE = (
    gast.IfExp,
    gast.BoolOp,
    gast.NamedExpr,
    gast.Compare,
    gast.BinOp,
    gast.UnaryOp,
    gast.Await,
    gast.Yield,
    gast.Starred,
)


class Printer:
    """Prints expressions; ``library`` says how a dotted name is written here, ``opaque`` gives
    the text of a syntax node that is kept as it is."""

    def __init__(self, library: Callable[[str], str], opaque: Callable[[Any], str]):
        self._library = library
        self._opaque = opaque

    def text(self, expr: ir.Expr, level: int = 0) -> str:
        """The text of an expression, in parentheses if it binds less than ``level``."""
        text, own = self._print(expr)
        return f"({text})" if own < level else text

    def _print(self, expr: ir.Expr) -> tuple[str, int]:
        if isinstance(expr, ir.Read):
            return expr.name, _ATOM
        if isinstance(expr, ir.Const):
            return _constant(expr.value)
        if isinstance(expr, ir.Global):
            return expr.text, _PRIMARY
        if isinstance(expr, ir.Opaque):
            if isinstance(expr.node, gast.Lambda):
                return self._opaque(expr.node), _SELECT
            return self._opaque(expr.node), 0 if isinstance(expr.node, _LOOSE) else _PRIMARY
        if isinstance(expr, ir.Call):
            return self._call(expr)
        if isinstance(expr, ir.Op):
            return self._operation(expr)
        raise AssertionError(f"{type(expr).__name__} has no text")

    def _call(self, call: ir.Call) -> tuple[str, int]:
        """A call of a user's function, written as the user writes it."""
        if call.form is ir.Form.CALL:
            return f"{call.text}({self._arguments(call.args, call.keywords)})", _PRIMARY
        if call.form in (ir.Form.OPERATOR, ir.Form.SUBSCRIPT):
            args = call.args[::-1] if call.function.name.startswith("__r") else call.args
            return self._operation(ir.Op(call.text, args, form=call.form))
        receiver = self.text(call.args[0], _PRIMARY)
        if call.form is ir.Form.ATTRIBUTE:
            return f"{receiver}.{call.text}", _PRIMARY
        name = "" if call.text == "()" else f".{call.text}"
        return f"{receiver}{name}({self._arguments(call.args[1:], call.keywords)})", _PRIMARY

    def _operation(self, op: ir.Op) -> tuple[str, int]:
        if op.callee == "constant":
            return self._library(op.detail[0]), _PRIMARY
        if op.form is ir.Form.OPERATOR:
            return self._operator(op)
        if op.form is ir.Form.SUBSCRIPT:
            base, index = op.args
            name = ir.attribute_of(index)
            if name is not None and name.checked:
                helper = self._library("tangent.field_of")
                written = self._arguments((base, ir.Const(str(name))), ())
                return f"{helper}({written})", _PRIMARY
            return f"{self.text(base, _PRIMARY)}{self.place(index)}", _PRIMARY
        if op.form is ir.Form.ATTRIBUTE:
            return f"{self.text(op.args[0], _PRIMARY)}.{op.detail[0]}", _PRIMARY
        if op.form is ir.Form.METHOD:
            receiver = self.text(op.args[0], _PRIMARY)
            arguments = self._arguments(op.args[1:], op.keywords)
            return f"{receiver}.{op.detail[0]}({arguments})", _PRIMARY
        if op.form is ir.Form.DISPLAY:
            return self._display(op)
        if op.form is ir.Form.PART:
            return self._change_of_part(op), 0
        if op.form is ir.Form.SAME:
            return self._print(op.args[0])
        if op.callee == "call":
            callee = self.text(op.args[0], _PRIMARY)
            return f"{callee}({self._arguments(op.args[1:], op.keywords)})", _PRIMARY
        name = self.text(op.function) if op.function is not None else self._library(op.callee)
        return f"{name}({self._arguments(op.args, op.keywords)})", _PRIMARY

    def _change_of_part(self, op: ir.Op) -> str:
        """``x[i][j] = v`` and its like, which stands alone."""
        base, path, value = op.args
        assert isinstance(path, ir.Op)
        place = self.text(base) + "".join(f"[{self.index(key)}]" for key in path.args)
        if op.detail == ("append",):
            return f"{place}.append({self.text(value, _SELECT)})"
        return f"{place} {op.detail[0]} {self.text(value, _SELECT)}"

    def _arguments(
        self, args: tuple[ir.Expr, ...], keywords: tuple[tuple[str, ir.Expr], ...]
    ) -> str:
        parts = [self.text(a, _SELECT) for a in args]
        parts += [f"{name}={self.text(value, _SELECT)}" for name, value in keywords]
        return ", ".join(parts)

    def _operator(self, op: ir.Op) -> tuple[str, int]:
        if op.callee == "operator.pow":
            base = self.text(op.args[0], _POWER + 1)
            return f"{base} ** {self.text(op.args[1], _UNARY_LEVEL)}", _POWER
        if op.callee in _BINARY:
            sign, level = _BINARY[op.callee]
            left, right = op.args
            return f"{self.text(left, level)} {sign} {self.text(right, level + 1)}", level
        if op.callee in _UNARY:
            return f"{_UNARY[op.callee]}{self.text(op.args[0], _UNARY_LEVEL)}", _UNARY_LEVEL
        if op.callee == "operator.not_":
            return f"not {self.text(op.args[0], _NOT)}", _NOT
        if op.callee == "compare":
            parts = [self.text(op.args[0], _COMPARE + 1)]
            for sign, arg in zip(op.detail, op.args[1:]):
                parts.append(f"{sign} {self.text(arg, _COMPARE + 1)}")
            return " ".join(parts), _COMPARE
        if op.callee in ("and", "or"):
            level = _AND if op.callee == "and" else _OR
            return f" {op.callee} ".join(self.text(a, level + 1) for a in op.args), level
        if op.callee != "select":
            # An operator on containers.
            sign, left, right = op.detail[0], op.args[0], op.args[1]
            level = next(level for other, level in _BINARY.values() if other == sign)
            return f"{self.text(left, level)} {sign} {self.text(right, level + 1)}", level
        cond, then, orelse = op.args
        return (
            f"{self.text(then, _OR)} if {self.text(cond, _OR)} else {self.text(orelse, _SELECT)}",
            _SELECT,
        )

    def _display(self, op: ir.Op) -> tuple[str, int]:
        if op.callee == "dict" or op.callee == "tangent.merged":
            return f"{{{', '.join(self._items(op))}}}", _ATOM
        if op.callee == "tangent.joined":
            return f"[{', '.join(self._elements(op))}]", _ATOM
        parts = [self.text(a, _SELECT) for a in op.args]
        if op.callee == "list":
            return f"[{', '.join(parts)}]", _ATOM
        if op.callee == "slice":
            return f"slice({', '.join(parts)})", _PRIMARY
        comma = "," if len(parts) == 1 else ""
        return f"({', '.join(parts)}{comma})", _ATOM

    def _items(self, op: ir.Op) -> Iterator[str]:
        """What stands between the braces of a dictionary."""
        if op.callee == "dict":
            for key, value in zip(op.args[::2], op.args[1::2]):
                yield f"{self.text(key, _SELECT)}: {self.text(value, _SELECT)}"
            return
        for part in op.args:
            if isinstance(part, ir.Op) and part.form is ir.Form.DISPLAY:
                yield from self._items(part)
            else:
                yield f"**{self.text(part, _PRIMARY)}"

    def _elements(self, op: ir.Op) -> Iterator[str]:
        """What stands between the brackets of a list with starred parts."""
        for part in op.args:
            if isinstance(part, ir.Op) and part.form is ir.Form.DISPLAY:
                inner = part.callee == "tangent.joined"
                yield from (
                    self._elements(part) if inner else (self.text(a, _SELECT) for a in part.args)
                )
            elif isinstance(part, ir.Op) and part.callee == "builtins.list":
                yield f"*{self.text(part.args[0], _PRIMARY)}"
            else:
                yield f"*{self.text(part, _PRIMARY)}"

    def place(self, index: ir.Expr) -> str:
        """What follows an object of which an item is meant: ``[i]`` or ``.name``."""
        name = ir.attribute_of(index)
        return f"[{self.index(index)}]" if name is None else f".{name}"

    def index(self, index: ir.Expr) -> str:
        """The text between the brackets of a subscript."""
        if isinstance(index, ir.Op) and index.callee == "tuple" and index.args:
            parts = [self.index(part) for part in index.args]
            return parts[0] + "," if len(parts) == 1 else ", ".join(parts)
        if isinstance(index, ir.Op) and index.callee == "slice" and index.form is ir.Form.DISPLAY:
            lower, upper, step = ("" if _is_none(p) else self.text(p, _SELECT) for p in index.args)
            return f"{lower}:{upper}" + (f":{step}" if step else "")
        return self.text(index, _SELECT)


def _is_none(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Const) and expr.value is None


def _constant(value: Any) -> tuple[str, int]:
    if value is Ellipsis:
        return "...", _ATOM
    text = repr(value)
    if isinstance(value, str) and '"' not in text:
        text = f'"{text[1:-1]}"'
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if text in ("inf", "nan", "-inf"):
            return f"float('{text}')", _PRIMARY
        return text, _UNARY_LEVEL if text.startswith("-") else _ATOM
    return text, _ATOM
