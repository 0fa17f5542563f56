"""From gast to the IR, one function at a time.

What the engine follows becomes operations and structured statements. Everything else is kept
as text (`Opaque`, `Verbatim`) with the variables it reads, binds and may change, and with the
sentence to say should a derivative have to pass through it: only code that carries a
derivative must be understood.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from copy import copy
from dataclasses import replace
from itertools import chain, count
from typing import Any

import gast

from tangent.diagnostics import Diagnostic
from tangent.ir import nodes as ir
from tangent.ir.purity import IN_PLACE
from tangent.lower import effects, einsum, in_place, scopes
from tangent.lower.classes import OPERATOR_METHODS, Kind, Kinds, is_super
from tangent.lower.comprehensions import CONSUMERS, Expansion, looped
from tangent.lower.containers import name_operations
from tangent.lower.functions import Definitions, Functions, FunctionValue, Literal, defaults_of
from tangent.resolve import classes
from tangent.resolve.library import library_source
from tangent.resolve.symbols import (
    ClassSource,
    FunctionSource,
    Library,
    UserClass,
    UserData,
    UserFunction,
)
from tangent.rules import registry
from tangent.source.text import Span

OPERATORS = {
    gast.Add: ("operator.add", "+"),
    gast.Sub: ("operator.sub", "-"),
    gast.Mult: ("operator.mul", "*"),
    gast.Div: ("operator.truediv", "/"),
    gast.FloorDiv: ("operator.floordiv", "//"),
    gast.Mod: ("operator.mod", "%"),
    gast.Pow: ("operator.pow", "**"),
    gast.MatMult: ("operator.matmul", "@"),
    gast.BitAnd: ("operator.and_", "&"),
    gast.BitOr: ("operator.or_", "|"),
    gast.BitXor: ("operator.xor", "^"),
    gast.LShift: ("operator.lshift", "<<"),
    gast.RShift: ("operator.rshift", ">>"),
}
UNARY = {
    gast.USub: ("operator.neg", "-"),
    gast.UAdd: ("operator.pos", "+"),
    gast.Invert: ("operator.invert", "~"),
    gast.Not: ("operator.not_", "not "),
}
COMPARISONS = {
    gast.Eq: "==",
    gast.NotEq: "!=",
    gast.Lt: "<",
    gast.LtE: "<=",
    gast.Gt: ">",
    gast.GtE: ">=",
    gast.Is: "is",
    gast.IsNot: "is not",
    gast.In: "in",
    gast.NotIn: "not in",
}

# Methods of lists and dictionaries: what they are, and how many arguments they take.
CONTAINER_METHODS = {
    "append": ("list.append", 1, 1),
    "pop": ("list.pop", 0, 2),
    "extend": ("list.extend", 1, 1),
    "insert": ("list.insert", 2, 2),
    "remove": ("list.remove", 1, 1),
    "reverse": ("list.reverse", 0, 0),
    "clear": ("list.clear", 0, 0),
    "get": ("dict.get", 1, 2),
    "setdefault": ("dict.setdefault", 2, 2),
    "update": ("dict.update", 1, 1),
    "items": ("dict.items", 0, 0),
    "keys": ("dict.keys", 0, 0),
    "values": ("tangent.values_of", 0, 0),
    "index": ("list.index", 1, 1),
    "count": ("list.count", 1, 1),
}

# What to call a construct in a message.
_NAMES = {
    "Lambda": "a lambda",
    "ListComp": "a list comprehension",
    "SetComp": "a set comprehension",
    "DictComp": "a dict comprehension",
    "GeneratorExp": "a generator expression",
    "Dict": "a dict",
    "Set": "a set",
    "NamedExpr": "an assignment expression (`:=`)",
    "Starred": "a starred argument",
    "JoinedStr": "an f-string",
    "Await": "`await`",
    "Yield": "`yield`",
    "YieldFrom": "`yield from`",
    "Try": "`try`",
    "Match": "`match`",
    "With": "`with`",
    "AsyncWith": "`async with`",
    "AsyncFor": "`async for`",
    "ClassDef": "a class definition",
    "FunctionDef": "a nested function definition",
    "Delete": "`del`",
    "Break": "`break`",
    "Continue": "`continue`",
}


# What to write instead of a construct.
_HINTS = {
    "Set": "use a list or a tuple",
    "SetComp": "use a list",
    "DictComp": "fill a dict in a loop, or keep the values in a list",
    "GeneratorExp": "write a list: [... for ...]",
    "JoinedStr": "text carries no derivative: compute with the number itself",
    "Lambda": "give it a name and call it by that name",
    "NamedExpr": "assign it on a line before",
}


def describe(node: Any) -> str:
    """What to call a syntax node in a message."""
    name = type(node).__name__
    return _NAMES.get(name, f"this `{name}`")


class Program:
    """The functions that one derivative is made of, lowered on demand, with the diagnostics
    that came up."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._lowered: dict[FunctionSource, ir.Function] = {}
        self.definitions = Definitions()
        # Functions whose result shares no memory with their arguments.
        self.returns_new: set[FunctionSource] = set()
        # Parameters that only a function may change which the text does not tell.
        self.changed_unsurely: dict[FunctionSource, frozenset[str]] = {}
        self._identifiers: dict[FunctionSource, frozenset[str]] = {}
        self._scopes: dict[FunctionSource, FunctionLowering] = {}
        self._constructors: dict[tuple[FunctionSource, ClassSource], FunctionSource] = {}
        self._methods: dict[tuple[FunctionSource, ClassSource, bool], FunctionSource] = {}
        # Static methods that functions call by their own object: it must not mean others.
        # Classes that generated functions name.
        self.named_classes: dict[ClassSource, None] = {}
        self.checks: dict[FunctionSource, dict[tuple[ClassSource, str], None]] = {}
        # What `tangent.lower.classes` knows of attributes.
        self.attribute_kinds: dict[tuple[ClassSource, str], Kind | None] = {}

    def function(self, source: FunctionSource) -> ir.Function:
        """The IR of a function; lowered once."""
        if source not in self._lowered:
            self._lowered[source] = FunctionLowering(self, source).lower()
        return self._lowered[source]

    def identifiers(self, source: FunctionSource) -> frozenset[str]:
        """Every name that occurs in the text of a function."""
        if source not in self._identifiers:
            nodes = gast.walk(source.node)
            self._identifiers[source] = frozenset(n.id for n in nodes if isinstance(n, gast.Name))
        return self._identifiers[source]

    def declare(self, source: FunctionSource, names: Iterable[str]) -> None:
        """Makes names variables of a function, if it has been lowered already."""
        if source in self._lowered:
            self._lowered[source].locals.update(names)

    def lowering(self, source: FunctionSource) -> FunctionLowering:
        """Lowers expressions as they stand in the body of ``source``."""
        return FunctionLowering(self, source)

    def scope(self, source: FunctionSource) -> FunctionLowering:
        """Where questions about the expressions of a function are answered."""
        if source not in self._scopes:
            self._scopes[source] = FunctionLowering(self, source)
        return self._scopes[source]

    def method(
        self, function: FunctionSource, cls: ClassSource, dispatched: bool = False
    ) -> FunctionSource:
        """A method of an object that is taken to be of class ``cls``."""
        key = (function, cls, dispatched)
        if key not in self._methods:
            self._methods[key] = replace(function, cls=cls, dispatched=dispatched)
        return self._methods[key]

    def constructor(self, init: FunctionSource, cls: ClassSource) -> FunctionSource:
        """Calling a class, as a function that makes an object and runs ``__init__`` for it."""
        key = (init, cls)
        if key not in self._constructors:
            arguments = copy(init.node.args)
            if arguments.posonlyargs:
                arguments.posonlyargs = arguments.posonlyargs[1:]
            else:
                arguments.args = arguments.args[1:]
            node = copy(init.node)
            node.args = arguments
            self._constructors[key] = replace(
                init, name=cls.name, node=node, cls=cls, constructs=True
            )
        return self._constructors[key]

    def named(self, cls: ClassSource) -> ir.Global:
        """The class, by the name that a generated function calls it."""
        self.named_classes[cls] = None
        return ir.Global(cls.name, UserClass(cls))

    def report(
        self, source: FunctionSource, span: Span, code: str, message: str, hint: str = ""
    ) -> None:
        """Adds an error at a place in the file of ``source``, once."""
        self._add(Diagnostic(code, message, source.module.path, span, hint))

    def warn(
        self, source: FunctionSource, span: Span, code: str, message: str, hint: str = ""
    ) -> None:
        """Adds a warning at a place in the file of ``source``, once."""
        self._add(Diagnostic(code, message, source.module.path, span, hint, "warning"))

    def _add(self, diagnostic: Diagnostic) -> None:
        if diagnostic not in self.diagnostics:
            self.diagnostics.append(diagnostic)


