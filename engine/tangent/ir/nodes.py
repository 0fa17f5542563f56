"""The IR: statements with nested blocks, over expression trees.

It stays close to the text on purpose: a statement of the primal is one statement of the IR,
so that a derivative keeps the shape of the code it comes from. Variables are names. An
expression node stands for one evaluation and is compared by identity; what an analysis finds
out about a node is kept in the analysis' own result, never on the node.

`Primal` is the one construct that no source text has: in a backward pass it stands for *the
value that this primal expression had*. `tangent.transform.records` replaces every `Primal`
by a name that still holds the value, by a cheap expression, or by a kept value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from tangent.derivative import Role
from tangent.resolve.symbols import FunctionSource, Symbol
from tangent.source.text import Span

# --- expressions ---------------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class Const:
    """A literal: number, string, None, True, ..."""

    value: Any
    span: Span | None = None


class Attribute(str):
    """As the index of an item, in a constant: the name of a field. ``p.x`` is an item of an
    object as ``p[0]`` is one of a tuple. It is `certain` that it is a field (and no property)
    where the class is known; a `checked` one is read by a helper that makes sure."""

    __slots__ = ("certain", "checked")

    def __new__(cls, name: str, certain: bool = False, checked: bool = False) -> Attribute:
        self = super().__new__(cls, name)
        self.certain, self.checked = certain, checked
        return self


@dataclass(eq=False, slots=True)
class Read:
    """The value of a local variable at this point."""

    name: str
    span: Span | None = None


@dataclass(eq=False, slots=True)
class Global:
    """A name (with attributes: ``np.pi``) that is no local variable."""

    text: str
    symbol: Symbol | None = None
    span: Span | None = None


class Form(str, Enum):
    """How an operation is written."""

    CALL = "call"  # np.tanh(x)
    METHOD = "method"  # x.sum(axis=0): the receiver is the first argument
    ATTRIBUTE = "attribute"  # x.T
    OPERATOR = "operator"  # x + y, -x, not x, x < y
    SUBSCRIPT = "subscript"  # x[i]
    DISPLAY = "display"  # (a, b), [a, b], {k: a}, i:j:k
    PART = "part"  # x[i][j] = v, x[i].append(v): a change of a part of the first argument
    SAME = "same"  # as its operand, of which something else is meant: a dict, for its keys


@dataclass(eq=False, slots=True)
class Op:
    """An operation whose callee is known by its dotted name.

    Operators are ``operator.add`` and so on; displays are ``tuple``, ``list``, ``slice``, and
    ``dict``, whose arguments are keys and values in turn;
    ``select`` is a ternary, ``and``/``or`` are lazy; comparisons are ``compare``, with the
    Python operators in ``detail``.
    """

    callee: str
    args: tuple[Expr, ...]
    keywords: tuple[tuple[str, Expr], ...] = ()
    form: Form = Form.CALL
    detail: tuple[str, ...] = ()  # method name; comparison operators
    function: Expr | None = None  # what is called, as the primal writes it
    span: Span | None = None
    # What `walk` gives, once it was asked: the operands of a node never change.
    below: list[Expr] | None = field(default=None, init=False, repr=False)


@dataclass(eq=False, slots=True)
class Call:
    """A call of a user function whose source can be differentiated.

    ``captured`` are variables of the caller (or literals) that the function takes beside the
    arguments that are written, passed on by name to its derivative. ``objects`` are functions
    of the caller that it mentions: ``args`` and ``keywords`` for the parameters ``given`` are
    functions too. They are passed on as they are, and carry no derivative themselves. The
    first ``bound`` arguments are not written here, but fixed by a partial. ``local`` is the
    variable that holds the function, if it is one; ``star`` the arguments for ``*args``.

    A ``dynamic`` call is one of a function that is only known when the program runs: ``local``
    is the expression for it, and ``function`` nothing but a signature.
    """

    function: FunctionSource
    args: tuple[Expr, ...]
    keywords: tuple[tuple[str, Expr], ...] = ()
    text: str = ""
    captured: tuple[tuple[str, Expr], ...] = ()
    mutates: tuple[str, ...] = ()  # variables of the caller that it may change in place
    unsure: tuple[str, ...] = ()  # those of them that only an unknown function may change
    span: Span | None = None
    new: bool = False  # its result certainly shares no memory with an argument
    objects: tuple[tuple[str, Read], ...] = ()
    given: tuple[str, ...] = ()
    bound: int = 0
    local: Expr | None = None
    dynamic: bool = False
    fixed: bool = False  # a dynamic call of what derivative code has made: it reads nothing else
    remembers: str = ""  # a parameter whose default it changes
    star: Op | None = None
    # How it is written: the method of its first argument (``text`` is its name, "()" for the
    # object itself), a property or an operator of it (``text`` is "operator.add" and so on).
    form: Form = Form.CALL

    def with_operands(self, args: tuple[Expr, ...], keywords: tuple[tuple[str, Expr], ...]) -> Call:
        """The same call with other arguments."""
        return replace(self, args=args, keywords=keywords)


@dataclass(eq=False, slots=True)
class Opaque:
    """Any other expression, kept as text. ``reads`` are the local variables in it; ``why`` is
    what to say if a derivative would have to pass through it."""

    node: Any
    reads: tuple[Read, ...]
    why: str
    hint: str = ""
    mutates: tuple[str, ...] = ()
    span: Span | None = None


@dataclass(eq=False, slots=True)
class Primal:
    """In a backward pass: the value that a primal expression had."""

    node: Expr
    span: Span | None = None


@dataclass(eq=False, slots=True)
class Version:
    """In a backward pass: the value that a version of a variable had (see
    `tangent.analysis.versions`)."""

    value: Any
    span: Span | None = None


Expr = Const | Read | Global | Op | Call | Opaque | Primal | Version


def attribute_of(index: Expr) -> Attribute | None:
    """The name of the field that an index stands for; None for any other index."""
    if isinstance(index, Primal):
        index = index.node
    if isinstance(index, Const) and isinstance(index.value, Attribute):
        return index.value
    return None


def fields(op: Op) -> list[tuple[str, Expr]]:
    """The fields that an ``object`` operation is given, by name; ``detail`` has the names of the
    positional ones, and after them those of fields left at their default with their zero."""
    return [*zip(op.detail, op.args), *op.keywords]


def children(expr: Expr) -> tuple[Expr, ...]:
    """The direct subexpressions, in evaluation order."""
    kind = type(expr)
    if kind is Op:
        return expr.args + tuple(v for _, v in expr.keywords) if expr.keywords else expr.args  # type: ignore[union-attr]
    if kind is Call:
        pairs = (*expr.keywords, *expr.captured, *expr.objects)  # type: ignore[union-attr]
        local = () if expr.local is None else (expr.local,)  # type: ignore[union-attr]
        return (*local, *expr.args, *(v for _, v in pairs))  # type: ignore[union-attr]
    if kind is Opaque:
        return expr.reads  # type: ignore[union-attr]
    return ()


def walk(expr: Expr) -> list[Expr]:
    """The expression and everything below it, operands first. Not to be changed."""
    if type(expr) is not Op:
        return [*(node for child in children(expr) for node in walk(child)), expr]
    if expr.below is None:
        expr.below = [node for child in children(expr) for node in walk(child)]
        expr.below.append(expr)
    return expr.below


def reads(expr: Expr) -> Iterator[Read]:
    """The variables an expression reads."""
    for node in walk(expr):
        if isinstance(node, Read):
            yield node


def passed_on(call: Call) -> Iterator[tuple[str, Expr]]:
    """What a call passes to the derivative of its function beside what is written: anew."""
    for name, value in (*call.captured, *call.objects):
        yield name, Const(value.value) if isinstance(value, Const) else replace(value)


def rebuild(expr: Expr, replaced: Callable[[Expr], Expr | None]) -> Expr:
    """The expression with every node for which ``replaced`` gives one replaced; what contains
    no replacement is the same object as before."""
    new = replaced(expr)
    if new is not None:
        return new
    if isinstance(expr, (Op, Call)):
        args = tuple(rebuild(a, replaced) for a in expr.args)
        keywords = tuple((k, rebuild(v, replaced)) for k, v in expr.keywords)
        same = all(a is b for a, b in zip(args, expr.args)) and all(
            a is b for (_, a), (_, b) in zip(keywords, expr.keywords)
        )
        if same:
            return expr
        if isinstance(expr, Op):
            return Op(expr.callee, args, keywords, expr.form, expr.detail, expr.function, expr.span)
        return expr.with_operands(args, keywords)
    return expr


# --- targets ---------------------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class Name:
    """Binds a variable."""

    name: str
    span: Span | None = None


@dataclass(eq=False, slots=True)
class Item:
    """Writes ``base[index]`` (or ``base.index``, see `Attribute`) in place; ``base`` is a
    variable. With ``each``, an element that an augmented assignment names twice changes twice,
    as with ``np.add.at``."""

    name: str
    index: Expr
    span: Span | None = None
    each: bool = False


@dataclass(eq=False, slots=True)
class Unpack:
    """``a, b = ...``"""

    targets: tuple[Target, ...]
    span: Span | None = None


@dataclass(eq=False, slots=True)
class OtherTarget:
    """An attribute, a starred name, an item of something that is no variable: text."""

    node: Any
    reads: tuple[Read, ...]
    mutates: tuple[str, ...]
    why: str
    binds: tuple[str, ...] = ()
    span: Span | None = None


Target = Name | Item | Unpack | OtherTarget


def bound_names(target: Target) -> Iterator[str]:
    """The variables that an assignment to the target binds anew."""
    if isinstance(target, Name):
        yield target.name
    elif isinstance(target, Unpack):
        for part in target.targets:
            yield from bound_names(part)
    elif isinstance(target, OtherTarget):
        yield from target.binds


def only_names(target: Target) -> bool:
    """Whether a target binds variables and nothing else, however nested."""
    if isinstance(target, Unpack):
        return all(only_names(part) for part in target.targets)
    return isinstance(target, Name)


# --- statements --------------------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class Assign:
    """``target = value``. For ``x += v`` the value is ``x + v`` and ``augmented`` is true:
    arrays change in place then. ``display`` is the text to quote for it (a ``return``)."""

    target: Target
    value: Expr
    augmented: bool = False
    span: Span | None = None
    role: Role = Role.PRIMAL
    verbatim: bool = False
    display: str = ""


@dataclass(eq=False, slots=True)
class Evaluate:
    """An expression for its effect."""

    value: Expr
    span: Span | None = None
    role: Role = Role.PRIMAL
    verbatim: bool = False


@dataclass(eq=False, slots=True)
class If:
    cond: Expr
    body: Block
    orelse: Block
    span: Span | None = None  # of the header
    role: Role = Role.PRIMAL
    verbatim: bool = False


@dataclass(eq=False, slots=True)
class For:
    target: Target
    iter: Expr
    body: Block
    orelse: Block = field(default_factory=list)
    span: Span | None = None  # of the header
    role: Role = Role.PRIMAL
    verbatim: bool = False


@dataclass(eq=False, slots=True)
class While:
    cond: Expr
    body: Block
    span: Span | None = None
    role: Role = Role.PRIMAL
    verbatim: bool = False
    orelse: Block = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Break:
    """Leaves the loop. After `tangent.lower.single_exit` it stands at the end of a path through
    the body, and what follows the branch it stands in still runs before the loop is left:
    passes may add to the end of a body and need not know of jumps. `tangent.simplify.jumps`
    puts such a thing before the jump."""

    span: Span | None = None
    role: Role = Role.PRIMAL
    verbatim: bool = False


@dataclass(eq=False, slots=True)
class Continue:
    """Ends an iteration; placed as `Break` is, so that it says nothing that is not so anyway,
    and only keeps the form of the text."""

    span: Span | None = None
    role: Role = Role.PRIMAL
    verbatim: bool = False


@dataclass(eq=False, slots=True)
class With:
    """Any other context manager; its header is kept as text. ``reenter`` tells that the context
    is one for calculating in, which holds for the backward lines too."""

    node: Any  # list of gast withitems
    reads: tuple[Read, ...]
    binds: tuple[str, ...]
    body: Block
    span: Span | None = None
    role: Role = Role.PRIMAL
    verbatim: bool = False
    reenter: bool = False


@dataclass(eq=False, slots=True)
class Arm:
    """One of the ways on: ``except E as e:`` or ``case pattern if guard:``, the header as text."""

    node: Any  # gast ExceptHandler or match_case
    reads: tuple[Read, ...]
    binds: tuple[str, ...]
    body: Block
    span: Span | None = None  # of the header
    header: str = ""  # if it is not in the text


@dataclass(eq=False, slots=True)
class Try:
    """``try``: the body and ``orelse``, or the arm of a handler; then ``final``. ``path`` is a
    variable that tells which it was (see `tangent.lower.single_exit`)."""

    body: Block
    arms: tuple[Arm, ...]
    orelse: Block
    final: Block
    span: Span | None = None
    role: Role = Role.PRIMAL
    verbatim: bool = False
    path: str = ""


@dataclass(eq=False, slots=True)
class Match:
    """``match``: at most one of the arms; ``path`` tells which."""

    subject: Expr
    arms: tuple[Arm, ...]
    span: Span | None = None
    role: Role = Role.PRIMAL
    verbatim: bool = False
    path: str = ""


@dataclass(eq=False, slots=True)
class InsertGrad:
    """``with insert_grad_of(variable) as name:`` and the user's lines in it."""

    variable: Read
    name: str
    body: list[Any]  # gast statements
    reads: tuple[Read, ...]  # of primal variables, in the body
    assigns: tuple[str, ...]  # names the body binds, other than `name`
    span: Span | None = None
    role: Role = Role.INSERTED


