"""Rules for Python's operators and builtins."""

from __future__ import annotations

from tangent.rules.declare import (
    SCALAR,
    UNKNOWN_SHAPE,
    CallFacts,
    Case,
    alias,
    cut,
    elementwise,
    general,
    like,
    rank,
    zero_gradient,
)

# --- powers, also for numpy.power ----------------------------------------------------------


def _exponent(facts: CallFacts) -> float | None:
    value = facts.literal("b")
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _shape_of_power(facts: CallFacts) -> str:
    return like("a") if _exponent(facts) is not None else "broadcast"


POWER = {
    "a": [
        Case("g", when=lambda f: _exponent(f) == 1),
        Case("g * (b * a)", when=lambda f: _exponent(f) == 2),
        Case("g * (b * a ** (b - 1))", when=lambda f: bool(_exponent(f))),
        Case("g * power_slope(a, b)"),
    ],
    "b": "g * y * log_or_zero(a)",
}
POWER_KINKS = "the derivative by the exponent at base 0 is 0"
POWER_TESTS = (
    "normal(), 1",
    "normal(3), 2",
    "normal(3), 3",
    "positive(2, 3), -0.5",
    "normal(3), 0",
    "np.array([0.0, 1.0, -2.0]), 2",
    "np.zeros(2), 1",
    "positive(3, 1), normal(4)",
    "positive(), normal(4)",
    "positive(4), 1.7",
)

# --- products of matrices, also for numpy.matmul -------------------------------------------


def ranks(a: int, b: int):
    """The condition that both operands' ranks are known and are these."""
    return lambda facts: facts.rank("a") == a and facts.rank("b") == b


def _shape_of_matmul(facts: CallFacts) -> str:
    a, b = facts.rank("a"), facts.rank("b")
    if not a or not b:
        return UNKNOWN_SHAPE
    return rank(max(a, b, 2) - (a == 1) - (b == 1))


MATMUL = {
    "a": [
        Case("g * b", when=ranks(1, 1), adapts=True),
        Case("g @ b.T", when=ranks(2, 2)),
        Case("np.outer(g, b)", when=ranks(2, 1)),
        Case("b @ g", when=ranks(1, 2)),
        Case("matmul_adjoint_left(g, a, b)", fits=True),
    ],
    "b": [
        Case("g * a", when=ranks(1, 1), adapts=True),
        Case("a.T @ g", when=ranks(2, 2)),
        Case("a.T @ g", when=ranks(2, 1)),
        Case("np.outer(a, g)", when=ranks(1, 2)),
        Case("matmul_adjoint_right(g, a, b)", fits=True),
    ],
}
MATMUL_TANGENT = {"a": "g @ b", "b": "a @ g"}
MATMUL_TESTS = (
    "normal(3), normal(3)",
    "normal(2, 3), normal(3, 4)",
    "normal(2, 3), normal(3)",
    "normal(3), normal(3, 2)",
    "normal(5, 2, 3), normal(3, 4)",
    "normal(2, 3), normal(5, 3, 4)",
    "normal(5, 1, 2, 3), normal(4, 3, 2)",
    "normal(3), normal(5, 3, 2)",
    "normal(5, 2, 3), normal(3)",
)


def matmul_rule(name: str) -> None:
    general(
        name,
        "a, b",
        MATMUL,
        MATMUL_TANGENT,
        shape=_shape_of_matmul,
        tests=MATMUL_TESTS,
    )


def power_rule(name: str) -> None:
    elementwise(name, "a, b", POWER, shape=_shape_of_power, kinks=POWER_KINKS, tests=POWER_TESTS)


# --- operators -----------------------------------------------------------------------------

TWO = ("normal(), normal()", "normal(3, 1), normal(4)", "normal(2, 3), normal(2, 3)")
NONZERO = (
    "normal(), positive()",
    "normal(3, 1), positive(4)",
    "normal(2, 3), -positive(2, 3)",
    "1.5, positive(2, 3)",
)

