"""How a derivative rule is written: one declaration for both modes.

A rule names a function by its dotted name, its signature as the rule knows it, and for each
parameter that can carry a derivative one *template*: a Python expression, linear in ``g``.

Names in a template:

* the parameters of the signature: the primal arguments;
* ``y``: the primal result;
* ``g``: in an adjoint template the cotangent of the result, in a tangent template the tangent
  of the parameter (a function uses one template for both when it is elementwise);
* ``np``, ``math``, ``tf``: the libraries; a bare function name that is no parameter is a
  builtin or a helper of `tangent.runtime`.

Families say what is shared. For an `elementwise` function the product of ``g`` and the
partial derivative is both the adjoint's and the tangent's term. For a `linear` function the
tangent's term is the function itself applied to ``g`` in the parameter's place. A `structural`
function moves elements from container to container. Everything else is `general` and gives both.

Broadcasting is no business of an elementwise rule: the transformation reduces a cotangent to
the shape of its argument where shapes may differ. Where the best form depends on what is
known about a call (a rank, an absent keyword), a template is a list of `Case`: the first whose
condition is known to hold is taken, so the last one has no condition.

A template is one expression of names, constants, operators, comparisons, subscripts, displays,
attributes, conditional expressions and calls; ``*shape`` passes on the arguments of a parameter
``*shape``, and a keyword argument that only passes on a parameter which the call leaves out
(``axis=axis``) may be left out, because the defaults of a rule are those of what it calls.

A parameter without template is a constant of the rule: a varied argument there is reported,
unless it is `inert`: then only its shape, type or truth value matters, and its derivative is
zero. A call that does not fit the signature is reported too, never ignored.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol


class CallFacts(Protocol):
    """What is known of one call when a template is chosen."""

    def absent(self, parameter: str) -> bool:
        """The argument is not given, or is literally None, or literally equals its default."""
        ...

    def literal(self, parameter: str) -> object:
        """The value of a literal argument (or of the default); `UNKNOWN` if it is not one.
        For ``*args`` a tuple of the values, `UNKNOWN` standing for those that are none."""
        ...

    def rank(self, parameter: str) -> int | None:
        """The number of dimensions of an argument, where it is known."""
        ...

    def same_shape(self, first: str, second: str) -> bool:
        """Whether two arguments (``y`` for the result) provably have the same shape."""
        ...


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()

Condition = Callable[[CallFacts], bool]


@dataclass(frozen=True, slots=True)
class Case:
    """One form of a template and when it is right."""

    template: str
    when: Condition | None = None
    # This form accepts a smaller cotangent, of any shape that broadcasts to the result's.
    adapts: bool = False
    # It accepts a larger one too, and sums it to the shape of the result.
    fits: bool = False


Templates = str | list[Case]


# --- shapes of results -------------------------------------------------------------------
# How the shape of a result follows from the arguments. Conservative: UNKNOWN_SHAPE is always
# right. A callable gets the facts and answers one of these.

BROADCAST = "broadcast"  # of all differentiable arguments
SCALAR = "scalar"  # rank 0
UNKNOWN_SHAPE = "unknown"
ShapeRule = str | Callable[[CallFacts], str]


def like(parameter: str) -> str:
    """The result has the shape of this argument."""
    return f"like:{parameter}"


def rank(n: int) -> str:
    """The result has ``n`` dimensions of unknown extent."""
    return f"rank:{n}" if n else SCALAR


@dataclass(frozen=True)
class Rule:
    """Everything the engine knows about one function. See the module's docstring."""

    name: str
    signature: str
    adjoint: Mapping[str, tuple[Case, ...]]
    tangent: Mapping[str, tuple[Case, ...]]
    shape: ShapeRule = UNKNOWN_SHAPE
    elementwise: bool = False
    # The adjoint templates accept a cotangent of any shape that broadcasts with the result's
    # (their helper reduces or expands it), so no intermediate is kept for its shape.
    adapts: bool = False
    # For rules of libraries that are not elementwise: given a cotangent of the result's shape, the
    # adjoint templates give exactly the argument's shape, so that nothing is summed after them.
    exact: bool = True
    # Parameters whose derivative is zero even where they vary (a shape, a condition).
    inert: tuple[str, ...] = ()
    # The result may share memory with an argument (a view), so that in-place changes show.
    view: bool = False
    # A sequence parameter (``np.stack([a, b])``): its cotangent is indexed per element.
    sequence: str | None = None
    # The result is a tuple, so that its cotangent is one.
    several: bool = False
    kinks: str = ""
    reference: str = ""
    doc: str = ""
    # Test inputs: each an argument list as a call would write it (``"normal(3, 4), axis=0"``),
    # evaluated with np, tf, rng and the samplers normal, positive, unit (each takes a shape).
    tests: tuple[str, ...] = field(default=())
    # The primal result is cheap to compute again (a view, an attribute), so it is not kept.
    cheap: bool = False
    # The result is made of the arguments' elements: the tangent is the operation on tangents.
    structural: bool = False
    # The operation changes its first argument; the rule tells of the value that has then.
    in_place: bool = False

    @cached_property
    def parameters(self) -> ast.arguments:
        """The signature, parsed."""
        return _arguments(self.signature)

    @cached_property
    def parameter_names(self) -> tuple[tuple[str, ...], frozenset[str], tuple[str, ...]]:
        """The positional parameters, those that may be passed by name, and the required ones."""
        signature = self.parameters
        positional = tuple(a.arg for a in (*signature.posonlyargs, *signature.args))
        accepted = frozenset(a.arg for a in (*signature.args, *signature.kwonlyargs))
        return positional, accepted, positional[: len(positional) - len(signature.defaults)]

    @property
    def differentiable(self) -> tuple[str, ...]:
        return tuple(self.adjoint)