class FunctionLowering:
    """Lowers one function, and parts of it later on."""

    def __init__(self, program: Program, source: FunctionSource):
        self.program = program
        self.source = source
        self.text = source.module.source
        self.resolver = source.module.resolver
        self.node = source.node
        definitions = program.definitions
        self.captured = (
            *definitions.captured.get(source, ()),
            *definitions.objects.get(source, ()),
        )
        arguments = self.node.args
        self.parameters = scopes.parameter_names(arguments)
        if source.constructs:
            # The object itself is made first.
            self.parameters.insert(0, "self")
        body = [self.node.body] if isinstance(self.node, gast.Lambda) else self.node.body
        self.own = list(scopes.own_nodes(body))
        self.stores = Counter(
            n.id for n in self.own if isinstance(n, gast.Name) and not isinstance(n.ctx, gast.Load)
        )
        self.stores.update(
            getattr(n, "name", None) or getattr(n, "asname", None) or ""
            for n in self.own
            if isinstance(n, (gast.FunctionDef, gast.ClassDef, gast.alias))
        )
        bound = [] if isinstance(self.node, gast.Lambda) else scopes.bound_by(self.own)
        self.imported = self._imported()
        bound_here = {*self.parameters, *bound, *self.captured, *(source.more or ())}
        self.locals = bound_here - set(self.imported)
        self.locals.update(source.more_keywords)
        # What `*args` and `**kwargs` stand for, where that is known.
        self.spread: dict[str, tuple[str, ...]] = {}
        if source.more is not None:
            stands = ((arguments.vararg, source.more), (arguments.kwarg, source.more_keywords))
            self.spread = {n.id: names for n, names in stands if n and n.id not in bound}
        self.owner, self.receives = self._enclosing_class()
        self.cls = source.cls or self.owner
        self.kinds = Kinds(self)
        self.objects = self._objects()
        self.has_walrus = any(isinstance(n, gast.NamedExpr) for n in self.own)
        self.functions = Functions(
            definitions, source, self.own, self.parameters, self.locals, self.imported
        )
        # While a statement with walruses is lowered: the assignments to put before it.
        self.before: ir.Block | None = None
        self._choices: dict[Any, str] = {}
        self.expansion = Expansion(lambda: self, self.fresh)

    def _imported(self) -> dict[str, Library]:
        """What the function imports from libraries, where a name means nothing else in it."""
        found: dict[str, Library] = {}
        imports = [n for n in self.own if isinstance(n, (gast.Import, gast.ImportFrom))]
        if not imports:
            return found
        others = scopes.bound_by(n for n in self.own if n not in imports)
        clashing = {*self.parameters, *others}
        for node in imports:
            for item in node.names:
                if isinstance(node, gast.Import):
                    name = item.asname or item.name.partition(".")[0]
                    dotted = item.name if item.asname else name
                else:
                    name = item.asname or item.name
                    dotted = f"{node.module}.{item.name}"
                known = dotted.partition(".")[0] in _LIBRARIES and not getattr(node, "level", 0)
                if not known or found.get(name, Library(dotted)) != Library(dotted):
                    clashing.add(name)
                found[name] = Library(dotted)
        return {name: symbol for name, symbol in found.items() if name not in clashing}

    def _enclosing_class(self) -> tuple[ClassSource | None, str]:
        """For a method: the class it is defined in, and what its first parameter is: "method"
        for an object, "class" for the class itself, "static" for anything."""
        parents = self.source.parents
        if not parents or not isinstance(parents[-1], gast.ClassDef) or not self.parameters:
            return None, ""
        owner: ClassSource | None = None
        if self.source.cls is not None:
            order = classes.linearized(self.source.cls) or ()
            owner = next((c for c in order if c.node is parents[-1]), None)
        else:
            symbol = self.resolver.lookup(parents[-1].name)
            if isinstance(symbol, UserClass) and symbol.source.node is parents[-1]:
                owner = symbol.source
        names = [getattr(d, "id", "") for d in getattr(self.node, "decorator_list", ())]
        if "staticmethod" in names:
            return owner, "static"
        is_class = "classmethod" in names or self.node.name in ("__new__", "__init_subclass__")
        return owner, "class" if is_class else "method"

    def _objects(self) -> set[str]:
        """Variables that hold objects with fields: an attribute is used that no array has."""
        called = {id(n.func) for n in self.own if isinstance(n, gast.Call)}
        return {
            node.value.id
            for node in self.own
            if isinstance(node, gast.Attribute)
            and isinstance(node.value, gast.Name)
            and node.value.id in self.locals
            and id(node) not in called
            and _is_no_array_attribute(node.attr)
        }

    def declare(self, names: Iterable[str]) -> None:
        """Makes names variables of the function."""
        self.locals.update(names)
        self.program.declare(self.source, names)

    # --- the function ------------------------------------------------------------------------

    def lower(self) -> ir.Function:
        node = self.node
        if isinstance(node, gast.Lambda):
            span = self.span(node.body)
            result = ir.Return(self.expr(node.body), span)
            body: ir.Block = [*self._spread_arguments(), result]
            _unname(body)
            docstring = None
            header = self.span(node)
        else:
            statements = node.body
            docstring = None
            if (
                statements
                and isinstance(statements[0], gast.Expr)
                and isinstance(statements[0].value, gast.Constant)
                and isinstance(statements[0].value.value, str)
            ):
                docstring = self.span(statements[0])
                statements = statements[1:]
            for inner in self.own:
                if isinstance(inner, (gast.Yield, gast.YieldFrom, gast.Await)):
                    if not isinstance(inner, gast.Await):
                        self.report(
                            inner,
                            "unsupported-generator",
                            f"cannot differentiate {describe(inner)}: the function does not run"
                            " from its arguments to a result",
                            "collect the values in a list and return it",
                        )
                    break
            if isinstance(node, gast.AsyncFunctionDef):
                self.report(
                    node,
                    "unsupported-async",
                    "cannot differentiate an async function",
                    "differentiate the numerical part as a plain function",
                )
            body = [*self._spread_arguments(), *self.block(statements)]
            _unname(body)
            if self.source.constructs and self.cls is not None:
                body = self._of_new_object(body)
            header = self.header_span(node)
        function = ir.Function(
            self.source.name,
            self.params(node.args),
            body,
            self.source,
            set(self.locals),
            self.captured,
            docstring,
            header,
        )
        function.body = name_operations(function, function.body)
        return function

    def _of_new_object(self, body: ir.Block) -> ir.Block:
        """The body of ``__init__`` for an object made here, which is returned."""
        assert self.cls is not None
        span = self.header_span(self.node)
        made = ir.Op("tangent.blank", (self.program.named(self.cls),), span=span)
        while body and isinstance(body[-1], ir.Return) and body[-1].value is None:
            body = body[:-1]
        return [
            ir.Assign(ir.Name("self", span), made, span=span),
            *body,
            ir.Return(ir.Read("self", span), span),
        ]

    def _spread_arguments(self) -> ir.Block:
        """``args = args_1, args_2`` and ``kwargs = dict(scale=scale)``, where the function is
        written for calls of one form."""
        out: ir.Block = []
        arguments, source = self.node.args, self.source
        if source.more is None:
            return out
        is_lambda = isinstance(self.node, gast.Lambda)
        span = self.span(self.node.body) if is_lambda else self.header_span(self.node)
        if arguments.vararg:
            values = tuple(ir.Read(n) for n in source.more)
            packed = ir.Op("tuple", values, form=ir.Form.DISPLAY)
            out.append(ir.Assign(ir.Name(arguments.vararg.id), packed, span=span))
        if arguments.kwarg:
            pairs = [(ir.Const(n), ir.Read(n)) for n in source.more_keywords]
            named = tuple(part for pair in pairs for part in pair)
            packed = ir.Op("dict", named, form=ir.Form.DISPLAY)
            out.append(ir.Assign(ir.Name(arguments.kwarg.id), packed, span=span))
        return out

    def params(self, arguments: gast.arguments) -> list[ir.Param]:
        plain = [*arguments.posonlyargs, *arguments.args]
        defaults = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
        params = [
            ir.Param(
                node.id,
                "positional" if i < len(arguments.posonlyargs) else "plain",
                default,
                node.annotation,
            )
            for i, (node, default) in enumerate(zip(plain, defaults))
        ]
        for i, param in enumerate(params):
            if param.name in self.program.definitions.always_passed.get(self.source, ()):
                earlier = any(p.default is not None for p in params[:i])
                param.default = ir.Const(None) if earlier else None
        if self.source.more is not None:
            kind = "positional" if arguments.posonlyargs and not arguments.args else "plain"
            params += [ir.Param(n, kind) for n in self.source.more]
        elif arguments.vararg:
            params.append(ir.Param(arguments.vararg.id, "star"))
        for node, default in zip(arguments.kwonlyargs, arguments.kw_defaults):
            passed = node.id in self.program.definitions.always_passed.get(self.source, ())
            params.append(
                ir.Param(node.id, "keyword", None if passed else default, node.annotation)
            )
        params += [ir.Param(n, "keyword") for n in self.source.more_keywords]
        if self.source.more is None and arguments.kwarg:
            params.append(ir.Param(arguments.kwarg.id, "starstar"))
        return params

    def span(self, node: Any) -> Span:
        return self.text.span_of(node)

    def header_span(self, node: Any) -> Span:
        """From the keyword to the colon that opens the block (as far as its expressions go)."""
        whole = self.span(node)
        first = node.body[0]
        line = first.lineno
        if getattr(first, "decorator_list", None):
            line = first.decorator_list[0].lineno
        if line == whole.line:
            return Span(whole.line, whole.column, whole.line, self.span(first).column)
        end = line - 1
        while end > whole.line and not self._ends_header(end):
            end -= 1
        return Span(whole.line, whole.column, end, len(self.text.line(end).rstrip()))

    def _ends_header(self, line: int) -> bool:
        text = self.text.line(line).strip()
        return bool(text) and not text.startswith("#")

    def report(self, node: Any, code: str, message: str, hint: str = "") -> None:
        self.program.report(self.source, self.span(node), code, message, hint)

    # --- statements --------------------------------------------------------------------------

    def block(self, statements: list[Any]) -> ir.Block:
        outer, self.before = self.before, None
        out = self._block(statements)
        self.before = outer
        return out

    def _block(self, statements: list[Any]) -> ir.Block:
        out: ir.Block = []
        for node in statements:
            method: Callable[[Any], ir.Block] | None = getattr(
                self, f"stmt_{type(node).__name__}", None
            )
            walrus = self._walrus(node)
            for hidden, value in self.functions.kept_for(getattr(node, "value", node)):
                out.append(ir.Assign(ir.Name(hidden), self.expr(value), span=self.span(value)))
            if walrus is not None and method is not None and self._can_precede(node):
                out.extend(self._with_walrus(node, method))
            elif method is None or walrus is not None:
                out.append(self.verbatim(node, culprit=walrus))
            else:
                out.extend(method(node))
        return out

    # --- assignment expressions ----------------------------------------------------------------

    def _walrus(self, node: Any) -> Any:
        """A walrus in the statement's own expressions: it binds in the middle of an evaluation."""
        if not self.has_walrus:
            return None
        found = (n for n in scopes.own_nodes(_own_parts(node)) if isinstance(n, gast.NamedExpr))
        return next(found, None)

    def _can_precede(self, node: Any) -> bool:
        """Whether the walruses of a statement can be assignments before it: nothing that is
        evaluated earlier notices."""
        if isinstance(node, gast.With):
            return False
        order = [n for part in _own_parts(node) for n in _in_order(part)]
        for i, (walrus, _) in enumerate(order):
            if not isinstance(walrus, gast.NamedExpr):
                continue
            if walrus.target.id not in self.locals:
                return False
            own = {id(n) for n, around in order if any(a is walrus for a in around)}
            above = {id(n) for n in order[i][1]}
            earlier = [n for n, _ in order[:i] if id(n) not in own | above]
            if not self._may_hold_walrus(order[i][1]):
                return False
            changed = {walrus.target.id, *self.may_mutate(walrus.value)}
            for other in earlier:
                is_read = isinstance(other, gast.Name) and isinstance(other.ctx, gast.Load)
                if is_read and other.id in changed:
                    return False
                if isinstance(other, gast.Call) and self._call_mutates(other):
                    return False
        return True

    def _may_hold_walrus(self, around: tuple[Any, ...]) -> bool:
        """Whether what is in these expressions, outermost first, can be put before them."""
        outer: Any = None
        for node in around:
            if isinstance(node, gast.GeneratorExp):
                callee = self.expr(outer.func) if isinstance(outer, gast.Call) else None
                symbol = callee.symbol if isinstance(callee, ir.Global) else None
                if not isinstance(symbol, Library) or symbol.dotted not in CONSUMERS:
                    return False
            elif type(node) not in _WALRUS_PLACES:
                return False
            outer = node
        return True

    def _with_walrus(self, node: Any, method: Callable[[Any], ir.Block]) -> ir.Block:
        """The statement after the assignments that are in it."""
        self.before = []
        block = method(node)
        before, self.before = self.before, None
        for stmt in block:
            if isinstance(stmt, (ir.Assign, ir.Evaluate, ir.Return, ir.If, ir.For, ir.While)):
                stmt.verbatim = False
        return [*before, *block]

    def expr_NamedExpr(self, node: Any) -> ir.Expr:
        if self.before is None:
            return self.opaque(node)
        value = self.expr(node.value)
        target = ir.Name(node.target.id, self.span(node.target))
        self.before.append(ir.Assign(target, value, span=self.span(node)))
        return ir.Read(node.target.id, self.span(node))

    def preceded(self, node: Any) -> tuple[ir.Block, ir.Expr]:
        """An expression with the assignments in it that come before."""
        if self.before is None:
            return [], self.expr(node)
        outer, self.before = self.before, []
        value = self.expr(node)
        before, self.before = self.before, outer
        return before, value

    def _conditional(self, name: str, node: Any) -> ir.Block:
        """``name = node``, for a part of an expression that is not always evaluated."""
        before, value = self.preceded(node)
        return [*before, ir.Assign(ir.Name(name), value, span=self.span(node))]

    def _expanded(self, expr: ir.Expr) -> ir.Expr:
        """A comprehension with a walrus in it as a loop put before."""
        node = looped(expr)
        if self.before is None or node is None or not _has_walrus([node]):
            return expr
        loop, value = self.expansion.loop(expr, None)
        self.before.extend(loop)
        return value

    def expr_ListComp(self, node: Any) -> ir.Expr:
        return self._expanded(self.opaque(node))

    def _choice(self, node: Any) -> ir.Expr | None:
        """``a and b`` or ``b if a else c`` as an ``if``, where only a part of it that may not be
        evaluated has a walrus; None where an expression does."""
        if self.before is None or not _has_walrus(_lazy_parts(node)):
            return None
        if node not in self._choices:
            self._choices[node] = self.fresh("cond" if isinstance(node, gast.BoolOp) else "choice")
        name = self._choices[node]
        span = self.span(node)
        if isinstance(node, gast.IfExp):
            cond = self.expr(node.test)
            body, orelse = (self._conditional(name, n) for n in (node.body, node.orelse))
            self.before.append(ir.If(cond, body, orelse, span))
            return ir.Read(name, span)
        first, *others = node.values
        self.before.append(ir.Assign(ir.Name(name), self.expr(first), span=span))
        block = self.before
        for other in others:
            test: ir.Expr = ir.Read(name)
            if isinstance(node.op, gast.Or):
                test = ir.Op("operator.not_", (test,), form=ir.Form.OPERATOR, detail=("not ",))
            inner = self._conditional(name, other)
            block.append(ir.If(test, inner, [], span))
            block = inner
        return ir.Read(name, span)

    # --- statements that are kept --------------------------------------------------------------

    def verbatim(self, node: Any, why: str = "", culprit: Any = None) -> ir.Verbatim:
        """The statement kept as text, because of ``culprit`` in it if that is given."""
        if culprit is not None:
            why = why or f"cannot differentiate {describe(culprit)}"
        for inner in scopes.own_nodes([node]):
            if isinstance(inner, gast.Return) and culprit is not None:
                self.report(culprit, "unsupported-expression", why, "assign it on a line before")
            elif isinstance(inner, gast.Return):
                self.report(
                    inner,
                    "unsupported-return",
                    f"cannot follow a `return` inside {describe(node)}",
                    "assign the result to a variable and return it after the block",
                )
        bound = [n for n in scopes.bound_names([node]) if n in self.locals]
        return ir.Verbatim(
            node,
            self.local_reads(node),
            tuple(bound),
            self.may_mutate(node),
            why or f"cannot differentiate {describe(node)}",
            self.span(node),
            verbatim=True,
        )

    def stmt_Assign(self, node: Any) -> ir.Block:
        span = self.span(node)
        written = in_place.with_output(self, node, node.value)
        if written is not None and len(node.targets) == 1:
            for stmt in written[0]:
                stmt.verbatim = False  # type: ignore[union-attr]
            return [*written[0], ir.Assign(self.target(node.targets[0]), written[1], span=span)]
        value = self.expr(node.value)
        if isinstance(value, ir.Op) and value.callee in ("tangent.take_out", "tangent.take_field"):
            return self._take_out(node, value)
        if len(node.targets) == 1:
            part = self._part(node.targets[0])
            if part is not None:
                return [self._change_of_part(node, "list.set_part", part, value, "=")]
            target = self.target(node.targets[0])
            separate = self._apart(target, value)
            return [ir.Assign(target, separate, span=span, verbatim=separate is value)]
        # Every target gets the same object, from left to right: the first name takes it, if what
        # is assigned before does not notice.
        targets = [self.target(t) for t in node.targets]
        named = next((t for t in targets if isinstance(t, ir.Name)), None)
        if named is not None:
            earlier = node.targets[: targets.index(named)]
            if named.name in {n for t in earlier for n in _names(t)}:
                named = None
        first = ir.Name(self.fresh("value"), span) if named is None else named
        out: ir.Block = [ir.Assign(first, value, span=span)]
        for target in targets:
            if target is not named:
                out.append(ir.Assign(target, ir.Read(first.name, span), span=span))
        return out

    def _apart(self, target: ir.Target, value: ir.Expr) -> ir.Expr:
        """In ``y[0], y[1] = y[1], y[0]`` the second value is a view if ``y`` has rows, and the
        first store changes it. Then the derivative stops with an error when it runs."""
        if not (
            isinstance(target, ir.Unpack)
            and isinstance(value, ir.Op)
            and value.callee in ("tuple", "list")
            and len(value.args) == len(target.targets)
        ):
            return value
        stored: list[str] = []
        args: list[ir.Expr] = []
        for part, arg in zip(target.targets, value.args):
            if isinstance(arg, (ir.Read, ir.Op)) and _may_be_view(arg):
                for name in dict.fromkeys(stored):
                    arg = ir.Op("tangent.apart", (arg, ir.Read(name)), span=arg.span)
            args.append(arg)
            if isinstance(part, ir.Item):
                stored.append(part.name)
        if all(a is b for a, b in zip(args, value.args)):
            return value
        return ir.Op(value.callee, tuple(args), form=value.form, span=value.span)

    def _take_out(self, node: Any, value: ir.Op) -> ir.Block:
        """``t = take_out(b, i)``, which derivative code has, is ``t = last_written(b[i], b, i);
        b[i] = 0.0``, and ``t = take_field(b, "x")`` is ``t = b.x; b.x = zeros_like(b.x)``."""
        span = self.span(node)
        base, index = value.args
        if len(node.targets) != 1 or not isinstance(base, ir.Read):
            return [self.verbatim(node)]
        if value.callee == "tangent.take_field":
            if not isinstance(index, ir.Const) or not isinstance(index.value, str):
                return [self.verbatim(node)]
            name = index.value
            copied = ir.Op("tangent.snapshot", (_field(base, name, span),), span=span)
            left = _field(ir.Read(base.name, span), name, span)
            zero = ir.Op("tangent.zeros_like", (left,), span=span)
            return [
                ir.Assign(self.target(node.targets[0]), copied, span=span),
                ir.Assign(ir.Item(base.name, ir.Const(ir.Attribute(name)), span), zero, span=span),
            ]
        item = ir.Op("operator.getitem", (base, index), form=ir.Form.SUBSCRIPT, span=span)
        again, once_more = self.expr(node.value.args[1]), self.expr(node.value.args[1])
        whole = ir.Read(base.name, span)
        copied = ir.Op("tangent.last_written", (item, whole, once_more), span=span)
        return [
            ir.Assign(self.target(node.targets[0]), copied, span=span),
            ir.Assign(ir.Item(base.name, again, span), ir.Const(0.0), span=span),
        ]

    def stmt_AnnAssign(self, node: Any) -> ir.Block:
        if node.value is None:
            declared = self.verbatim(node)
            declared.binds = ()  # it makes the name a variable, and leaves it as it is
            return [declared]
        return [
            ir.Assign(
                self.target(node.target), self.expr(node.value), span=self.span(node), verbatim=True
            )
        ]

    def stmt_AugAssign(self, node: Any) -> ir.Block:
        span = self.span(node)
        callee, sign = OPERATORS[type(node.op)]
        part = self._part(node.target)
        if part is not None:
            value = self.expr(node.value)
            if isinstance(node.op, gast.Sub):
                value = ir.Op("operator.neg", (value,), form=ir.Form.OPERATOR, detail=("-",))
            if isinstance(node.op, (gast.Add, gast.Sub)):
                return [self._change_of_part(node, "list.add_to_part", part, value, "+=")]
            args = (self.expr(_as_read(node.target)), value)
            value = ir.Op(callee, args, form=ir.Form.OPERATOR, detail=(sign,), span=span)
            return [self._change_of_part(node, "list.set_part", part, value, "=")]
        target = self.target(node.target)
        if isinstance(target, ir.Name):
            current: ir.Expr = ir.Read(target.name, target.span)
        elif isinstance(target, ir.Item):
            current = ir.Op(
                "operator.getitem",
                (ir.Read(target.name, self.span(node.target.value)), target.index),
                form=ir.Form.SUBSCRIPT,
                span=target.span,
            )
        elif isinstance(node.target, gast.Name):
            current = ir.Global(node.target.id, None, target.span)
        else:
            return [self.verbatim(node, "cannot differentiate this augmented assignment")]
        value = ir.Op(
            callee,
            (current, self.expr(node.value)),
            form=ir.Form.OPERATOR,
            detail=(sign,),
            span=span,
        )
        return [ir.Assign(target, value, augmented=True, span=span, verbatim=True)]

    def _part(self, target: Any, fewest: int = 2) -> tuple[ir.Read, ir.Expr] | None:
        """The variable and the path of ``x[i][j]``; None for any other target."""
        keys: list[Any] = []
        node = target
        while isinstance(node, gast.Subscript):
            keys.append(node.slice)
            node = node.value
        if len(keys) < fewest or not isinstance(node, gast.Name) or node.id not in self.locals:
            return None
        path = tuple(self.expr(key) for key in reversed(keys))
        return ir.Read(node.id, self.span(node)), ir.Op("tuple", path, form=ir.Form.DISPLAY)

    def _change_of_part(
        self, node: Any, callee: str, part: tuple[ir.Read, ir.Expr], value: ir.Expr, sign: str
    ) -> ir.Stmt:
        span = self.span(node)
        change = ir.Op(callee, (*part, value), form=ir.Form.PART, detail=(sign,), span=span)
        return ir.Evaluate(change, span, verbatim=True)

    def _append_to_part(self, node: Any) -> ir.Block | None:
        """``d[k].append(x)``; None for any other statement."""
        call = node.value
        if (
            not isinstance(call, gast.Call)
            or not isinstance(call.func, gast.Attribute)
            or call.func.attr != "append"
            or len(call.args) != 1
            or call.keywords
            or isinstance(call.args[0], gast.Starred)
        ):
            return None
        part = self._part(call.func.value, fewest=1)
        if part is None:
            return None
        item = self.expr(call.args[0])
        return [self._change_of_part(node, "list.append_to_part", part, item, "append")]

    def fresh(self, base: str) -> str:
        """A new variable of the function."""
        taken = self.locals | self.program.identifiers(self.source)
        numbered = (f"{base}_{i}" for i in count(1))
        name = next(n for n in chain((base,), numbered) if n not in taken)
        self.locals.add(name)
        return name

    def stmt_Delete(self, node: Any) -> ir.Block:
        (target, *others) = node.targets
        if (
            others
            or not isinstance(target, gast.Subscript)
            or not isinstance(target.value, gast.Name)
            or target.value.id not in self.locals
        ):
            return [self.verbatim(node)]
        span = self.span(node)
        args = (ir.Read(target.value.id, self.span(target.value)), self.expr(target.slice))
        deleted = ir.Op("list.delete", args, form=ir.Form.METHOD, detail=("pop",), span=span)
        return [ir.Evaluate(deleted, span, verbatim=True)]

    def stmt_Expr(self, node: Any) -> ir.Block:
        changed = self._append_to_part(node) or in_place.evaluated(self, node)
        if changed is not None:
            return changed
        return [ir.Evaluate(self.expr(node.value), self.span(node), verbatim=True)]

    def stmt_Return(self, node: Any) -> ir.Block:
        written = in_place.with_output(self, node, node.value)
        if written is not None:
            for stmt in written[0]:
                stmt.verbatim = False  # type: ignore[union-attr]
            return [*written[0], ir.Return(written[1], self.span(node))]
        value = None if node.value is None else self.expr(node.value)
        return [ir.Return(value, self.span(node), verbatim=True)]

    def stmt_If(self, node: Any) -> ir.Block:
        return [
            ir.If(
                self.expr(node.test),
                self.block(node.body),
                self.block(node.orelse),
                self.header_span(node),
                verbatim=True,
            )
        ]

    def stmt_For(self, node: Any) -> ir.Block:
        loop = ir.For(
            self.target(node.target),
            self.expr(node.iter),
            self.block(node.body),
            span=self.header_span(node),
            verbatim=True,
        )
        return self._loop(node, loop)

    def stmt_While(self, node: Any) -> ir.Block:
        test = self.expr(node.test)
        body = self.block(node.body)
        if self.before:
            # What is assigned in the condition is assigned again for the next round.
            _before_next_round(body, lambda: self.preceded(node.test)[0])
        loop = ir.While(test, body, self.header_span(node), verbatim=True)
        return self._loop(node, loop)

    def _loop(self, node: Any, loop: ir.For | ir.While) -> ir.Block:
        jumps = _loop_jumps(node.body)
        if len(jumps) != len(list(ir.jumps(loop.body))):
            # One of them is inside of a statement that is kept as text.
            return [self.verbatim(node, f"cannot differentiate a loop with {describe(jumps[0])}")]
        orelse = self.block(node.orelse)
        if not ir.may_stop(loop):
            # Without `break` the `else` block always runs.
            return [loop, *orelse]
        loop.orelse = orelse
        return [loop]

    def stmt_Break(self, node: Any) -> ir.Block:
        return [ir.Break(self.span(node), verbatim=True)]

    def stmt_Continue(self, node: Any) -> ir.Block:
        return [ir.Continue(self.span(node), verbatim=True)]

    def stmt_With(self, node: Any) -> ir.Block:
        inserted = self._insert_grad(node)
        if inserted is not None:
            return inserted
        stmt = self._with(node, node.items)
        return [stmt] if self._has_all_jumps(node, stmt) else [self.verbatim(node)]

    def _with(self, node: Any, items: list[Any]) -> ir.Stmt:
        """A ``with`` with these of its contexts."""
        for i, item in enumerate(items):
            if self._suppresses(item):
                rest = items[i + 1 :]
                body = [self._with(node, rest)] if rest else self.block(node.body)
                suppressed = self._suppressed(node, item, body)
                return self._context(node, items[:i], [suppressed]) if i else suppressed
        return self._context(node, items, self.block(node.body))

    def _context(self, node: Any, items: list[Any], body: ir.Block) -> ir.Stmt:
        bound: list[str] = []
        for item in items:
            if item.optional_vars is not None:
                bound += scopes.bound_names([item.optional_vars])
        read = [r for item in items for r in self.local_reads(item.context_expr)]
        return ir.With(
            items,
            tuple(read),
            tuple(n for n in bound if n in self.locals),
            body,
            self.header_span(node),
            verbatim=len(items) == len(node.items),
            reenter=not read and not bound and all(map(self._is_for_calculating, items)),
        )

    def _suppresses(self, item: Any) -> bool:
        context = self.expr(item.context_expr)
        return (
            isinstance(item.context_expr, gast.Call)
            and bool(item.context_expr.args)
            and isinstance(context, ir.Op)
            and context.callee == "contextlib.suppress"
        )

    def _suppressed(self, node: Any, item: Any, body: ir.Block) -> ir.Stmt:
        """``with suppress(E):`` is a ``try`` that does nothing about ``E``."""
        call = item.context_expr
        kinds = ", ".join(self.text.slice(self.span(a)) for a in call.args)
        if len(call.args) > 1 or isinstance(call.args[0], gast.Starred):
            kinds = f"({kinds},)" if len(call.args) == 1 else f"({kinds})"
        reads = tuple(r for a in call.args for r in self.local_reads(a))
        arm = ir.Arm(node, reads, (), [], self.span(call), f"except {kinds}:")
        return ir.Try(body, (arm,), [], [], self.header_span(node))

    def stmt_Try(self, node: Any) -> ir.Block:
        arms = tuple(
            ir.Arm(
                handler,
                () if handler.type is None else self.local_reads(handler.type),
                () if handler.name is None else (_handler_name(handler),),
                self.block(handler.body),
                self.header_span(handler),
            )
            for handler in node.handlers
        )
        body, orelse = self.block(node.body), self.block(node.orelse)
        stmt = ir.Try(body, arms, orelse, self.block(node.finalbody), self.header_span(node))
        if any(isinstance(s, ir.Return) for s in ir.statements(stmt.final)):
            return [self.verbatim(node)]
        return [stmt] if self._has_all_jumps(node, stmt) else [self.verbatim(node)]

    def _has_all_jumps(self, node: Any, stmt: ir.Stmt) -> bool:
        """Whether no jump of a statement is inside of something that is kept as text."""
        return len(_loop_jumps([node])) == len(list(ir.jumps([stmt])))

    def stmt_Match(self, node: Any) -> ir.Block:
        if any(
            isinstance(n, gast.NamedExpr) for c in node.cases if c.guard for n in gast.walk(c.guard)
        ):
            return [self.verbatim(node)]
        stmt = self._match_as_branches(node)
        if stmt is None:
            arms = tuple(self._case(case) for case in node.cases)
            span = self._match_header(node)
            stmt = ir.Match(self.expr(node.subject), arms, span, verbatim=True)
        return [stmt] if self._has_all_jumps(node, stmt) else [self.verbatim(node)]

    def _match_header(self, node: Any) -> Span:
        start, end = self.span(node), self.span(node.subject)
        text = self.text.line(end.end_line)
        colon = text.find(":", end.end_column)
        return Span(start.line, start.column, end.end_line, colon + 1)

    def _case(self, case: Any) -> ir.Arm:
        reads = self.local_reads(case.pattern)
        if case.guard is not None:
            reads += self.local_reads(case.guard)
        bound = tuple(n for n in scopes.bound_names([case.pattern]) if n in self.locals)
        return ir.Arm(case, reads, bound, self.block(case.body), self._case_header(case))

    def _case_header(self, case: Any) -> Span:
        """From ``case`` to the colon."""
        first = self.span(case.pattern)
        start = self.text.line(first.line).find("case")
        last = self.span(case.guard if case.guard is not None else case.pattern)
        line = last.end_line
        colon = self.text.line(line).find(":", last.end_column)
        while colon < 0:
            line += 1
            colon = self.text.line(line).find(":")
        return Span(first.line, start, line, colon + 1)

    def _match_as_branches(self, node: Any) -> ir.Stmt | None:
        """A ``match`` against plain values as the branches that it is; None if it takes its
        subject apart."""
        if not _is_plain_subject(node.subject):
            return None
        cases = []
        for case in node.cases:
            captures = scopes.bound_names([case.pattern])
            if (captures and case.guard is not None) or not _is_plain_pattern(case.pattern):
                return None
            cases.append(case)
        out: ir.Block = []
        for case in reversed(cases):
            span = self._case_header(case)
            pattern = case.pattern
            body: ir.Block = []
            while isinstance(pattern, gast.MatchAs):
                if pattern.name is not None:
                    name = ir.Name(pattern.name)
                    body.append(ir.Assign(name, self.expr(node.subject), span=span))
                if pattern.pattern is None:
                    break
                pattern = pattern.pattern
            body += self.block(case.body)
            test = self._test(node.subject, pattern, span)
            if case.guard is not None:
                guard = self.expr(case.guard)
                test = (
                    guard
                    if test is None
                    else ir.Op("and", (test, guard), form=ir.Form.OPERATOR, span=span)
                )
            out = body if test is None else [ir.If(test, body, out, span)]
        if len(out) != 1 or not isinstance(out[0], ir.If):
            return None
        return out[0]

    def _test(self, subject: Any, pattern: Any, span: Span) -> ir.Expr | None:
        """What a pattern of plain values asks of the subject; None if nothing."""
        if isinstance(pattern, gast.MatchAs):
            return None
        if isinstance(pattern, gast.MatchOr):
            tests = [self._test(subject, p, span) for p in pattern.patterns]
            if any(t is None for t in tests):
                return None
            args = tuple(t for t in tests if t is not None)
            return ir.Op("or", args, form=ir.Form.OPERATOR, span=span)
        if isinstance(pattern, gast.MatchSingleton):
            sign, value = "is", ir.Const(pattern.value, span)
        else:
            sign, value = "==", self.expr(pattern.value)
        args = (self.expr(subject), value)
        return ir.Op("compare", args, form=ir.Form.OPERATOR, detail=(sign,), span=span)

    def _is_for_calculating(self, item: Any) -> bool:
        """Whether a context is one for calculating in."""
        context = self.expr(item.context_expr)
        return isinstance(context, ir.Op) and context.callee in effects.CALCULATING_CONTEXTS

    def _insert_grad(self, node: Any) -> ir.Block | None:
        """``with insert_grad_of(x) as dx:``; None if it is any other ``with``."""
        out: ir.Block = []
        for item in node.items:
            call = item.context_expr
            if not isinstance(call, gast.Call):
                return None
            callee = self.expr(call.func)
            if not (
                isinstance(callee, ir.Global)
                and isinstance(callee.symbol, Library)
                and canonical(callee.symbol.dotted) == "tangent.insert_grad_of"
            ):
                return None
            if (
                len(node.items) != 1
                or len(call.args) != 1
                or call.keywords
                or not isinstance(call.args[0], gast.Name)
                or call.args[0].id not in self.locals
                or not isinstance(item.optional_vars, gast.Name)
            ):
                self.report(
                    node,
                    "insert-grad-form",
                    "insert_grad_of takes one local variable and a name for its gradient",
                    "write `with insert_grad_of(x) as dx:`",
                )
                return []
            name = item.optional_vars.id
            variable = ir.Read(call.args[0].id, self.span(call.args[0]))
            assigned = [n for n in scopes.bound_names(node.body) if n != name]
            read: dict[str, ir.Read] = {}
            for stmt in node.body:
                for r in self.local_reads(stmt):
                    if r.name != name and r.name not in assigned:
                        read.setdefault(r.name, r)
            out.append(
                ir.InsertGrad(
                    variable,
                    name,
                    node.body,
                    tuple(read.values()),
                    tuple(assigned),
                    self.header_span(node),
                )
            )
        return out

    # --- targets -----------------------------------------------------------------------------

    def target(self, node: Any) -> ir.Target:
        span = self.span(node)
        if isinstance(node, gast.Name) and node.id in self.locals:
            return ir.Name(node.id, span)
        if (
            isinstance(node, gast.Subscript)
            and isinstance(node.value, gast.Name)
            and node.value.id in self.locals
        ):
            return ir.Item(node.value.id, self.expr(node.slice), span)
        if (
            isinstance(node, gast.Attribute)
            and isinstance(node.value, gast.Name)
            and node.value.id in self.locals
            and (node.value.id in self.objects or node.attr not in effects.ARRAY_ATTRIBUTES)
        ):
            return ir.Item(node.value.id, ir.Const(ir.Attribute(node.attr)), span)
        if isinstance(node, (gast.Tuple, gast.List)) and not any(
            isinstance(e, gast.Starred) for e in node.elts
        ):
            return ir.Unpack(tuple(self.target(e) for e in node.elts), span)
        mutated = [r.name for r in self.local_reads(node)]
        why = {
            "Attribute": "cannot differentiate an assignment to an attribute",
            "Name": "cannot differentiate an assignment to a global variable",
            "Starred": "cannot differentiate a starred assignment",
        }.get(type(node).__name__, "cannot differentiate an assignment to this target")
        binds = tuple(n for n in scopes.bound_names([node]) if n in self.locals)
        return ir.OtherTarget(node, self.local_reads(node), tuple(mutated), why, binds, span)

    # --- expressions -------------------------------------------------------------------------

    def expr(self, node: Any) -> ir.Expr:
        method: Callable[[Any], ir.Expr] | None = getattr(self, f"expr_{type(node).__name__}", None)
        lowered = self.opaque(node) if method is None else method(node)
        if (
            isinstance(lowered, ir.Global)
            and isinstance(lowered.symbol, Library)
            and lowered.symbol.dotted in _CONSTANTS
            and lowered.text.partition(".")[0] in self.imported
        ):
            # The name may mean nothing where the number is read again.
            dotted = lowered.symbol.dotted
            return ir.Op("constant", (), detail=(dotted,), span=lowered.span)
        return lowered

    def opaque(self, node: Any, why: str = "", hint: str = "") -> ir.Opaque:
        return ir.Opaque(
            node,
            self.local_reads(node),
            why or f"cannot differentiate {describe(node)}",
            hint or _HINTS.get(type(node).__name__, ""),
            self.may_mutate(node),
            self.span(node),
        )

    def local_reads(self, node: Any) -> tuple[ir.Read, ...]:
        span = self.span(node) if hasattr(node, "lineno") else None
        names: dict[str, None] = {}
        for name in scopes.read_names(node):
            if name in self.locals:
                names[name] = None
                names.update(dict.fromkeys(self._around(name)))
        return tuple(ir.Read(n, span) for n in names)

    def _around(self, name: str) -> list[str]:
        """The variables that calling a local function may read."""
        known = self.functions.named(name)
        return [] if known is None else known.variables()

    def expr_Constant(self, node: Any) -> ir.Expr:
        return ir.Const(node.value, self.span(node))

    def expr_Name(self, node: Any) -> ir.Expr:
        if node.id in self.locals:
            if self._around(node.id):
                return self.opaque(
                    node,
                    f"cannot differentiate this use of the function `{node.id}`, which reads"
                    " variables of the function around it",
                    "call it here, or pass it to the function that calls it",
                )
            return ir.Read(node.id, self.span(node))
        if node.id in self.imported:
            return ir.Global(node.id, self.imported[node.id], self.span(node))
        return ir.Global(node.id, self.resolver.lookup(node.id), self.span(node))

    def expr_Attribute(self, node: Any) -> ir.Expr:
        base = self.expr(node.value)
        span = self.span(node)
        if isinstance(base, ir.Global):
            symbol = None
            if base.symbol is not None:
                symbol = self.resolver.attribute(base.symbol, node.attr)
            text = f"{base.text}.{node.attr}"
            return ir.Global(text, symbol or UserData(text), span)
        cls = self.kinds.object_class(node.value)
        if cls is not None and not node.attr.startswith("__") and classes.linearized(cls):
            return self._attribute_of(cls, base, node)
        callee = registry.attribute(node.attr)
        known = isinstance(base, ir.Read) and base.name in self.objects
        if not node.attr.startswith("__") and (
            known or (callee is None and _is_no_array_attribute(node.attr))
        ):
            return _field(base, node.attr, span)
        if callee is None:
            callee = f"attribute.{node.attr}"
        return ir.Op(callee, (base,), form=ir.Form.ATTRIBUTE, detail=(node.attr,), span=span)

    def _attribute_of(self, cls: ClassSource, base: ir.Expr, node: Any) -> ir.Expr:
        """An attribute of an object of a known class: a field, or what a property gives."""
        member = classes.find_member(cls, node.attr)
        span = self.span(node)
        if member is not None and member.kind == "property":
            function = member.function()
            if function is not None:
                source = self.program.method(function, cls, dispatched=True)
                return ir.Call(source, (base,), (), node.attr, form=ir.Form.ATTRIBUTE, span=span)
        if member is not None and member.kind != "data":
            return self.opaque(
                node,
                f"cannot differentiate the attribute `.{node.attr}` of a `{cls.name}`:"
                " it is no field of the object",
                "call it, or pass the value in as an argument of its own",
            )
        return _field(base, node.attr, span, certain=classes.is_field(cls, node.attr))

    def _method_of(
        self,
        cls: ClassSource,
        name: str,
        args: tuple[ir.Expr, ...],
        keywords: tuple[tuple[str, ir.Expr], ...],
        node: Any,
        form: ir.Form = ir.Form.METHOD,
        text: str = "",
    ) -> ir.Call | None:
        """The call of a method of an object of a known class (the first of ``args``); None if
        its class has no such method that can be followed."""
        member = classes.find_member(cls, name)
        function = member.function() if member is not None else None
        if member is None or function is None:
            return None
        span = self.span(node)
        if member.kind == "method":
            source = self.program.method(function, cls, dispatched=True)
            return ir.Call(source, args, keywords, text or name, form=form, span=span)
        if form is not ir.Form.METHOD:
            return None
        receiver = args[0]
        if member.kind == "class":
            source = self.program.method(function, cls, dispatched=True)
            of_class = ir.Op("builtins.type", (receiver,), span=span)
            return ir.Call(source, (of_class, *args[1:]), keywords, name, form=form, span=span)
        if member.kind == "static" and self._checks(receiver, cls, name):
            text = f"{cls.name}.{name}"
            return ir.Call(function, args[1:], keywords, text, span=span)
        return None

    def _construction(
        self,
        cls: ClassSource,
        node: Any,
        args: tuple[ir.Expr, ...],
        keywords: tuple[tuple[str, ir.Expr], ...],
    ) -> ir.Expr:
        """``Class(...)``: fields written out, or a call of ``__init__`` for a new object."""
        span = self.span(node)
        function = self.expr(node.func)
        why = f"cannot differentiate the construction of a `{cls.name}`"
        if not isinstance(function, ir.Global):
            return self.opaque(node, why, "call the class by its name")
        fields = classes.constructor_fields(cls)
        if fields is not None:
            names = [f.name for f in fields if not f.keyword][: len(args)]
            given = {*names, *(k for k, _ in keywords)}
            left = [f for f in fields if f.name not in given]
            if len(names) == len(args) and given <= {f.name for f in fields}:
                if all(f.default is not None for f in left):
                    zeros = tuple(f"{f.name}={_zero_of(f.default)}" for f in left)
                    return ir.Op(
                        "object", args, keywords, detail=(*names, *zeros), function=function,
                        span=span,
                    )  # fmt: skip
            return self.opaque(node, why, "its fields are not given as it declares them")
        member = classes.find_member(cls, "__init__")
        source = member.function() if member is not None else None
        plain = not any(
            classes.is_dataclass(c) or (c.node.bases and classes.linearized(c) is None)
            for c in classes.linearized(cls) or ()
        )
        own = "" if source is None else next(iter(scopes.parameter_names(source.node.args)), "")
        if member is None or source is None or own != "self" or not plain:
            return self.opaque(node, why, "assign its attributes in `__init__`")
        constructor = self.program.constructor(source, cls)
        return ir.Call(constructor, args, keywords, function.text, span=span)

    def _checks(self, receiver: ir.Expr, cls: ClassSource, name: str) -> bool:
        """Whether the derivative can make sure that a static method of the function's own object
        is the one of a class."""
        if not self.receives or not isinstance(receiver, ir.Read):
            return False
        if receiver.name != self.parameters[0] or self.stores.get(receiver.name):
            return False
        self.program.checks.setdefault(self.source, {})[cls, name] = None
        return True

    def _call_of_class(
        self,
        node: Any,
        args: tuple[ir.Expr, ...],
        keywords: tuple[tuple[str, ir.Expr], ...],
    ) -> ir.Call | None:
        """``Class.method(...)``, or ``cls.method(...)`` in a class method."""
        kind = self.kinds.of(node.func.value)
        if kind is None or kind.kind != "class" or kind.cls is None:
            return None
        cls, name = kind.cls, node.func.attr
        member = classes.find_member(cls, name)
        function = member.function() if member is not None else None
        if member is None or function is None:
            return None
        span = self.span(node)
        receiver = self.expr(node.func.value)
        fixed = isinstance(receiver, ir.Global)
        if member.kind == "class":
            source = self.program.method(function, cls, dispatched=not fixed)
            args = (receiver, *args)
            return ir.Call(source, args, keywords, name, form=ir.Form.METHOD, span=span)
        if not fixed and not self._checks(receiver, cls, name):
            return None
        text = f"{receiver.text if isinstance(receiver, ir.Global) else cls.name}.{name}"
        if member.kind == "static":
            return ir.Call(function, args, keywords, text, span=span)
        if member.kind == "method" and args:
            source = self.program.method(function, cls)
            return ir.Call(source, args, keywords, text, span=span)
        return None

    def _super_call(
        self,
        node: Any,
        args: tuple[ir.Expr, ...],
        keywords: tuple[tuple[str, ir.Expr], ...],
    ) -> ir.Expr | None:
        """``super().method(...)``, in a method of a known class."""
        if self.cls is None or self.owner is None or self.receives != "method":
            return None
        member = classes.find_member(self.cls, node.func.attr, after=self.owner)
        function = member.function() if member is not None else None
        if member is None or member.kind != "method" or function is None:
            return None
        span = self.span(node)
        source = self.program.method(function, self.cls)
        receiver = ir.Read(self.parameters[0], span)
        text = f"{member.owner.name}.{node.func.attr}"
        return ir.Call(source, (receiver, *args), keywords, text, span=span)

    def expr_BinOp(self, node: Any) -> ir.Expr:
        operated = self._operator_call(node)
        if operated is not None:
            return operated
        callee, sign = OPERATORS[type(node.op)]
        args = (self.expr(node.left), self.expr(node.right))
        return ir.Op(callee, args, form=ir.Form.OPERATOR, detail=(sign,), span=self.span(node))

    def _operator_call(self, node: Any) -> ir.Expr | None:
        """An operator on an object of a known class, which is a call of its method."""
        cls, other = self.kinds.object_class(node.left), self.kinds.object_class(node.right)
        known = cls or other
        if known is None:
            return None
        left, right = self.expr(node.left), self.expr(node.right)
        text = OPERATORS[type(node.op)][0]
        method = OPERATOR_METHODS.get(type(node.op))
        call: ir.Expr | None = None
        if cls is not None and method is not None and (other is None or other is cls):
            name = f"__{method}__"
            call = self._method_of(cls, name, (left, right), (), node, ir.Form.OPERATOR, text)
        elif other is not None and cls is None and isinstance(left, ir.Const):
            # A number knows nothing of the class, so its own method says so.
            name = f"__r{method}__"
            call = self._method_of(other, name, (right, left), (), node, ir.Form.OPERATOR, text)
        return call or self.opaque(
            node,
            f"cannot differentiate this operation on a `{known.name}`:"
            " it is not known which method it calls",
            "call the method by its name",
        )

    def expr_UnaryOp(self, node: Any) -> ir.Expr:
        operand = self.expr(node.operand)
        span = self.span(node)
        if (
            isinstance(node.op, gast.USub)
            and isinstance(operand, ir.Const)
            and type(operand.value) in (int, float)
        ):
            return ir.Const(-operand.value, span)
        cls = self.kinds.object_class(node.operand)
        if cls is not None and type(node.op) in OPERATOR_METHODS:
            name = f"__{OPERATOR_METHODS[type(node.op)]}__"
            text = UNARY[type(node.op)][0]
            call = self._method_of(cls, name, (operand,), (), node, ir.Form.OPERATOR, text)
            return call or self.opaque(
                node, f"cannot differentiate this operation on a `{cls.name}`"
            )
        callee, sign = UNARY[type(node.op)]
        return ir.Op(callee, (operand,), form=ir.Form.OPERATOR, detail=(sign,), span=span)

    def expr_Compare(self, node: Any) -> ir.Expr:
        args = (self.expr(node.left), *(self.expr(c) for c in node.comparators))
        detail = tuple(COMPARISONS[type(op)] for op in node.ops)
        return ir.Op("compare", args, form=ir.Form.OPERATOR, detail=detail, span=self.span(node))

    def expr_BoolOp(self, node: Any) -> ir.Expr:
        choice = self._choice(node)
        if choice is not None:
            return choice
        callee = "and" if isinstance(node.op, gast.And) else "or"
        args = tuple(self.expr(v) for v in node.values)
        return ir.Op(callee, args, form=ir.Form.OPERATOR, span=self.span(node))

    def expr_IfExp(self, node: Any) -> ir.Expr:
        choice = self._choice(node)
        if choice is not None:
            return choice
        args = (self.expr(node.test), self.expr(node.body), self.expr(node.orelse))
        return ir.Op("select", args, form=ir.Form.OPERATOR, span=self.span(node))

    def expr_Tuple(self, node: Any) -> ir.Expr:
        return self._display("tuple", node)

    def expr_List(self, node: Any) -> ir.Expr:
        return self._display("list", node)

    def _display(self, callee: str, node: Any) -> ir.Expr:
        span = self.span(node)
        if not any(isinstance(e, gast.Starred) for e in node.elts):
            args = tuple(self.expr(e) for e in node.elts)
            return ir.Op(callee, args, form=ir.Form.DISPLAY, span=span)
        # [*a, b] is list(a) and [b], joined.
        parts: list[ir.Expr] = []
        single: list[ir.Expr] = []
        for element in [*node.elts, None]:
            if isinstance(element, gast.expr) and not isinstance(element, gast.Starred):
                single.append(self.expr(element))
                continue
            if single:
                parts.append(ir.Op("list", tuple(single), form=ir.Form.DISPLAY, span=span))
                single = []
            if element is not None:
                parts.append(ir.Op("builtins.list", (self.expr(element.value),), span=span))
        joined = _chained("tangent.joined", parts, span)
        return joined if callee == "list" else ir.Op("builtins.tuple", (joined,), span=span)

    def expr_Dict(self, node: Any) -> ir.Expr:
        span = self.span(node)
        parts: list[ir.Expr] = []
        pairs: list[ir.Expr] = []
        for key, value in [*zip(node.keys, node.values), (None, None)]:
            if key is not None:
                pairs += [self.expr(key), self.expr(value)]
                continue
            if pairs or not node.keys:
                parts.append(ir.Op("dict", tuple(pairs), form=ir.Form.DISPLAY, span=span))
                pairs = []
            if value is not None:
                parts.append(self.expr(value))
        return _chained("tangent.merged", parts, span)

    def expr_Slice(self, node: Any) -> ir.Expr:
        parts = tuple(
            ir.Const(None) if p is None else self.expr(p)
            for p in (node.lower, node.upper, node.step)
        )
        return ir.Op("slice", parts, form=ir.Form.DISPLAY, span=self.span(node))

    def expr_Subscript(self, node: Any) -> ir.Expr:
        base = self.expr(node.value)
        if isinstance(base, ir.Global):
            return self.opaque(node, "cannot differentiate an item of a global object")
        cls = self.kinds.object_class(node.value)
        member = classes.find_member(cls, "__getitem__") if cls is not None else None
        if cls is not None and member is not None:
            args = (base, self.expr(node.slice))
            call = self._method_of(cls, "__getitem__", args, (), node, ir.Form.SUBSCRIPT)
            return call or self.opaque(node)
        args = (base, self.expr(node.slice))
        return ir.Op("operator.getitem", args, form=ir.Form.SUBSCRIPT, span=self.span(node))

    def expr_Call(self, node: Any) -> ir.Expr:
        if any(isinstance(a, gast.Starred) for a in node.args) or any(
            k.arg is None for k in node.keywords
        ):
            written = self._written_out(node)
            if written is None:
                return self.opaque(
                    node,
                    "cannot differentiate a call with starred arguments",
                    "pass the arguments one by one",
                )
            node = written
        func = node.func
        known = self._local_function(func)
        if known is not None:
            return self._call_of(node, known, self.text.slice(self.span(func)))
        of_object = self._object_call(node)
        if of_object is not None:
            return of_object
        if isinstance(func, gast.Name) and func.id in self.locals:
            return self._dynamic_call(node)
        callee = self.expr(func) if isinstance(func, (gast.Name, gast.Attribute)) else None
        if isinstance(callee, ir.Global):
            symbol = callee.symbol
            if isinstance(symbol, Library):
                return self._library_call(node, canonical(symbol.dotted), callee)
            if isinstance(symbol, UserFunction):
                return self._call_of(node, FunctionValue(symbol.function), callee.text)
            if isinstance(symbol, UserData):
                return self._dynamic_call(node)
            return self.opaque(
                node,
                f"cannot differentiate the call of `{callee.text}`: its source or rule is unknown",
                "write its derivative with `tangent.grads.adjoint`,"
                " or pass its result in as an argument",
            )
        if isinstance(func, gast.Attribute):
            args = tuple(self.expr(a) for a in node.args)
            keywords = tuple((k.arg, self.expr(k.value)) for k in node.keywords)
            return self._method_call(node, func, args, keywords)
        return self._dynamic_call(node)

    def _written_out(self, node: Any) -> Any:
        """A call with ``*args`` and ``**kwargs`` in which their parts are written out; None if
        it is not known how many there are."""
        args: list[Any] = []
        keywords: list[Any] = []
        for i, arg in enumerate(node.args):
            if not isinstance(arg, gast.Starred):
                args.append(arg)
                continue
            parts = self._parts(arg.value)
            if parts is None and i == len(node.args) - 1:
                parts = self._as_many_as_needed(node, arg.value, len(args))
            if parts is None:
                return None
            args += parts
        for keyword in node.keywords:
            if keyword.arg is not None:
                keywords.append(keyword)
                continue
            value = keyword.value
            if isinstance(value, gast.Name) and value.id in self.spread:
                names = [(n, gast.Name(n, gast.Load(), None, None)) for n in self.spread[value.id]]
            elif isinstance(value, gast.Dict) and all(
                isinstance(k, gast.Constant) and isinstance(k.value, str) for k in value.keys
            ):
                names = [(k.value, v) for k, v in zip(value.keys, value.values)]
            else:
                return None
            keywords += [gast.copy_location(gast.keyword(n, v), keyword) for n, v in names]
        new = gast.copy_location(gast.Call(node.func, args, keywords), node)
        for part in (*args, *(k.value for k in keywords)):
            if not hasattr(part, "lineno"):
                for inner in gast.walk(part):
                    gast.copy_location(inner, node)
        return new

    def _parts(self, node: Any) -> list[Any] | None:
        """What ``*node`` gives, if the text says it."""
        if isinstance(node, (gast.Tuple, gast.List)):
            return None if any(isinstance(e, gast.Starred) for e in node.elts) else node.elts
        if isinstance(node, gast.Name) and node.id in self.spread:
            return [gast.Name(n, gast.Load(), None, None) for n in self.spread[node.id]]
        return None

    def _as_many_as_needed(self, call: Any, value: Any, before: int) -> list[Any] | None:
        """The items of a variable, as many as a function takes that takes no other number."""
        if not isinstance(value, gast.Name) or value.id not in self.locals:
            return None
        known = self._local_function(call.func)
        callee = None
        if known is None and isinstance(call.func, (gast.Name, gast.Attribute)):
            callee = self.expr(call.func)
        symbol = callee.symbol if isinstance(callee, ir.Global) else None
        if isinstance(symbol, UserFunction):
            known = FunctionValue(symbol.function)
        given = {k.arg for k in call.keywords}
        if known is not None and known.function is not None:
            arguments = known.function.node.args
            if arguments.vararg is not None or None in given:
                return None
            plain = [a.id for a in (*arguments.posonlyargs, *arguments.args)]
            optional = {n for n, _ in defaults_of(known.function.node)}
            names = [n for n in plain[before + len(known.args) :] if n not in given]
        elif isinstance(symbol, Library) and not given:
            rule = registry.rule_for(symbol.dotted)
            if rule is None or rule.parameters.vararg is not None:
                return None
            positional, _, required = rule.parameter_names
            optional = set(positional) - set(required)
            names = list(positional[before:])
        else:
            return None
        if any(n in optional for n in names):
            return None
        return [
            gast.Subscript(
                gast.Name(value.id, gast.Load(), None, None), gast.Constant(i, None), gast.Load()
            )
            for i in range(len(names))
        ]

    def _dynamic_call(self, node: Any) -> ir.Call:
        """A call of a function that is only known when the program runs."""
        span = self.span(node)
        args = tuple(self.expr(a) for a in node.args)
        keywords = tuple((k.arg, self.expr(k.value)) for k in node.keywords)
        source = self.program.definitions.unknown(self.source, node)
        return ir.Call(
            source,
            args,
            keywords,
            self.text.slice(self.span(node.func)),
            mutates=(changed := self.may_mutate(node)),
            unsure=changed,
            span=span,
            local=self.expr(node.func),
            dynamic=True,
            fixed=self._is_made(node.func),
        )

    def _divided(self, node: Any, args: tuple[ir.Expr, ...]) -> ir.Expr:
        """``divmod(a, b)`` as the pair ``a // b, a % b``."""
        if any(
            isinstance(n, (gast.Call, gast.NamedExpr)) for n in gast.walk(node) if n is not node
        ):
            return self.opaque(
                node, "cannot differentiate `divmod` of a call", "assign its arguments before"
            )
        span = self.span(node)
        again = tuple(self.expr(a) for a in node.args)
        form = ir.Form.OPERATOR
        quotient = ir.Op("operator.floordiv", args, form=form, detail=("//",), span=span)
        rest = ir.Op("operator.mod", again, form=form, detail=("%",), span=span)
        return ir.Op("tuple", (quotient, rest), form=ir.Form.DISPLAY, span=span)

    def _is_made(self, func: Any) -> bool:
        """Whether a function is one that the text of a derivative has got for another one: what
        that reads carries no derivative."""
        return (
            self.text.path.startswith("<tangent ")
            and isinstance(func, gast.Name)
            and re.search(r"_(forward|backward|with_tangent)(_\d+)?$", func.id) is not None
        )

    def _object_call(self, node: Any) -> ir.Expr | None:
        """A call of a class, or of an object or its method, where the text tells its class."""
        func = node.func
        args = tuple(self.expr(a) for a in node.args)
        keywords = tuple((k.arg, self.expr(k.value)) for k in node.keywords)
        if isinstance(func, gast.Attribute):
            if is_super(func.value):
                return self._super_call(node, args, keywords) or self.opaque(
                    node,
                    "cannot differentiate this call of `super()`: it is not known which method"
                    " it calls",
                    "call the method of the base class by its name: `Base.method(self, ...)`",
                )
            of_class = self._call_of_class(node, args, keywords)
            if of_class is not None:
                return of_class
            cls = self.kinds.object_class(func.value)
            if cls is not None:
                receiver = self.expr(func.value)
                call = self._method_of(cls, func.attr, (receiver, *args), keywords, node)
                if call is not None:
                    return call
        kind = self.kinds.of(func)
        if kind is not None and kind.kind == "class" and kind.cls is not None:
            return self._construction(kind.cls, node, args, keywords)
        cls = self.kinds.object_class(func)
        if cls is not None:
            called = (self.expr(func), *args)
            call = self._method_of(cls, "__call__", called, keywords, node, text="()")
            if call is not None:
                return call
        return None

    def _library_call(self, node: Any, dotted: str, callee: ir.Global) -> ir.Expr:
        span = self.span(node)
        if dotted in _SEE_EVERYTHING:
            every = tuple(ir.Read(n, span) for n in sorted(self.locals))
            why = f"cannot differentiate `{callee.text}`: it may read any variable"
            return ir.Opaque(node, every, why, "write out what it does", (), span)
        source = library_source(dotted, tuple(k.arg for k in node.keywords))
        if source is not None and not self._call_mutates(node):
            return self._call_of(node, FunctionValue(source), callee.text)
        args = tuple(self.expr(a) for a in node.args)
        keywords = tuple((k.arg, self.expr(k.value)) for k in node.keywords)
        if dotted == "builtins.divmod" and len(args) == 2 and not keywords:
            return self._divided(node, args)
        container = self._container_call(dotted, args, keywords, callee, span)
        if container is not None:
            return self._expanded(container)
        written = self._call_mutates(node)
        if written:
            return self.opaque(
                node,
                f"cannot differentiate this call of `{callee.text}`:"
                f" it writes to {', '.join(f'`{n}`' for n in written)}",
                "assign its result instead",
            )
        if dotted == "tangent.field_of" and len(args) == 2 and not keywords:
            object_, name = args
            if isinstance(name, ir.Const) and isinstance(name.value, str):
                return _field(object_, name.value, span, checked=True)
        pairwise = ("builtins.min", "builtins.max", "math.hypot")
        if dotted in pairwise and len(args) > 2 and not keywords:
            # Of more than two numbers: two at a time.
            inner = args[0]
            for arg in args[1:-1]:
                pair = (inner, arg)
                inner = ir.Op(dotted, pair, form=ir.Form.CALL, function=callee, span=span)
            args = (inner, args[-1])
        if dotted == "numpy.einsum":
            args = einsum.in_pairs(args, callee, span)
        # What the function imports may mean nothing where it is called again.
        named = callee if callee.text.partition(".")[0] not in self.imported else None
        op = ir.Op(dotted, args, keywords, ir.Form.CALL, function=named, span=span)
        return self._expanded(op)

    # --- functions as values -----------------------------------------------------------------

    def _local_function(self, func: Any) -> FunctionValue | None:
        """The function that is called, if it is one of this function's own."""
        if isinstance(func, gast.Name) and func.id not in self.locals:
            return None
        return None if isinstance(func, gast.Attribute) else self.functions.value(func)

    def _call_of(self, node: Any, known: FunctionValue, text: str) -> ir.Expr:
        """A call of a function that is known: a user's, or one of a library under a name of
        the user's."""
        span = self.span(node)
        local = None
        if isinstance(node.func, gast.Name) and node.func.id in self.locals:
            local = ir.Read(node.func.id, self.span(node.func))
        first = tuple(self._atom(a, span) for a in known.args)
        if known.function is None:
            args = (*first, *(self.expr(a) for a in node.args))
            keywords = {p: self._atom(a, span) for p, a in known.taken}
            keywords.update((k.arg, self.expr(k.value)) for k in node.keywords)
            # Called by the library's name in the derivative: see `_unname`.
            return ir.Op(
                known.library, args, tuple(keywords.items()), function=ir.Read(text), span=span
            )
        if self._reports_foreign_variables(node, known, text):
            return self.opaque(node)
        known = self._spread(node, known)
        assert known.function is not None
        given = self._given(node, known)
        if given:
            special = self.program.definitions.specialised(self.source, known, given)
            known, given = (known, {}) if special is None else (special, given)
        assert known.function is not None
        arguments = known.function.node.args
        names = [a.id for a in (*arguments.posonlyargs, *arguments.args)]
        names = [*names, *(known.function.more or ())][len(first) :]
        values = [(n, a) for n, a in zip([*names, *[""] * len(node.args)], node.args)]
        args = tuple(self._argument(a, n in given) for n, a in values)
        keywords = tuple((k.arg, self._argument(k.value, k.arg in given)) for k in node.keywords)
        passed = {*(n for n, _ in values), *(k for k, _ in keywords)}
        taken = [(p, a) for p, a in (*known.taken, *known.defaults) if p not in passed]
        rest = args[len(names) :]
        star = None
        if arguments.vararg and known.function.more is None:
            star = ir.Op("tuple", rest, form=ir.Form.DISPLAY, span=span)
        return ir.Call(
            known.function,
            (*first, *args),
            keywords,
            text,
            tuple((p, self._atom(a, span)) for p, a in taken),
            span=span,
            objects=tuple((p, ir.Read(o.name, span)) for p, o in known.objects),
            given=tuple(given),
            bound=len(first),
            local=local,
            star=star,
        )

    def _spread(self, node: Any, known: FunctionValue) -> FunctionValue:
        """The function for calls of this form, if it hands its arguments on."""
        assert known.function is not None
        definitions = self.program.definitions
        if not definitions.forwards(known.function.node):
            return known
        arguments = known.function.node.args
        plain = [*arguments.posonlyargs, *arguments.args]
        names = {a.id for a in (*arguments.args, *arguments.kwonlyargs)}
        extra = max(0, len(known.args) + len(node.args) - len(plain))
        keywords = tuple(k.arg for k in node.keywords if k.arg not in names)
        own = set(scopes.parameter_names(arguments))
        if any(k in own or k in self._bound_in(known.function.node) for k in keywords):
            return known
        if not arguments.vararg:
            extra = 0
        return definitions.spread(known, extra, keywords if arguments.kwarg else ())

    def _bound_in(self, node: Any) -> list[str]:
        return [] if isinstance(node, gast.Lambda) else scopes.bound_names(node.body)

    def _given(self, node: Any, known: FunctionValue) -> dict[str, FunctionValue]:
        """The parameters of a function that a call gives a function which is known."""
        source = known.function
        assert source is not None
        used = self.program.definitions.passed_on(source.node)
        if not used:
            return {}
        arguments = source.node.args
        names = [a.id for a in (*arguments.posonlyargs, *arguments.args)]
        names += source.more or ()
        pairs = [*zip(names[len(known.args) :], node.args)]
        pairs += [(k.arg, k.value) for k in node.keywords]
        found = {n: self.functions.value(value) for n, value in pairs if n in used}
        passed = {n for n, _ in pairs} | set(names[: len(known.args)]) | dict(known.taken).keys()
        for name, default in defaults_of(source.node):
            if name in used and name not in passed:
                found[name] = self.program.definitions.default(source, default)
        return {n: value for n, value in found.items() if value is not None}

    def _argument(self, node: Any, is_function: bool) -> ir.Expr:
        if is_function and isinstance(node, gast.Name) and node.id in self.locals:
            return ir.Read(node.id, self.span(node))
        return self.expr(node)

    def _atom(self, atom: Any, span: Span) -> ir.Expr:
        if isinstance(atom, Literal):
            return ir.Const(atom.value, span)
        return ir.Read(atom.name, span)

    def _reports_foreign_variables(self, node: Any, known: FunctionValue, text: str) -> bool:
        """Whether a nested function assigns to variables outside of itself."""
        assert known.function is not None
        if known.function not in self.program.definitions.captured:
            return False
        for inner in gast.walk(known.function.node):
            if isinstance(inner, (gast.Nonlocal, gast.Global)):
                self.report(
                    inner,
                    "unsupported-nonlocal",
                    f"cannot differentiate the call of `{text}`:"
                    " it assigns to a variable outside of itself",
                    "return the new value instead",
                )
                return True
        return False

    def _method_call(
        self,
        node: Any,
        func: gast.Attribute,
        args: tuple[ir.Expr, ...],
        keywords: tuple[tuple[str, ir.Expr], ...],
    ) -> ir.Expr:
        receiver = self.expr(func.value)
        if isinstance(receiver, ir.Const):
            why = f"cannot differentiate the method `.{func.attr}` of a literal"
            return self.opaque(node, why, _HINTS["JoinedStr"])
        callee = registry.method(func.attr) or self._container_method(
            func.attr, receiver, args, keywords
        )
        if func.attr == "update" and keywords and not args and isinstance(receiver, ir.Read):
            # d.update(a=x) is d.update({"a": x}).
            pairs = tuple(e for k, v in keywords for e in (ir.Const(k), v))
            args, keywords = (ir.Op("dict", pairs, form=ir.Form.DISPLAY),), ()
            callee = "dict.update"
        if callee is None:
            return self.opaque(
                node,
                f"cannot differentiate the method `.{func.attr}`: it has no rule, and the class of"
                " the object is not known",
                "annotate the object with its class, or use a function instead",
            )
        return ir.Op(
            callee,
            (receiver, *args),
            keywords,
            ir.Form.METHOD,
            (func.attr,),
            span=self.span(node),
        )

    def _container_method(
        self,
        name: str,
        receiver: ir.Expr,
        args: tuple[ir.Expr, ...],
        keywords: tuple[tuple[str, ir.Expr], ...],
    ) -> str | None:
        """What a method of a list or dictionary does; None if it is none."""
        callee, fewest, most = CONTAINER_METHODS.get(name, ("", 0, -1))
        if keywords or not fewest <= len(args) <= most:
            return None
        if callee in IN_PLACE and not isinstance(receiver, ir.Read):
            return None
        return callee

    def _container_call(
        self,
        dotted: str,
        args: tuple[ir.Expr, ...],
        keywords: tuple[tuple[str, ir.Expr], ...],
        function: ir.Global,
        span: Span,
    ) -> ir.Expr | None:
        """A call that makes a container, as the operation it is; None if it is another."""
        if dotted == "builtins.dict" and keywords and len(args) <= 1:
            pairs = tuple(e for k, v in keywords for e in (ir.Const(k), v))
            given = ir.Op("dict", pairs, form=ir.Form.DISPLAY, span=span)
            return _chained("tangent.merged", [*args, given], span)
        if dotted == "builtins.dict" and len(args) == 1 and not keywords:
            (pairs_,) = args
            if isinstance(pairs_, ir.Op) and pairs_.callee == "builtins.zip":
                if len(pairs_.args) == 2 and not pairs_.keywords:
                    # Written as the helper: `dict` takes the pairs of `zip`.
                    return ir.Op("tangent.from_pairs", pairs_.args, span=span)
        if dotted in ("builtins.max", "builtins.min") and len(args) == 1 and not keywords:
            return ir.Op(
                dotted.replace("builtins.", "list."), args, (), function=function, span=span
            )
        return None

    # --- effects -----------------------------------------------------------------------------

    def may_mutate(self, node: Any) -> tuple[str, ...]:
        """The local variables whose object evaluating the node may change in place."""
        return tuple(n for n in self._changed(node, set()) if n in self.locals)

    def _changed(self, node: Any, own: set[str]) -> dict[str, None]:
        """The names of the objects that evaluating the node may change in place. ``own`` are
        those that comprehensions and lambdas around it give to parts of other objects."""
        names: dict[str, None] = {}
        pending = [node]
        while pending:
            for part in scopes.own_nodes([pending.pop()]):
                if isinstance(part, gast.Call):
                    names.update((n, None) for n in self._call_mutates(part, own))
                elif isinstance(part, gast.AugAssign):
                    names.update((n, None) for n in scopes.read_names(part.target))
                    if isinstance(part.target, gast.Name):
                        names[part.target.id] = None
                elif isinstance(part, (gast.Subscript, gast.Attribute)) and isinstance(
                    part.ctx, (gast.Store, gast.Del)
                ):
                    names.update((n, None) for n in scopes.read_names(part.value))
                elif isinstance(part, scopes.COMPREHENSIONS):
                    pending.extend(gast.iter_child_nodes(part))
                    targets = (n for g in part.generators for n in gast.walk(g.target))
                    own = own | set(scopes.bound_by(targets))
        if own & names.keys():
            # An element is changed, of whichever object it is.
            names.update((n, None) for n in scopes.read_names(node))
        return names

    def _call_mutates(self, call: gast.Call, own: Collection[str] = ()) -> list[str]:
        """The names of the objects that a call may change in place. ``own`` are names of a
        comprehension or lambda around it."""
        names: list[str] = []
        for keyword in call.keywords:
            if keyword.arg in effects.OUTPUT_KEYWORDS:
                names += scopes.read_names(keyword.value)
        for argument in call.args:
            if isinstance(argument, gast.Lambda):
                parameters = set(scopes.parameter_names(argument.args))
                changed = self._changed(argument.body, {*own, *parameters})
                names += changed
                if parameters & changed.keys():
                    names += scopes.read_names(call)
        func = call.func
        callee = None
        if isinstance(func, (gast.Name, gast.Attribute)):
            root = func
            while isinstance(root, gast.Attribute):
                root = root.value
            variable = isinstance(root, gast.Name) and (root.id in self.locals or root.id in own)
            if not variable:
                callee = self.expr(func)
        symbol = callee.symbol if isinstance(callee, ir.Global) else None
        if isinstance(symbol, Library):
            position = effects.MUTATING_FUNCTIONS.get(canonical(symbol.dotted))
            if symbol.dotted.endswith(".at"):
                position = 0
            rule = registry.rule_for(symbol.dotted)
            if rule is not None and rule.parameters.vararg is None:
                # More positional arguments than the function computes with: `out`.
                signature = rule.parameters
                known = len(signature.posonlyargs) + len(signature.args)
                if rule.elementwise and not symbol.dotted.startswith("builtins."):
                    names += [n for a in call.args[known:] for n in scopes.read_names(a)]
            if position is not None and position < len(call.args):
                names += scopes.read_names(call.args[position])
            return names
        arguments = [*call.args, *(k.value for k in call.keywords)]
        plain = [a.id for a in arguments if isinstance(a, gast.Name)]
        if isinstance(func, gast.Attribute):
            if func.attr not in effects.PURE_METHODS | effects.HARMLESS_METHODS:
                if symbol is None:
                    names += scopes.read_names(func.value)
                    names += plain
        else:
            # A function that is not known, or whose source was not followed here.
            names += plain
        return names