elementwise("operator.add", "a, b", {"a": "g", "b": "g"}, tests=TWO)
elementwise("operator.sub", "a, b", {"a": "g", "b": "-g"}, tests=TWO)
elementwise("operator.mul", "a, b", {"a": "g * b", "b": "g * a"}, tests=TWO)
elementwise("operator.truediv", "a, b", {"a": "g / b", "b": "-g * y / b"}, tests=NONZERO)
elementwise("operator.mod", "a, b", {"a": "g", "b": "-g * (a // b)"}, tests=NONZERO)
elementwise("operator.neg", "x", "-g", tests=("normal()", "normal(2, 3)"))
elementwise("operator.pos", "x", "g", tests=("normal()", "normal(2, 3)"))
elementwise(
    "builtins.abs",
    "x",
    "sign(x)",
    kinks="the derivative at 0 is 0",
    tests=("normal()", "normal(2, 3)", "-1.5"),
)
power_rule("operator.pow")
matmul_rule("operator.matmul")
general(
    "operator.getitem",
    "a, b",
    {"a": "add_at(zeros_like(a), b, g)"},
    {"a": "g[b]"},
    view=True,
    cheap=True,
    tests=(
        "normal(4), 1",
        "normal(4), -2",
        "normal(3, 4), 1",
        "normal(3, 4), (slice(1, None), 2)",
        "normal(3, 4), (Ellipsis, None, slice(None, None, -2))",
        "normal(4), np.array([0, 2, 2, 0, 0])",
        "normal(4), [3, 3]",
        "normal(3, 4), (np.array([0, 0, 2]), np.array([1, 1, 3]))",
        "normal(4), np.array([True, False, True, True])",
        "[1.0, 2.0, 3.0], 1",
        "(1.0, np.array([2.0, 3.0])), 1",
        "{'w': 1.0, 'b': 2.0}, 'w'",
    ),
)
alias(**{"operator.abs": "builtins.abs", "builtins.pow": "operator.pow"})
zero_gradient(
    *(f"operator.{n}" for n in ("eq", "ne", "lt", "le", "gt", "ge", "not_", "is_", "is_not")),
    *(f"operator.{n}" for n in ("contains", "truth", "invert", "and_", "xor")),
    *(f"operator.{n}" for n in ("lshift", "rshift", "index")),
)
cut("operator.floordiv")

# --- builtins ------------------------------------------------------------------------------

elementwise("builtins.float", "x", "g", shape=SCALAR, tests=("normal()", "2.5"))
elementwise(
    "builtins.max",
    "a, b",
    {"a": "larger(a, b)", "b": "larger(b, a)"},
    kinks="equal arguments share the cotangent half and half",
    tests=("normal(), normal()", "1.0, 2.0", "2.0, 1.0"),
)
elementwise(
    "builtins.min",
    "a, b",
    {"a": "larger(b, a)", "b": "larger(a, b)"},
    kinks="equal arguments share the cotangent half and half",
    tests=("normal(), normal()", "1.0, 2.0", "2.0, 1.0"),
)
general(
    "builtins.sum",
    "iterable, start=0",
    {"iterable": "g", "start": "g"},
    {"iterable": "sum(g)", "start": "g"},
    exact=False,
    tests=(
        "normal(4)",
        "normal(3, 4)",
        "[1.0, 2.0, 3.0]",
        "[np.ones(2), np.zeros(2)]",
        "normal(3), 2.0",
        "normal(3, 4), normal(4)",
    ),
)
general(
    "builtins.divmod",
    "a, b",
    {"a": "unbroadcast(g[1], a)", "b": "unbroadcast(-g[1] * y[0], b)"},
    {"a": "(zeros_like(y[0]), expand(g, y[1]))", "b": "(zeros_like(y[0]), -g * y[0])"},
    several=True,
    tests=("5.3, 2.1", "normal(3), 0.7"),
)
elementwise(
    "builtins.complex",
    "real, imag",
    {"real": "g", "imag": "1j * g"},
    shape=SCALAR,
    tests=("0.3, 0.4",),
)
for _name in ("copy", "deepcopy"):
    general(
        f"copy.{_name}",
        "x",
        {"x": "g"},
        {"x": "snapshot(g)"},
        shape=like("x"),
        adapts=True,
        tests=("normal(2, 3)", "2.0", "[1.0, normal(2)]"),
    )
zero_gradient(
    *(f"builtins.{n}" for n in ("all", "any", "len", "bool", "isinstance", "issubclass", "type")),
    *(f"builtins.{n}" for n in ("hash", "id", "callable", "hasattr", "range", "format", "print")),
)
cut("builtins.int", "builtins.round")
