"""Shadow memory: adjoints that share memory where the primal's variables do.

After ``row = x[i]`` a change of ``row`` in place is a change of ``x``. Where that matters, the
adjoints are arrays too, made in the forward pass beside the primal: a new array gets a zero
array, and a view of the array the same view of its shadow, ``brow = bx[i]``. The backward pass
then adds to them, scales them and takes from them in place, and what one variable gets the
others see. (Moses and Churavy, *Instead of rewriting foreign code for machine learning,
automatically synthesize fast gradients*, NeurIPS 2020.)

While the forward pass runs every shadow is zero. So the expression that gives the value, put to
the shadows, gives the shadow of the value whether it is a view or a copy: ``bflat = by.ravel()``.
What the text cannot tell, an array or a number, is an array without dimensions among shadows.

In forward mode the tangents are the shadows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tangent.analysis.aliasing import Aliases, Place, joins_list, makes_new_value, viewed
from tangent.analysis.mutations import stored
from tangent.analysis.numeric import Numeric
from tangent.analysis.shapes import Shapes, rank_of
from tangent.analysis.versions import Region, Value, Versions
from tangent.derivative import Role
from tangent.ir import nodes as ir
from tangent.ir.purity import IN_PLACE
from tangent.lower.desugar import has_items, indexed_loop
from tangent.source.text import Span

# Functions that certainly give a view of an array.
# What copies an array, and of a list or dictionary makes another one of the same items.
_SHALLOW = frozenset(
    {
        "builtins.dict",
        "builtins.list",
        "builtins.tuple",
        "copy.copy",
        "numpy.ndarray.copy",
    }
)
_VIEWS = frozenset(
    f"numpy.{name}"
    for name in (
        *("transpose", "ndarray.transpose", "swapaxes", "moveaxis", "expand_dims", "squeeze"),
        *("flip", "fliplr", "flipud"),
    )
)
# Functions that give a view or a copy, which shows in what they give for a shadow.
_EITHER = frozenset(
    f"numpy.{name}"
    for name in (
        *("reshape", "ndarray.reshape", "ravel", "asarray"),
        *("atleast_1d", "atleast_2d", "atleast_3d"),
    )
) | {f"tangent.{name}" for name in ("boxed", "unboxed", "next_shadow", "writable")}
# Those that give a view which NumPy lets nobody write to.
_READ_ONLY = frozenset({"numpy.diagonal", "numpy.diag"})


class CannotMirror(Exception):
    """A value shares memory in a way that a shadow cannot follow."""


@dataclass(eq=False)
class Mirror:
    """What the shadows of values are, as expressions of the shadows of variables.

    ``shared`` are the sets of places that need shadows; ``named`` gives the shadow of a
    variable; with ``boxes`` what may be a number has an array without dimensions.
    """

    body: ir.Block
    versions: Versions
    aliases: Aliases
    shapes: Shapes
    numeric: Numeric
    shared: set[Place]
    named: Callable[[str], str]
    boxes: bool = True
    # Whether a view or a copy was made of which the text does not tell which.
    uncertain: bool = field(default=False, init=False)
    # The variables of which the derivative needs the shadows.
    needed: set[str] = field(default_factory=set, init=False)
    # Whether items are stored: then what is not known is an array or a number, and no list. The
    # derivative sees to it.
    strict: bool = field(default=False, init=False)
    _arrays: set[Value] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        for stmt in ir.statements(self.body):
            if isinstance(stmt, ir.Assign):
                bound = self.versions.bound[stmt]
                for name in stored(stmt.target):
                    self.strict |= self.has(bound.get(name)) and not self.is_list(bound[name])

    def is_numeric(self, value: Value) -> bool:
        """Whether a value with a shadow is an array or a number, and no list."""
        return self.numeric.is_numeric(value) or (self.strict and not self.is_list(value))

    def new(self, expr: ir.Expr, *value: ir.Expr) -> ir.Expr:
        """New shadow memory for the value of an expression."""
        if not self.boxes:
            return ir.Op("tangent.laid_out", (*(value or (ir.Const(0.0),)), expr))
        return ir.Op("tangent.shadow" if self.strict else "tangent.shadows", (expr, *value))

    def has(self, value: Value | None) -> bool:
        """Whether a value has a shadow."""
        return value is not None and bool(self.aliases.roots(value) & self.shared)

    def reads(self, read: ir.Read) -> bool:
        """Whether the value that a read gives has a shadow."""
        return self.has(self.versions.of.get(read))

    def is_array(self, value: Value) -> bool:
        """Whether a value certainly is an array, and no number."""
        if not self.is_numeric(value):
            return False
        rank = rank_of(self.shapes.of_value(value))
        return bool(rank) or (rank is None and self._is_made_as_array(value))

    def _is_made_as_array(self, value: Value) -> bool:
        """Whether it was, or is used as what has elements."""
        seen: set[Value] = set()
        stack = [value]
        while stack:
            current = _object(stack.pop())
            if current in seen or self._is_indexed(current):
                continue
            seen.add(current)
            expr = current.expr
            if current.kind in ("head", "join", "exit") and current.inputs:
                stack.extend(current.inputs)
            elif isinstance(expr, ir.Read):
                stack.append(self.versions.of[expr])
            elif (
                isinstance(expr, ir.Op)
                and expr.form is ir.Form.OPERATOR
                and current.kind == "assign"
                and isinstance(current.stmt, ir.Assign)
                and current.stmt.augmented
                and isinstance(expr.args[0], ir.Read)
            ):
                stack.append(self.versions.of[expr.args[0]])
            elif not (isinstance(expr, ir.Op) and _gives_array(expr)):
                return False
        return True

    def _is_indexed(self, value: Value) -> bool:
        """Whether an item of a value is read or written wherever it comes from: then it is no
        number."""
        if self._arrays is None:
            found: list[Value] = []
            for stmt in ir.statements(self.body):
                region = self.versions.region_of.get(stmt)
                if region is None:
                    continue  # a statement for shadows
                for value_ in self.versions.bound.get(stmt, {}).values():
                    if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Item):
                        if value_.name == stmt.target.name and _is_sure(region, value_):
                            found.append(value_)
                for expr in ir.expressions(stmt):
                    for node in ir.walk(expr):
                        if isinstance(node, ir.Op) and _asks_array(node):
                            base = node.args[0]
                            if isinstance(base, ir.Read):
                                of = self.versions.of[base]
                                found += [of] if _is_sure(region, of) else []
            self._arrays = self._spread(found)
        return _object(value) in self._arrays

    def _spread(self, found: list[Value]) -> set[Value]:
        """Where the values come from."""
        arrays: set[Value] = set()
        while found:
            current = _object(found.pop())
            if current in arrays:
                continue
            arrays.add(current)
            if current.kind in ("head", "join", "exit"):
                found.extend(current.inputs)
            elif isinstance(current.expr, ir.Read):
                found.append(self.versions.of[current.expr])
        return arrays

    def of(self, expr: ir.Expr) -> tuple[ir.Expr, bool] | None:
        """The shadow of an expression's value, and whether the value certainly is (a view of)
        memory that has a shadow; None for a number, or memory of its own.

        Raises `CannotMirror` if that is not known.
        """
        if isinstance(expr, ir.Read):
            return (ir.Read(self.named(expr.name)), True) if self.reads(expr) else None
        if isinstance(expr, ir.Op):
            return self._operation(expr)
        if isinstance(expr, ir.Opaque) or (isinstance(expr, ir.Call) and not expr.new):
            if any(self.reads(r) for r in ir.reads(expr)):
                raise CannotMirror
        return None

    def _operation(self, op: ir.Op) -> tuple[ir.Expr, bool] | None:
        if op.callee == "operator.getitem":
            return self._item(op)
        if op.callee == "list.pop":
            found = self.of(op.args[0])
            return None if found is None else (_with_first(op, found[0]), True)
        if op.callee == "tangent.apart":
            return self.of(op.args[0])
        if op.callee == "select":
            parts = [self.of(a) for a in op.args[1:]]
            if all(part is None for part in parts):
                return None
            if any(part is None for part in parts):
                raise CannotMirror
            first, second = parts
            assert first is not None and second is not None
            args = (clone(op.args[0]), first[0], second[0])
            return ir.Op("select", args, form=op.form), first[1] and second[1]
        if op.callee in ("operator.add", "operator.mul") and any(
            joins_list(a, self.versions) for a in op.args
        ):
            return self._lists(op)
        if op.callee in _SHALLOW and isinstance(op.args[0], ir.Read) and self.reads(op.args[0]):
            if self.aliases.kinds.of(op.args[0]) is not None:
                raise CannotMirror  # a copy of a list or dictionary has the same items
        if op.callee not in ("and", "or", "tuple", "list") and makes_new_value(op):
            return None
        seen = viewed(op)
        mirrored = [(i, self.of(arg)) for i, arg in enumerate(op.args) if arg in seen]
        given = [(i, found) for i, found in mirrored if found is not None]
        if not given:
            return None
        if len(given) != 1 or op.callee not in _VIEWS | _EITHER | _READ_ONLY:
            raise CannotMirror(op.callee)
        ((position, (shadow, sure)),) = given
        self.uncertain |= op.callee not in _VIEWS
        args = tuple(shadow if i == position else clone(a) for i, a in enumerate(op.args))
        keywords = tuple((k, clone(v)) for k, v in op.keywords)
        view = ir.Op(op.callee, args, keywords, op.form, op.detail, op.function)
        if op.callee in _READ_ONLY:
            view = ir.Op("tangent.writable", (view,))
        if op.callee == "tangent.boxed" and isinstance(shadow, ir.Op):
            if shadow.callee == "tangent.boxed":
                return shadow, False
        if self.boxes and op.callee == "tangent.unboxed":
            view = ir.Op("tangent.boxed", (view,))
        return view, sure and op.callee in _VIEWS

    def _lists(self, op: ir.Op) -> tuple[ir.Expr, bool] | None:
        """``rows + [row]`` and ``[row] * n`` have the elements of their operands."""

        def part(arg: ir.Expr) -> ir.Expr:
            if isinstance(arg, ir.Op) and arg.callee in ("list", "tuple"):
                return ir.Op(arg.callee, tuple(part(a) for a in arg.args), form=arg.form)
            found = self.of(arg)
            if found is None:
                raise CannotMirror
            return found[0]

        if not any(self.reads(r) for r in ir.reads(op)):
            return None
        args = tuple(part(a) if joins_list(a, self.versions) else clone(a) for a in op.args)
        return ir.Op(op.callee, args, form=op.form, detail=op.detail), True

    def _item(self, op: ir.Op) -> tuple[ir.Expr, bool] | None:
        base, index = op.args
        found = self.of(base)
        if found is None:
            return None
        shadow, sure = found
        parts = index.args if isinstance(index, ir.Op) and index.callee == "tuple" else (index,)
        integers = all(self.shapes.is_integer(p) for p in parts)
        rank = rank_of(self.shapes.of(base))
        if integers and rank == len(parts):
            return None
        item = ir.Op("operator.getitem", (shadow, clone(index)), form=ir.Form.SUBSCRIPT)
        sliced = any(isinstance(p, ir.Op) and p.callee == "slice" for p in parts)
        plain = all(
            self.shapes.is_integer(p)
            or (isinstance(p, ir.Op) and p.callee == "slice")
            or (isinstance(p, ir.Const) and (p.value is None or p.value is Ellipsis))
            for p in parts
        )
        if plain and (sliced or (rank is not None and rank > len(parts))):
            return item, sure
        if isinstance(base, ir.Read) and self.is_list(self.versions.of[base]):
            return item, sure
        self.uncertain = True
        return (ir.Op("tangent.boxed", (item,)) if self.boxes else item), False

    def is_list(self, value: Value) -> bool:
        """Whether a value certainly is a list or tuple that is written out here."""
        seen: set[Value] = set()
        stack = [value]
        while stack:
            current = stack.pop()
            if current in seen:
                continue
            seen.add(current)
            if current.kind == "mutated":
                stack.append(current.inputs[0])
            elif current.kind in ("head", "join", "exit"):
                stack.extend(current.inputs)
            elif isinstance(current.expr, ir.Read):
                stack.append(self.versions.of[current.expr])
            elif not _is_display(current.expr):
                return False
        return True


def _gives_array(op: ir.Op) -> bool:
    """Whether the value of an operation certainly has elements."""
    if op.callee == "operator.getitem":
        index = op.args[1]
        parts = index.args if isinstance(index, ir.Op) and index.callee == "tuple" else (index,)
        return any(isinstance(p, ir.Op) and p.callee == "slice" for p in parts)
    return op.callee in _CREATED


_CREATED = frozenset(
    f"numpy.{name}"
    for name in (
        *("zeros", "ones", "empty", "full", "eye", "outer", "array"),
        *("zeros_like", "ones_like", "empty_like", "full_like"),
    )
)


def _asks_array(op: ir.Op) -> bool:
    """Whether an operation can be done with arrays and lists, and with no number."""
    if op.form is ir.Form.ATTRIBUTE:
        return False  # numbers of NumPy have them too
    return op.form is ir.Form.SUBSCRIPT or op.callee == "builtins.len"


def _is_sure(region: Region, value: Value) -> bool:
    """Whether a place is come to wherever the value was made before, unless a loop is empty."""
    inner: Region | None = region
    start = _object(value).region
    while inner is not None and not start.within(inner):
        if not inner.loop or not isinstance(inner.stmt, ir.For):
            return isinstance(inner.stmt, ir.With)
        inner = inner.parent
    return True


def _object(value: Value) -> Value:
    """The value that a chain of in-place changes started from."""
    while value.kind == "mutated" and value.inputs:
        value = value.inputs[0]
    return value


def _is_display(expr: ir.Expr | None) -> bool:
    return isinstance(expr, ir.Op) and expr.callee in ("tuple", "list")


def _with_first(op: ir.Op, first: ir.Expr) -> ir.Op:
    others = tuple(clone(a) for a in op.args[1:])
    return ir.Op(op.callee, (first, *others), (), op.form, op.detail, op.function)


def clone(expr: ir.Expr) -> ir.Expr:
    """The same expression, to be evaluated once more.

    Raises `CannotMirror` for one that can only be evaluated once.
    """
    if isinstance(expr, ir.Const):
        return ir.Const(expr.value, expr.span)
    if isinstance(expr, ir.Read):
        return ir.Read(expr.name, expr.span)
    if isinstance(expr, ir.Global):
        return ir.Global(expr.text, expr.symbol, expr.span)
    if isinstance(expr, ir.Op) and expr.callee != "list.pop":
        args = tuple(clone(a) for a in expr.args)
        keywords = tuple((k, clone(v)) for k, v in expr.keywords)
        return ir.Op(expr.callee, args, keywords, expr.form, expr.detail, expr.function, expr.span)
    raise CannotMirror


# --- simple statements ---------------------------------------------------------------------------


def simple_statements(body: ir.Block, mirror: Mirror, fresh: Callable[[str], str]) -> ir.Block:
    """The body with statements that bind shared memory one at a time, where their shadows can
    stand beside them: elements of lists have names, loops over arrays run over positions."""

    def block(stmts: ir.Block) -> ir.Block:
        return [new for stmt in stmts for new in statement(stmt)]

    def named(expr: ir.Expr, base: str, stmt: ir.Stmt, before: ir.Block) -> ir.Expr:
        if isinstance(expr, (ir.Read, ir.Const)):
            return expr
        name = fresh(base)
        before.append(ir.Assign(ir.Name(name), expr, span=stmt.span))
        return ir.Read(name, expr.span)

    def display(expr: ir.Expr, base: str, stmt: ir.Stmt, before: ir.Block) -> ir.Expr:
        assert isinstance(expr, ir.Op)
        parts = tuple(named(a, base, stmt, before) for a in expr.args)
        if all(a is b for a, b in zip(parts, expr.args)):
            return expr
        return ir.Op(expr.callee, parts, form=expr.form, span=expr.span)

    def statement(stmt: ir.Stmt) -> ir.Block:
        before: ir.Block = []
        bound = mirror.versions.bound.get(stmt, {})
        if isinstance(stmt, ir.For) and any(
            mirror.has(bound.get(n)) for n in ir.bound_names(stmt.target)
        ):
            if not has_items(stmt.iter):
                raise CannotMirror
            for inner in ir.statements(stmt.body):
                for expr in ir.expressions(inner):
                    if any(
                        isinstance(n, ir.Op) and n.callee in ("list.append", "list.pop")
                        for n in ir.walk(expr)
                    ):
                        raise CannotMirror  # what is looped over may become longer
            loop = indexed_loop(stmt, before, fresh, always=True)
            return [*before, ir.with_blocks(loop, [block(loop.body), loop.orelse])]
        inner = ir.blocks(stmt)
        if inner:
            return [ir.with_blocks(stmt, [block(b) for b in inner])]
        if isinstance(stmt, ir.Evaluate) and isinstance(stmt.value, ir.Op):
            op = stmt.value
            if op.callee == "list.append" and mirror.of(op.args[0]) is not None:
                item = named(op.args[1], "item", stmt, before)
                if before:
                    op = ir.Op(op.callee, (op.args[0], item), (), op.form, op.detail)
                    stmt = ir.Evaluate(op, stmt.span, stmt.role)
        elif isinstance(stmt, ir.Assign) and not stmt.display and not stmt.augmented:
            target, value = stmt.target, stmt.value
            if not any(mirror.has(bound.get(n)) for n in ir.bound_names(target)):
                return [stmt]
            if isinstance(target, ir.Unpack):
                if not _is_display(value) or len(value.args) != len(target.targets):  # type: ignore[union-attr]
                    return unpacked(stmt, target)
                assert isinstance(value, ir.Op)
                parts = tuple(
                    named(a, "value", stmt, before)
                    if isinstance(t, ir.Name) and mirror.has(bound.get(t.name)) and new(a)
                    else a
                    for t, a in zip(target.targets, value.args)
                )
                if before:
                    value = ir.Op(value.callee, parts, form=value.form, span=value.span)
                    stmt = ir.Assign(target, value, span=stmt.span)
            elif _is_display(value):
                value = display(value, "item", stmt, before)
                if before:
                    stmt = ir.Assign(target, value, span=stmt.span)
        return [*before, stmt]

    def new(expr: ir.Expr) -> bool:
        return mirror.of(expr) is None

    def unpacked(stmt: ir.Assign, target: ir.Unpack) -> ir.Block:
        before: ir.Block = []
        base = named(stmt.value, "items", stmt, before)
        assert isinstance(base, ir.Read)
        if base.name in ir.bound_names(target):
            name = fresh("items")
            before.append(ir.Assign(ir.Name(name), base, span=stmt.span))
            base = ir.Read(name)
        for i, part in enumerate(target.targets):
            item = ir.Op(
                "operator.getitem",
                (ir.Read(base.name), ir.Const(i)),
                form=ir.Form.SUBSCRIPT,
                span=stmt.span,
            )
            before.append(ir.Assign(part, item, span=stmt.span))
        return before

    return block(body)


# --- shadows in the forward pass -----------------------------------------------------------------


class Shadows:
    """The shadows of a function's variables, as variables of its forward pass."""

    def __init__(self, mirror: Mirror, body: ir.Block, needed: set[str], span: Span | None):
        self._span = span  # of the header: arguments have their shadows from there
        self.needed = needed
        self._mirror = mirror
        # How the value of a variable came about: "same" memory, "either" a view or a copy,
        # "new", or a "display"; and the statement that makes the shadow.
        self.kinds: dict[tuple[ir.Stmt, str], str] = {}
        self._made: dict[tuple[ir.Stmt | None, str], ir.Stmt] = {}
        self._versions: Versions | None = None
        self._of: dict[Value, Value | None] = {}
        self._certain: set[tuple[ir.Stmt, str]] = set()
        opening = [
            self._make(None, name, self._shadow(ir.Read(name)), None)
            for name, value in mirror.versions.params.items()
            if self._has(name, value)
        ]
        self.body = [*opening, *self._block(body)]

    @property
    def names(self) -> set[str]:
        """The names of the shadows."""
        return {self._mirror.named(name) for name in self.needed}

    def _has(self, name: str, value: Value) -> bool:
        return name in self.needed and self._mirror.has(value)

    def _shadow(self, expr: ir.Expr) -> ir.Expr:
        return self._mirror.new(expr)

    def _make(
        self, stmt: ir.Stmt | None, name: str, shadow: ir.Expr, kind: str | None
    ) -> ir.Assign:
        span = self._span if stmt is None else stmt.span
        made = ir.Assign(ir.Name(self._mirror.named(name)), shadow, span=span, role=Role.RECORD)
        self._made[stmt, name] = made
        if stmt is not None and kind is not None:
            self.kinds[stmt, name] = kind
        return made

    def _block(self, block: ir.Block) -> ir.Block:
        return [new for stmt in block for new in self._statement(stmt)]

    def _statement(self, stmt: ir.Stmt) -> ir.Block:
        inner = ir.blocks(stmt)
        if inner:
            for name, value in self._mirror.versions.bound.get(stmt, {}).items():
                if value.kind != "mutated" and self._has(name, value):
                    raise CannotMirror
            for i, nested in enumerate(inner):
                nested[:] = self._block(list(nested)) if i < len(inner) else nested
            return [stmt]
        bound = self._mirror.versions.bound.get(stmt, {})
        refuse_changes(stmt, self._mirror)
        if isinstance(stmt, ir.Assign):
            for name in stored(stmt.target):
                if self._mirror.has(bound.get(name)) and self._mirror.is_list(bound[name]):
                    raise CannotMirror  # another object is put into a list
        if isinstance(stmt, ir.Evaluate):
            return [stmt, *self._appended(stmt)]
        if isinstance(stmt, ir.Assign):
            if isinstance(stmt.target, ir.Name):
                return self._named(stmt, stmt.target.name, bound)
            if isinstance(stmt.target, ir.Unpack):
                return self._unpacked(stmt, stmt.target, bound)
            return [stmt]
        if any(v.kind != "mutated" and self._has(n, v) for n, v in bound.items()):
            raise CannotMirror
        return [stmt]

    def _appended(self, stmt: ir.Evaluate) -> ir.Block:
        op = stmt.value
        if not isinstance(op, ir.Op) or op.callee != "list.append":
            return []
        base, item = op.args
        if not isinstance(base, ir.Read) or not self._has(
            base.name, self._mirror.versions.of[base]
        ):
            return []
        found = self._mirror.of(item)
        before: ir.Block = []
        if found is None:
            name = f"{base.name}_item"
            self.needed.add(name)
            before.append(self._make(stmt, name, self._shadow(clone(item)), "new"))
            part: ir.Expr = ir.Read(self._mirror.named(name))
        else:
            part = found[0]
        shadow = ir.Read(self._mirror.named(base.name))
        push = ir.Op("list.append", (shadow, part), form=ir.Form.METHOD, detail=("append",))
        return [*before, ir.Evaluate(push, stmt.span, Role.RECORD)]

    def _named(self, stmt: ir.Assign, name: str, bound: dict[str, Value]) -> ir.Block:
        value = bound[name]
        if not self._has(name, value) or stmt.display:
            return [stmt]
        if stmt.augmented:
            if self._mirror.is_array(value):
                self._certain.add((stmt, name))
                return [stmt]
            if not self._mirror.is_numeric(value):
                raise CannotMirror
            old = ir.Read(self._mirror.named(name))
            kept = ir.Op("tangent.next_shadow", (old, ir.Read(name)))
            return [stmt, self._make(stmt, name, kept, "either")]
        if _is_display(stmt.value):
            assert isinstance(stmt.value, ir.Op)
            parts = tuple(
                found[0] if (found := self._mirror.of(a)) is not None else self._shadow(clone(a))
                for a in stmt.value.args
            )
            display = ir.Op(stmt.value.callee, parts, form=ir.Form.DISPLAY)
            return [self._make(stmt, name, display, "display"), stmt]
        found = self._mirror.of(stmt.value)
        if found is None:
            certain = self._mirror.is_array(value) and self._mirror.numeric.is_numeric(value)
            read = ir.Read(name)
            made = ir.Op("tangent.zeros_like", (read,)) if certain else self._shadow(read)
            return [stmt, self._make(stmt, name, made, "new")]
        shadow, sure = found
        return [self._make(stmt, name, shadow, "same" if sure else "either"), stmt]

    def _unpacked(self, stmt: ir.Assign, target: ir.Unpack, bound: dict[str, Value]) -> ir.Block:
        parts = [
            (part, stmt.value.args[i] if _is_display(stmt.value) else None)  # type: ignore[union-attr]
            for i, part in enumerate(target.targets)
        ]
        names: list[ir.Name] = []
        shadows: list[ir.Expr] = []
        for part, value in parts:
            held = [n for n in ir.bound_names(part) if self._has(n, bound[n])]
            if not held:
                continue
            if not isinstance(part, ir.Name) or value is None or stmt.display:
                raise CannotMirror
            found = self._mirror.of(value)
            shadow, kind = (self._shadow(clone(value)), "new")
            if found is not None:
                shadow, kind = found[0], "same" if found[1] else "either"
            names.append(ir.Name(self._mirror.named(part.name)))
            shadows.append(shadow)
            self.kinds[stmt, part.name] = kind
        if not names:
            return [stmt]
        whole: ir.Target = names[0] if len(names) == 1 else ir.Unpack(tuple(names))
        values = (
            shadows[0] if len(names) == 1 else ir.Op("tuple", tuple(shadows), form=ir.Form.DISPLAY)
        )
        made = ir.Assign(whole, values, span=stmt.span, role=Role.RECORD)
        for (part, _), _ in zip(parts, parts):
            if isinstance(part, ir.Name) and (stmt, part.name) in self.kinds:
                self._made[stmt, part.name] = made
        return [made, stmt]

    # --- questions, once the versions of the body with shadows are known -----------------------

    def settle(self, mirror: Mirror) -> None:
        """Says which values the variables of the body have, shadows among them."""
        self._mirror = mirror
        self._versions = mirror.versions
        self._of = {}

    def of(self, value: Value | None) -> Value | None:
        """The shadow of a value: what the variable for it holds in the forward pass."""
        if value is None or value.name not in self.needed:
            return None
        if value not in self._of:
            self._of[value] = None
            self._of[value] = self._find(value)
        return self._of[value]

    def _find(self, value: Value) -> Value | None:
        assert self._versions is not None
        versions, name = self._versions, self._mirror.named(value.name)
        if value.kind == "mutated":
            return self.of(value.inputs[0])
        if value.kind == "param":
            made = self._made.get((None, value.name))
            return None if made is None else versions.bound[made][name]
        if value.kind == "assign" and value.stmt is not None:
            made = self._made.get((value.stmt, value.name))
            if made is not None:
                return versions.bound[made][name]
            if (value.stmt, value.name) in self._certain:
                # `x += v`: the array is the same.
                assert isinstance(value.expr, ir.Op) and isinstance(value.expr.args[0], ir.Read)
                return self.of(versions.of[value.expr.args[0]])
            return None
        table = {"head": versions.heads, "exit": versions.joins, "join": versions.joins}
        if value.kind in table and value.stmt is not None:
            own = table[value.kind].get(value.stmt, {}).get(name)
            if own is not None:
                return own if any(self.of(v) is not None for v in value.inputs) else None
            found = (self.of(v) for v in value.inputs)
            return next((f for f in found if f is not None), None)
        return None

    def appended(self, stmt: ir.Stmt, base: str) -> Value | None:
        """The shadow that was appended to a list for a value that had none."""
        made = self._made.get((stmt, f"{base}_item"))
        if made is None or self._versions is None:
            return None
        return self._versions.bound[made][self._mirror.named(f"{base}_item")]

    def is_list(self, value: Value) -> bool:
        """Whether a value certainly is a list or tuple that is written out."""
        return self._mirror.is_list(value)

    def is_numeric(self, value: Value) -> bool:
        """Whether a value with a shadow is an array or a number, and no list."""
        return self._mirror.is_numeric(value)

    def is_certain(self, value: Value) -> bool:
        """Whether a value certainly is an array, no number and no list."""
        return self._mirror.is_array(value)