@dataclass(frozen=True, slots=True)
class Source:
    """A function of a library that is differentiated like a user's: through its source. That is
    a function of ``module``, which must compute what the library's computes."""

    name: str
    module: str
    function: str
    tests: tuple[str, ...] = ()
    kinks: str = ""


RULES: dict[str, Rule] = {}
# Other forms of rules for programs in which complex numbers occur.
COMPLEX_RULES: dict[str, Rule] = {}
# Functions that are differentiated through Python source: the module and the name it has there.
SOURCES: dict[str, Source] = {}
# Definitions with keyword arguments that the rule of the function does not have.
WIDER: dict[str, Source] = {}
# Functions whose derivative is zero wherever it exists: results carry none.
ZERO_GRADIENT: set[str] = set()
# Those of them whose zero derivative may surprise (rounding, `argmax`): reported when they lie on
# the way from an argument to the result.
CUTS: set[str] = set()
# Other names of the same function: "numpy.abs" for "numpy.absolute".
ALIASES: dict[str, str] = {}
# Array methods and attributes by bare name: "sum" gives "numpy.sum"; the receiver is the first
# argument.
METHODS: dict[str, str] = {}
ATTRIBUTES: dict[str, str] = {}


def _cases(templates: Templates) -> tuple[Case, ...]:
    if isinstance(templates, str):
        return (Case(templates),)
    assert templates[-1].when is None, "the last case must hold always"
    return tuple(templates)


def _mentions(template: str, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(ast.parse(template)))


# Parameters that say how and not what: integers, names and flags, whose derivative is zero.
DISCRETE = frozenset(
    (
        *("axis", "axes", "axis1", "axis2", "keepdims", "shape", "dtype", "mode", "offset", "k"),
        *("indices", "index", "indices_or_sections", "repeats", "reps", "shift", "source"),
        *("destination", "subscripts", "pad_width", "lower", "upper", "UPLO", "full_matrices"),
        *(
            "compute_uv",
            "norm",
            "indexing",
            "increasing",
            "method",
            "endpoint",
            "num",
            "edge_order",
        ),
        *("rowvar", "bias", "trans", "side", "boundary", "compute_expm", "include_initial"),
        *("axisa", "axisb", "axisc"),
    )
)