@dataclass(eq=False, slots=True)
class Return:
    value: Expr | None
    span: Span | None = None
    role: Role = Role.RETURN
    verbatim: bool = False


@dataclass(eq=False, slots=True)
class Verbatim:
    """A statement kept as text: it binds and reads variables but carries no derivative."""

    node: Any
    reads: tuple[Read, ...]
    binds: tuple[str, ...]
    mutates: tuple[str, ...]
    why: str = ""
    span: Span | None = None
    role: Role = Role.PRIMAL
    renames: dict[str, str] = field(default_factory=dict)
    verbatim: bool = False


@dataclass(eq=False, slots=True)
class Comment:
    """A comment line of the derivative (the text after ``# ``); an empty one is a blank line."""

    text: str
    span: Span | None = None
    role: Role = Role.PRIMAL


Stmt = (
    Assign
    | Evaluate
    | If
    | For
    | While
    | Break
    | Continue
    | With
    | Try
    | Match
    | InsertGrad
    | Return
    | Verbatim
    | Comment
)
Block = list[Stmt]


def blocks(stmt: Stmt) -> tuple[Block, ...]:
    """The nested blocks of a statement."""
    if isinstance(stmt, If):
        return (stmt.body, stmt.orelse)
    if isinstance(stmt, (For, While)):
        return (stmt.body, stmt.orelse)
    if isinstance(stmt, With):
        return (stmt.body,)
    if isinstance(stmt, Try):
        return (stmt.body, *(arm.body for arm in stmt.arms), stmt.orelse, stmt.final)
    if isinstance(stmt, Match):
        return tuple(arm.body for arm in stmt.arms)
    return ()


