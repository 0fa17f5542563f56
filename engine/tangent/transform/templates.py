"""Rule templates become IR: parameters replaced by what the call passes."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping
from functools import cache

from tangent.analysis.calls import UNKNOWN, Binding, default_of
from tangent.ir import algebra
from tangent.ir import nodes as ir
from tangent.lower.lower import COMPARISONS, OPERATORS, UNARY
from tangent.rules import registry
from tangent.rules.declare import CallFacts, Case

_LIBRARIES = {"np": "numpy", "tf": "tensorflow", "math": "math", "scipy": "scipy"}
_BY_NAME = {cls.__name__: value for cls, value in {**OPERATORS, **UNARY}.items()}
_COMPARE = {cls.__name__: sign for cls, sign in COMPARISONS.items()}


@cache
def parse(template: str) -> ast.expr:
    """The syntax tree of a template."""
    return ast.parse(template.strip(), mode="eval").body


@cache
def mentions(template: str, name: str) -> int:
    """How often a name occurs in a template."""
    return sum(isinstance(n, ast.Name) and n.id == name for n in ast.walk(parse(template)))


def choose(cases: tuple[Case, ...], facts: CallFacts) -> Case:
    """The first form of a template that is known to be right for a call."""
    for case in cases:
        if case.when is None or case.when(facts):
            return case
    raise AssertionError("a rule's last case has no condition")


def instantiate(
    node: ast.expr, names: Mapping[str, ir.Expr], binding: Binding | None = None
) -> ir.Expr:
    """The template with ``names`` put in. ``binding`` tells which parameters are absent."""
    return _Instance(names, binding).expr(node)


class _Instance:
    def __init__(self, names: Mapping[str, ir.Expr], binding: Binding | None):
        self.names = names
        self.binding = binding

    def expr(self, node: ast.expr) -> ir.Expr:
        if isinstance(node, ast.Constant):
            return ir.Const(node.value)
        if isinstance(node, ast.Name):
            return self.name(node.id)
        if isinstance(node, ast.BinOp):
            callee, sign = _BY_NAME[type(node.op).__name__]
            args = (self.expr(node.left), self.expr(node.right))
            return algebra.simplify(ir.Op(callee, args, form=ir.Form.OPERATOR, detail=(sign,)))
        if isinstance(node, ast.UnaryOp):
            callee, sign = _BY_NAME[type(node.op).__name__]
            operand = (self.expr(node.operand),)
            return algebra.simplify(ir.Op(callee, operand, form=ir.Form.OPERATOR, detail=(sign,)))
        if isinstance(node, ast.Compare):
            args = (self.expr(node.left), *(self.expr(c) for c in node.comparators))
            signs = tuple(_COMPARE[type(op).__name__] for op in node.ops)
            return ir.Op("compare", args, form=ir.Form.OPERATOR, detail=signs)
        if isinstance(node, ast.IfExp):
            args = (self.expr(node.test), self.expr(node.body), self.expr(node.orelse))
            return ir.Op("select", args, form=ir.Form.OPERATOR)
        if isinstance(node, (ast.Tuple, ast.List)):
            callee = "tuple" if isinstance(node, ast.Tuple) else "list"
            return ir.Op(callee, tuple(self.expr(e) for e in node.elts), form=ir.Form.DISPLAY)
        if isinstance(node, ast.Subscript):
            args = (self.expr(node.value), self.expr(node.slice))
            return ir.Op("operator.getitem", args, form=ir.Form.SUBSCRIPT)
        if isinstance(node, ast.Slice):
            parts = tuple(
                ir.Const(None) if p is None else self.expr(p)
                for p in (node.lower, node.upper, node.step)
            )
            return ir.Op("slice", parts, form=ir.Form.DISPLAY)
        if isinstance(node, ast.Attribute):
            return self.attribute(node)
        if isinstance(node, ast.Call):
            return self.call(node)
        raise AssertionError(f"a template cannot contain {ast.dump(node)}")

    def name(self, name: str) -> ir.Expr:
        if name in self.names:
            return self.names[name]
        if self.binding is not None:
            default = default_of(self.binding.rule, name)
            if default is not UNKNOWN:
                return _literal(default)
        if hasattr(builtins, name):
            return ir.Global(name)
        raise AssertionError(f"unknown name `{name}` in a template")

    def attribute(self, node: ast.Attribute) -> ir.Expr:
        dotted = self.dotted(node)
        if dotted is not None:
            return ir.Op("constant", (), detail=(dotted,))
        callee = registry.attribute(node.attr) or f"attribute.{node.attr}"
        return ir.Op(callee, (self.expr(node.value),), form=ir.Form.ATTRIBUTE, detail=(node.attr,))

    def dotted(self, node: ast.expr) -> str | None:
        """The dotted name of a library's function or constant."""
        if isinstance(node, ast.Attribute):
            base = self.dotted(node.value)
            return None if base is None else f"{base}.{node.attr}"
        if isinstance(node, ast.Name) and node.id not in self.names:
            return _LIBRARIES.get(node.id)
        return None

    def call(self, node: ast.Call) -> ir.Expr:
        func = node.func
        callee = self.dotted(func)
        form = ir.Form.CALL
        detail: tuple[str, ...] = ()
        args: list[ir.Expr] = []
        if callee is None and isinstance(func, ast.Attribute):
            form, detail = ir.Form.METHOD, (func.attr,)
            callee = registry.method(func.attr) or f"method.{func.attr}"
            args.append(self.expr(func.value))
        elif callee is None:
            assert isinstance(func, ast.Name)
            prefix = "builtins" if hasattr(builtins, func.id) else "tangent"
            callee = f"{prefix}.{func.id}"
        itself = self.binding is not None and callee == self.binding.rule.name
        keywords: list[tuple[str, ir.Expr]] = []
        skipped = False
        for arg in node.args:
            if isinstance(arg, ast.Starred):
                assert isinstance(arg.value, ast.Name) and self.binding is not None
                given = self.names.get(arg.value.id)
                if isinstance(given, ir.Op) and given.callee == "tuple":
                    args += given.args
                else:
                    args += [self.names_of(e) for e in self.binding.star]
            elif isinstance(arg, ast.Name) and itself and self.omitted(arg.id):
                skipped = True
            elif isinstance(arg, ast.Name) and itself and (skipped or self.by_keyword(arg.id)):
                keywords.append((arg.id, self.expr(arg)))
            else:
                args.append(self.expr(arg))
        for keyword in node.keywords:
            assert keyword.arg is not None
            value = keyword.value
            if isinstance(value, ast.Name) and self.omitted(value.id):
                if self.same_default(callee, keyword.arg, value.id):
                    continue
            keywords.append((keyword.arg, self.expr(keyword.value)))
        return ir.Op(callee, tuple(args), tuple(keywords), form, detail)

    def same_default(self, callee: str, keyword: str, parameter: str) -> bool:
        """Whether leaving the keyword out means the same as passing the rule's default:
        helpers are written that way."""
        assert self.binding is not None
        if callee.startswith("tangent.") or callee == "builtins.dict":
            return True
        rule = registry.rule_for(callee)
        if rule is None:
            return False
        return repr(default_of(rule, keyword)) == repr(default_of(self.binding.rule, parameter))

    def names_of(self, expr: ir.Expr) -> ir.Expr:
        return expr if isinstance(expr, ir.Const) else ir.Primal(expr)

    def omitted(self, name: str) -> bool:
        """A parameter that the call leaves at its default."""
        if self.binding is None or name in self.names:
            return False
        return default_of(self.binding.rule, name) is not UNKNOWN

    def by_keyword(self, name: str) -> bool:
        return self.binding is not None and name in self.binding.keywords


def _literal(value: object) -> ir.Expr:
    if isinstance(value, tuple):
        return ir.Op("tuple", tuple(_literal(v) for v in value), form=ir.Form.DISPLAY)
    return ir.Const(value)