def _add(rule: Rule) -> Rule:
    assert rule.name not in RULES, f"two rules for {rule.name}"
    known = {p.arg for p in ast.walk(rule.parameters) if isinstance(p, ast.arg)}
    discrete = sorted((known & DISCRETE) - {*rule.adjoint, *rule.inert})
    if discrete:
        rule = replace(rule, inert=(*rule.inert, *discrete))
    RULES[rule.name] = rule
    return rule


def _arguments(signature: str) -> ast.arguments:
    node = ast.parse(f"def _({signature}): pass").body[0]
    assert isinstance(node, ast.FunctionDef)
    return node.args


def elementwise(
    name: str, signature: str, partials: Mapping[str, Templates] | str, **extra: object
) -> Rule:
    """An elementwise function with broadcasting.

    ``partials`` has for each parameter its partial derivative, or, where it reads better, the
    whole term with ``g`` in it (``"g / b"``); for a function of one argument just the text.
    """
    if isinstance(partials, str):
        arguments = _arguments(signature)
        partials = {(*arguments.posonlyargs, *arguments.args)[0].arg: partials}
    terms = {
        parameter: tuple(
            case
            if _mentions(case.template, "g")
            else replace(case, template=f"g * ({case.template})")
            for case in _cases(templates)
        )
        for parameter, templates in partials.items()
    }
    extra.setdefault("shape", BROADCAST)
    return _add(
        Rule(name, signature, terms, terms, elementwise=True, **extra)  # type: ignore[arg-type]
    )


def linear(
    name: str,
    signature: str,
    adjoint: Mapping[str, Templates],
    *,
    shape: ShapeRule = UNKNOWN_SHAPE,
    **extra: object,
) -> Rule:
    """A function that is linear in each differentiable parameter (a sum, a transpose, a
    product of matrices): only the adjoint is written."""
    arguments = _arguments(signature)
    positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    required = len(positional) - len(arguments.defaults)
    keywords = positional[required:] + [a.arg for a in arguments.kwonlyargs]
    extra.setdefault("exact", not name.startswith("tangent."))

    def applied(parameter: str) -> str:
        parts = ["g" if n == parameter else n for n in positional[:required]]
        parts += [f"{n}={'g' if n == parameter else n}" for n in keywords]
        return f"{_library_name(name)}({', '.join(parts)})"

    return _add(
        Rule(
            name,
            signature,
            {p: _cases(t) for p, t in adjoint.items()},
            {p: (Case(applied(p)),) for p in adjoint},
            shape=shape,
            **extra,  # type: ignore[arg-type]
        )
    )


def moves(
    name: str, signature: str, *parameters: str, view: bool = False, tests: tuple[str, ...] = ()
) -> Rule:
    """A function that only moves, repeats or drops elements of its arrays ``parameters``.

    Applied to the numbers of the elements instead, it tells where each of them went; elements
    of the other arrays have the number 0, as what it fills up with."""
    arguments = _arguments(signature)
    positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    required = len(positional) - len(arguments.defaults)

    def applied(parameter: str, own: str, other: str) -> str:
        def passed(n: str) -> str:
            if n == parameter:
                return own.format(n)
            return other.format(n) if n in parameters else n

        parts = [passed(n) for n in positional[:required]]
        parts += [f"{n}={passed(n)}" for n in positional[required:]]
        return f"{_library_name(name)}({', '.join(parts)})"

    return general(
        name,
        signature,
        {p: f"sum_at(g, {applied(p, 'numbered({})', 'unnumbered({})')}, {p})" for p in parameters},
        {p: applied(p, "g", "zeros_like({})") for p in parameters},
        view=view,
        tests=tests,
    )


def structural(
    name: str,
    signature: str,
    adjoint: Mapping[str, Templates],
    *,
    shape: ShapeRule = UNKNOWN_SHAPE,
    **extra: object,
) -> Rule:
    """A function that puts its arguments' elements into another container and computes
    nothing: only the adjoint is written. The tangent's term of one parameter has zeros in the
    place of the others; all of them together are the function of the tangents."""
    arguments = _arguments(signature)
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]

    def applied(parameter: str) -> str:
        parts = [n if n not in adjoint else f"zeros_like({n})" for n in names]
        parts[names.index(parameter)] = "g"
        return f"{_library_name(name)}({', '.join(parts)})"

    return _add(
        Rule(
            name,
            signature,
            {p: _cases(t) for p, t in adjoint.items()},
            {p: (Case(applied(p)),) for p in adjoint},
            shape=shape,
            structural=True,
            view=True,
            **extra,  # type: ignore[arg-type]
        )
    )