def with_blocks(stmt: Stmt, inner: list[Block]) -> Stmt:
    """The statement with other nested blocks, given in the order of `blocks`."""
    if isinstance(stmt, If):
        return If(stmt.cond, inner[0], inner[1], stmt.span, stmt.role, stmt.verbatim)
    if isinstance(stmt, For):
        return For(stmt.target, stmt.iter, inner[0], inner[1], stmt.span, stmt.role, stmt.verbatim)
    if isinstance(stmt, While):
        return While(stmt.cond, inner[0], stmt.span, stmt.role, stmt.verbatim, inner[1])
    if isinstance(stmt, Try):
        body, *bodies, orelse, final = inner
        arms = _with_bodies(stmt.arms, bodies)
        return Try(body, arms, orelse, final, stmt.span, stmt.role, stmt.verbatim, stmt.path)
    if isinstance(stmt, Match):
        arms = _with_bodies(stmt.arms, inner)
        return Match(stmt.subject, arms, stmt.span, stmt.role, stmt.verbatim, stmt.path)
    assert isinstance(stmt, With)
    return With(
        stmt.node,
        stmt.reads,
        stmt.binds,
        inner[0],
        stmt.span,
        stmt.role,
        stmt.verbatim,
        stmt.reenter,
    )


def _with_bodies(arms: tuple[Arm, ...], bodies: list[Block]) -> tuple[Arm, ...]:
    return tuple(
        Arm(arm.node, arm.reads, arm.binds, body, arm.span, arm.header)
        for arm, body in zip(arms, bodies)
    )