# What reads, or changes, variables that its text does not name.
_SEE_EVERYTHING = frozenset({"builtins.eval", "builtins.exec", "builtins.locals", "builtins.vars"})


# The libraries that there are rules for.
_LIBRARIES = frozenset({"math", "numpy", "scipy", "tensorflow"})
_CONSTANTS = frozenset(
    f"{library}.{name}" for library in ("math", "numpy") for name in ("pi", "e", "tau", "inf")
)


def _handler_name(handler: Any) -> str:
    name = handler.name
    return name.id if isinstance(name, gast.Name) else name


def _is_plain_subject(node: Any) -> bool:
    """Whether an expression may be evaluated several times: a name, with attributes."""
    while isinstance(node, gast.Attribute):
        node = node.value
    return isinstance(node, gast.Name)


def _is_plain_pattern(pattern: Any) -> bool:
    """Whether a pattern only compares the subject with values."""
    if isinstance(pattern, gast.MatchAs):
        return pattern.pattern is None or _is_plain_pattern(pattern.pattern)
    if isinstance(pattern, gast.MatchOr):
        return all(_is_plain_pattern(p) and not scopes.bound_names([p]) for p in pattern.patterns)
    return isinstance(pattern, (gast.MatchValue, gast.MatchSingleton))


def _zero_of(default: Any) -> str:
    """How the zero of a field with this default is written; "" if that is not known."""
    if isinstance(default, gast.Constant):
        return "0.0" if isinstance(default.value, (int, float)) else "None"
    return ""