def needed_variables(
    body: ir.Block, mirror: Mirror, is_active: Callable[[Value], bool]
) -> set[str]:
    """The variables whose shadows a derivative needs: those that carry one, and those whose
    memory they share."""
    versions = mirror.versions
    needed = {v.name for v in versions.values if is_active(v) and mirror.has(v)}
    sources: dict[str, set[str]] = {}
    for stmt in ir.statements(body):
        if isinstance(stmt, ir.Assign):
            reads = {r.name for r in ir.reads(stmt.value) if mirror.reads(r)}
            for name in ir.bound_names(stmt.target):
                sources.setdefault(name, set()).update(reads)
        elif isinstance(stmt, ir.Evaluate) and isinstance(stmt.value, ir.Op):
            if stmt.value.callee == "list.append" and isinstance(stmt.value.args[0], ir.Read):
                reads = {r.name for r in ir.reads(stmt.value.args[1]) if mirror.reads(r)}
                sources.setdefault(stmt.value.args[0].name, set()).update(reads)
    stack = list(needed)
    while stack:
        for name in sources.get(stack.pop(), ()):
            if name not in needed:
                needed.add(name)
                stack.append(name)
    return needed


def refuse_changes(stmt: ir.Stmt, mirror: Mirror) -> None:
    """Raises `CannotMirror` for a change of a list or dictionary that its shadow cannot follow,
    and for fields of objects."""
    target = stmt.target if isinstance(stmt, ir.Assign) else None
    if isinstance(target, ir.Item) and ir.attribute_of(target.index) is not None:
        value = mirror.versions.bound.get(stmt, {}).get(target.name)
        if value is not None and mirror.has(value):
            raise CannotMirror
    for expr in ir.expressions(stmt):
        for node in ir.walk(expr):
            if isinstance(node, ir.Op) and node.callee == "operator.getitem":
                if ir.attribute_of(node.args[1]) is not None and any(
                    mirror.reads(r) for r in ir.reads(node.args[0])
                ):
                    raise CannotMirror
            if isinstance(node, ir.Op) and node.callee in IN_PLACE:
                base = node.args[0]
                if node.callee not in ("list.append", "list.pop", "tangent.add_at"):
                    if any(mirror.reads(r) for r in ir.reads(base)):
                        raise CannotMirror(node.callee)


def check_mirrored(body: ir.Block, mirror: Mirror, needed: set[str]) -> None:
    """Raises `CannotMirror` for a function whose tangents cannot share memory as it does."""
    for stmt in ir.statements(body):
        bound = mirror.versions.bound.get(stmt, {})
        refuse_changes(stmt, mirror)
        names = [n for n, v in bound.items() if v.kind != "mutated" and n in needed]
        names = [n for n in names if mirror.has(bound[n])]
        if not names:
            continue
        if not isinstance(stmt, ir.Assign):
            raise CannotMirror
        if stmt.display or isinstance(stmt.target, ir.Unpack):
            continue
        if stmt.augmented and not mirror.is_numeric(bound[names[0]]):
            raise CannotMirror
        if not stmt.augmented and not _is_display(stmt.value):
            mirror.of(stmt.value)