def ways(stmt: If | Try | Match) -> tuple[Block, ...]:
    """The ways on at a statement, one of which is taken as a whole."""
    if isinstance(stmt, Try):
        return ([*stmt.body, *stmt.orelse], *(arm.body for arm in stmt.arms))
    if isinstance(stmt, Match) and not takes_all(stmt):
        return (*(arm.body for arm in stmt.arms), [])
    return blocks(stmt)


def takes_all(stmt: Match) -> bool:
    """Whether an arm is taken whatever the subject is."""
    case = stmt.arms[-1].node
    pattern = case.pattern
    while type(pattern).__name__ == "MatchAs" and pattern.pattern is not None:
        pattern = pattern.pattern
    return case.guard is None and type(pattern).__name__ == "MatchAs"


def falls(block: Block) -> bool:
    """Whether control can come to the end of a block in tail form: it does not end in ``raise``."""
    for stmt in block:
        if isinstance(stmt, Verbatim) and type(stmt.node).__name__ == "Raise":
            return False
        if isinstance(stmt, (If, Try, Match)) and not any(falls(way) for way in ways(stmt)):
            return False
        if isinstance(stmt, With) and not falls(stmt.body):
            return False
    return True


def statements(block: Block) -> Iterator[Stmt]:
    """Every statement of a block, nested ones after their owner."""
    for stmt in block:
        yield stmt
        for inner in blocks(stmt):
            yield from statements(inner)