def _field(
    base: ir.Expr, name: str, span: Span, certain: bool = False, checked: bool = False
) -> ir.Op:
    """``base.name``, a field of an object."""
    args = (base, ir.Const(ir.Attribute(name, certain, checked), span))
    return ir.Op("operator.getitem", args, form=ir.Form.SUBSCRIPT, span=span)


def _is_no_array_attribute(name: str) -> bool:
    """Whether a value with this attribute is no array, tensor or number."""
    return (
        not name.startswith("__")
        and name not in effects.ARRAY_ATTRIBUTES
        and registry.attribute(name) is None
    )


def _may_be_view(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Read) or (
        isinstance(expr, ir.Op) and expr.form in (ir.Form.SUBSCRIPT, ir.Form.ATTRIBUTE)
    )


def _as_read(target: Any) -> Any:
    """What ``x[i] *= v`` reads."""
    read = copy(target)
    read.ctx = gast.Load()
    return read


def _chained(callee: str, parts: list[ir.Expr], span: Span) -> ir.Expr:
    """The parts of a display, two at a time."""
    whole = parts[0]
    for part in parts[1:]:
        whole = ir.Op(callee, (whole, part), form=ir.Form.DISPLAY, span=span)
    if len(parts) == 1 and not (isinstance(whole, ir.Op) and whole.form is ir.Form.DISPLAY):
        # {**d} is a copy.
        copied = "builtins.dict" if callee == "tangent.merged" else "builtins.list"
        return whole if _is_list_call(whole) else ir.Op(copied, (whole,), span=span)
    return whole