def general(
    name: str,
    signature: str,
    adjoint: Mapping[str, Templates],
    tangent: Mapping[str, Templates],
    *,
    shape: ShapeRule = UNKNOWN_SHAPE,
    **extra: object,
) -> Rule:
    """Any other function: adjoint and tangent templates are both written."""
    assert set(adjoint) == set(tangent), f"{name}: both modes need every parameter"
    extra.setdefault("exact", not name.startswith("tangent."))
    return _add(
        Rule(
            name,
            signature,
            {p: _cases(t) for p, t in adjoint.items()},
            {p: _cases(t) for p, t in tangent.items()},
            shape=shape,
            **extra,  # type: ignore[arg-type]
        )
    )


def definition(
    name: str, *, function: str = "", module: str = "", tests: tuple[str, ...] = (), kinks: str = ""
) -> None:
    """A function without a formula of its own: it is differentiated through a definition in
    terms of others, ``function`` (by default of the same name) in
    `tangent.runtime.definitions`."""
    assert name not in RULES and name not in SOURCES, f"two rules for {name}"
    function = function or name.rpartition(".")[2]
    SOURCES[name] = Source(name, module or "tangent.runtime.definitions", function, tests, kinks)


def wider(name: str, *keywords: str, tests: tuple[str, ...] = ()) -> None:
    """Calls of a function with these keyword arguments are differentiated through a definition
    (of the function's name and ``_with``), all others by the function's rule."""
    function = f"{name.rpartition('.')[2]}_with"
    source = Source(name, "tangent.runtime.definitions", function, tests)
    for keyword in keywords:
        WIDER[f"{name} {keyword}"] = source


def helpers(module: str, *names: str) -> None:
    """Functions of `tangent.runtime` that are written so that they can be differentiated
    themselves, and need no rule."""
    for name in names:
        definition(f"tangent.{name}", module=f"tangent.runtime.{module}")


def complex_form(
    name: str, adjoint: Mapping[str, Templates], tangent: Mapping[str, Templates]
) -> None:
    """Other templates of a function that is not analytic, for programs in which complex numbers
    occur. The cotangent ``c`` of a complex number ``z`` means the change ``Re(c * dz)``."""
    COMPLEX_RULES[name] = replace(
        RULES[name],
        adjoint={p: _cases(t) for p, t in adjoint.items()},
        tangent={p: _cases(t) for p, t in tangent.items()},
    )


def zero_gradient(*names: str) -> None:
    """Functions that are piecewise constant, or whose result is no real number."""
    ZERO_GRADIENT.update(names)


def cut(*names: str) -> None:
    """Functions of zero derivative to be reported when they cut a derivative off."""
    ZERO_GRADIENT.update(names)
    CUTS.update(names)


def alias(**names: str) -> None:
    """``alias(**{"numpy.abs": "numpy.absolute"})``: another name of the same function."""
    ALIASES.update(names)


def methods(names: Iterable[str] | Mapping[str, str], library: str = "numpy") -> None:
    """Array methods that are the function of the same (or the given) name."""
    pairs = names.items() if isinstance(names, Mapping) else ((n, f"{library}.{n}") for n in names)
    METHODS.update(pairs)


def attributes(names: Mapping[str, str]) -> None:
    """Array attributes that are a function of the array: ``T`` is ``numpy.transpose``."""
    ATTRIBUTES.update(names)


_SHORT = {"numpy": "np", "tensorflow": "tf", "builtins": "", "tangent": ""}


def _library_name(dotted: str) -> str:
    """A function's name as a template writes it."""
    first, _, rest = dotted.partition(".")
    short = _SHORT.get(first, first)
    return f"{short}.{rest}" if short else rest