def jumps(block: Block) -> Iterator[Break | Continue]:
    """The jumps in a block that belong to the loop around it."""
    for stmt in block:
        if isinstance(stmt, (Break, Continue)):
            yield stmt
        elif isinstance(stmt, (For, While)):
            yield from jumps(stmt.orelse)
        else:
            for inner in blocks(stmt):
                yield from jumps(inner)


def may_stop(loop: For | While) -> bool:
    """Whether a loop may be left by ``break``."""
    return any(isinstance(jump, Break) for jump in jumps(loop.body))


def expressions(stmt: Stmt) -> tuple[Expr, ...]:
    """The expressions a statement evaluates itself (not those of nested blocks)."""
    if isinstance(stmt, Assign):
        return (stmt.value, *target_expressions(stmt.target))
    if isinstance(stmt, (Evaluate, Return)):
        return () if stmt.value is None else (stmt.value,)
    if isinstance(stmt, (If, While)):
        return (stmt.cond,)
    if isinstance(stmt, For):
        return (stmt.iter, *target_expressions(stmt.target))
    if isinstance(stmt, (With, Verbatim)):
        return stmt.reads
    if isinstance(stmt, InsertGrad):
        return (stmt.variable, *stmt.reads)
    if isinstance(stmt, Try):
        return tuple(read for arm in stmt.arms for read in arm.reads)
    if isinstance(stmt, Match):
        return (stmt.subject, *(read for arm in stmt.arms for read in arm.reads))
    return ()


def target_expressions(target: Target) -> tuple[Expr, ...]:
    """What assigning to a target evaluates: the index and the base of ``x[i]``."""
    if isinstance(target, Item):
        return (target.index,)
    if isinstance(target, Unpack):
        return tuple(e for part in target.targets for e in target_expressions(part))
    if isinstance(target, OtherTarget):
        return target.reads
    return ()


def binds(stmt: Stmt) -> tuple[str, ...]:
    """The variables a statement binds itself (not those of nested blocks)."""
    if isinstance(stmt, (Assign, For)):
        return tuple(bound_names(stmt.target))
    if isinstance(stmt, (With, Verbatim)):
        return stmt.binds
    if isinstance(stmt, (Try, Match)):
        return tuple(name for arm in stmt.arms for name in arm.binds)
    return ()


def bound_in(block: Block) -> list[str]:
    """The variables bound anywhere in a block, in order, each once."""
    return list(dict.fromkeys(n for stmt in statements(block) for n in binds(stmt)))


# --- functions -----------------------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class Param:
    """A parameter: its name, how it is passed, its default and annotation as trees."""

    name: str
    kind: str = "plain"  # "positional", "plain", "keyword", "star", "starstar"
    default: Any = None  # gast node, or Const
    annotation: Any = None  # gast node


@dataclass(eq=False)
class Function:
    """A function in the IR. ``locals`` are all its variables, parameters included."""

    name: str
    params: list[Param]
    body: Block
    source: FunctionSource
    locals: set[str]
    captured: tuple[str, ...] = ()
    docstring: Span | None = None
    span: Span | None = None  # of the header