def _is_list_call(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Op) and expr.callee == "builtins.list"


# Where a walrus may stand to be evaluated whenever its statement is, and once; in `and`, `or` and
# ternaries it is a matter of which part.
_WALRUS_PLACES = (
    gast.Attribute,
    gast.BinOp,
    gast.BoolOp,
    gast.Call,
    gast.Compare,
    gast.IfExp,
    gast.List,
    gast.ListComp,
    gast.NamedExpr,
    gast.Slice,
    gast.Starred,
    gast.Subscript,
    gast.Tuple,
    gast.UnaryOp,
    gast.comprehension,
    gast.keyword,
)


def _own_parts(node: Any) -> list[Any]:
    """What a statement evaluates itself, in the order of evaluation."""
    parts = [
        part
        for name, value in gast.iter_fields(node)
        if name not in ("body", "orelse", "handlers", "finalbody", "cases")
        for part in (value if isinstance(value, list) else [value])
        if isinstance(part, gast.AST)
    ]
    if isinstance(node, (gast.Assign, gast.AnnAssign, gast.For)):
        source = node.iter if isinstance(node, gast.For) else node.value
        parts = [source, *(p for p in parts if p is not source)]
    return parts


def _in_order(node: Any, around: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """The nodes of an expression with those around them, in the order of evaluation (a node
    before its operands)."""
    yield node, around
    children = list(gast.iter_child_nodes(node))
    if isinstance(node, gast.IfExp):
        children = [node.test, node.body, node.orelse]
    elif isinstance(node, (gast.ListComp, gast.GeneratorExp)):
        children = [*node.generators, node.elt]
    elif isinstance(node, gast.comprehension):
        children = [node.iter, node.target, *node.ifs]
    elif isinstance(node, gast.Compare) and len(node.ops) > 1:
        # What is compared later may not be evaluated.
        first = [node.left, node.comparators[0]]
        yield from (pair for n in first for pair in _in_order(n, (*around, node)))
        children = node.comparators[1:]
        around = (*around, None)
    for child in children:
        yield from _in_order(child, (*around, node))


def _lazy_parts(node: Any) -> list[Any]:
    """The parts of an expression that are not evaluated whenever it is."""
    return node.values[1:] if isinstance(node, gast.BoolOp) else [node.body, node.orelse]


def _has_walrus(nodes: list[Any]) -> bool:
    return any(isinstance(n, gast.NamedExpr) for node in nodes for n in gast.walk(node))


def _names(node: Any) -> set[str]:
    return {n.id for n in gast.walk(node) if isinstance(n, gast.Name)}


def _before_next_round(body: ir.Block, make: Callable[[], ir.Block]) -> None:
    """Puts statements where the body of a loop ends and before every ``continue`` of the loop."""

    def before_jumps(block: ir.Block) -> None:
        for i in range(len(block) - 1, -1, -1):
            stmt = block[i]
            if isinstance(stmt, ir.Continue):
                block[i:i] = make()
            elif isinstance(stmt, (ir.For, ir.While)):
                before_jumps(stmt.orelse)
            else:
                for inner in ir.blocks(stmt):
                    before_jumps(inner)

    before_jumps(body)
    body += make()


def _unname(body: ir.Block) -> None:
    """Functions of libraries are called by their own names, so that the name that the user
    gave them may go: such statements are printed anew."""
    for stmt in ir.statements(body):
        for expr in ir.expressions(stmt):
            for node in ir.walk(expr):
                if isinstance(node, ir.Op) and isinstance(node.function, ir.Read):
                    node.function = None
                    if not isinstance(stmt, ir.Comment | ir.InsertGrad):
                        stmt.verbatim = False


def canonical(dotted: str) -> str:
    """The public name of what the package exports, wherever in it that lives."""
    if dotted.startswith("tangent.") and dotted.count(".") > 1:
        return f"tangent.{dotted.rpartition('.')[2]}"
    return dotted


def _loop_jumps(body: list[Any]) -> list[Any]:
    """``break`` and ``continue`` statements that belong to the loop with this body."""
    found: list[Any] = []
    stack = list(reversed(body))
    while stack:
        node = stack.pop()
        if isinstance(node, (gast.Break, gast.Continue)):
            found.append(node)
        elif isinstance(node, (gast.For, gast.While, gast.AsyncFor)):
            stack.extend(reversed(node.orelse))
        elif not isinstance(
            node, (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda, gast.ClassDef)
        ) and isinstance(node, gast.AST):
            stack.extend(
                reversed([c for c in gast.iter_child_nodes(node) if not isinstance(c, gast.expr)])
            )
    return found
