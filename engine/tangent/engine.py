"""The whole way from a function's source to its derivative's text.

`differentiate` starts from text and executes nothing; `differentiate_function` starts from a
function that a resolver has found, live or in text. Both run the same passes:

    lower  ->  one exit  ->  analyses  ->  reverse or forward  ->  records  ->  dead code  ->  text
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import gast

from tangent.analysis.activity import Activity, find_activity
from tangent.analysis.aliasing import Aliases, Place, find_aliases
from tangent.analysis.complex_numbers import mentions_complex
from tangent.analysis.cuts import report_cuts
from tangent.analysis.effects import is_pure_function, note_mutations, uses_up
from tangent.analysis.mutations import mutations
from tangent.analysis.numeric import find_numeric
from tangent.analysis.obstacles import find_obstacles, result_kind
from tangent.analysis.scalars import is_integer_annotation
from tangent.analysis.shapes import NUMBER, Shapes, extents_of, find_shapes
from tangent.analysis.sharing import shared_memory
from tangent.analysis.versions import Value, Versions, find_versions
from tangent.derivative import Dependency, Derivative, Role
from tangent.diagnostics import DerivativeError, Diagnostic
from tangent.emit.libraries import Libraries
from tangent.emit.writer import GeneratedFunction, Writer
from tangent.ir import nodes as ir
from tangent.lower import scopes
from tangent.lower.comprehensions import Expansion
from tangent.lower.containers import name_operations
from tangent.lower.desugar import desugar
from tangent.lower.kinds import DICT
from tangent.lower.lower import Program, canonical
from tangent.lower.single_exit import Exit, single_exit
from tangent.resolve.library import library_name, library_source
from tangent.resolve.static import Sources
from tangent.resolve.symbols import (
    FunctionSource,
    Library,
    Symbol,
    UserClass,
    UserFunction,
)
from tangent.rules import declare, registry
from tangent.rules.user import has_library_rules, template_for
from tangent.simplify.dead_code import remove_dead_code, tidy_comments
from tangent.simplify.jumps import settle_jumps
from tangent.simplify.parameters import Signature, unused_parameters, without_arguments
from tangent.source.text import Span
from tangent.transform.forward import Forward
from tangent.transform.inline import inline_changes
from tangent.transform.names import Names, base_name
from tangent.transform.numbers import with_numbers
from tangent.transform.parts import Part, PartError, name_parts, parse_part, unique_names
from tangent.transform.records import with_records
from tangent.transform.reverse import CalleePair, Options, Reverse
from tangent.transform.seeds import ANY_SHAPE, needs_seed_check
from tangent.transform.shadows import (
    CannotMirror,
    Mirror,
    Shadows,
    check_mirrored,
    needed_variables,
    simple_statements,
)
from tangent.transform.user_rules import Template, TemplateError

Wrt = int | str | Sequence[int | str] | None


def differentiate(
    text: str,
    function: str,
    *,
    wrt: Wrt = None,
    mode: str = "reverse",
    path: str = "<string>",
    motion: str = "joint",
    optimized: bool = True,
    preserve_result: bool = False,
    check_dims: bool = True,
    input_derivative: str = "one",
    read: Callable[[str], str | None] | None = None,
    roots: Sequence[str] = (),
) -> Derivative:
    """The derivative of a function from text alone; nothing is imported or executed.

    Args:
        text: the source of a Python file.
        function: the qualified name of a function in it (``"loss"``, ``"Model.loss"``,
            ``"outer.inner"``).
        wrt: an argument's index or name, or several; the first argument if None. A name may go
            on to a part of the argument: ``"params['w1']"``.
        mode: ``"reverse"`` or ``"forward"``.
        path: where the file is (or would be), for messages and to find what it imports.
        motion, optimized, preserve_result, check_dims, input_derivative: as in
            `tangent.autodiff`; ``input_derivative`` is "one", "ones" or "required".
        read: gives the text of another file, or None if there is none; by default the file
            system is read.
        roots: directories where imports are looked up, beside the file's own place.

    Never raises for what a user may write: problems are in ``Derivative.diagnostics``.
    """
    options = _Options(
        mode, motion, optimized, preserve_result, check_dims, _choice(input_derivative)
    )
    with _no_collection():
        try:
            sources = Sources(read, roots)
            module = sources.module_for_path(path, text)
            source = sources.function(module, function)
        except DerivativeError as error:
            return Derivative("", "", function, path, mode, (), diagnostics=error.diagnostics)
        return _differentiate(source, wrt, options)


def differentiate_function(
    source: FunctionSource,
    *,
    wrt: Wrt = None,
    mode: str = "reverse",
    motion: str = "joint",
    optimized: bool = True,
    preserve_result: bool = False,
    check_dims: bool = True,
    input_derivative: str = "one",
) -> Derivative:
    """The derivative of a function that a resolver has found. See `differentiate`."""
    options = _Options(
        mode, motion, optimized, preserve_result, check_dims, _choice(input_derivative)
    )
    return _differentiate(source, wrt, options)


def differentiate_called(
    source: FunctionSource, active: tuple[str, ...], mode: str
) -> tuple[str, CalleePair]:
    """The text of the functions that take part in a derivative when a function is called, and
    their names. ``active`` are the parameters that carry a derivative.

    Raises DerivativeError if the function cannot be differentiated.
    """
    build = _Build(source, _Options(mode, "joint", True, False, True, "one"))
    with _no_collection():
        return build.run_called(active)


def _choice(input_derivative: Any) -> str:
    return str(getattr(input_derivative, "value", input_derivative))


@dataclass(frozen=True)
class _Options:
    mode: str
    motion: str
    optimized: bool
    preserve_result: bool
    check_dims: bool
    seed: str  # "one", "ones", "required"


@dataclass(eq=False)
class _Analysed:
    """A function with all that is known of it for one choice of active parameters."""

    function: ir.Function
    exit: Exit
    names: Names
    aliases: Aliases
    versions: Versions
    activity: Activity
    shapes: Shapes
    results: tuple[Value, ...] = ()
    # The variables to differentiate with respect to: parameters, and parts of them that the
    # statements ``given`` give a name.
    wrt: tuple[str, ...] = ()
    given: tuple[ir.Stmt, ...] = ()

    # Where memory that changes is shared: the shadows of variables, in reverse and forward mode.
    shadows: Shadows | None = None
    mirror: Mirror | None = None
    kept_shadows: frozenset[str] = frozenset()  # and the names under which they are kept

    def input(self, name: str) -> Value:
        """The value of a variable of ``wrt``."""
        for stmt in self.given:
            if name in self.versions.bound[stmt]:
                return self.versions.bound[stmt][name]
        return self.versions.params[name]

    def has_shadow(self, value: Value) -> bool:
        """Whether the memory of a value has an adjoint, or a tangent, that shares as it does."""
        if self.mirror is not None:
            return self.mirror.has(value)
        return self.shadows is not None and self.shadows.of(value) is not None

    @property
    def shadow_names(self) -> frozenset[str]:
        return frozenset(() if self.shadows is None else self.shadows.names)

    @property
    def body(self) -> ir.Block:
        return self.exit.body

    def binds_active(self, stmt: ir.Stmt) -> bool:
        """Whether a statement binds a value that carries a derivative."""
        return any(self.activity.is_active(v) for v in self.versions.bound[stmt].values())


def _differentiate(source: FunctionSource, wrt: Wrt, options: _Options) -> Derivative:
    build = _Build(source, options)
    text, name, links, names = "", "", (), ()
    with _no_collection():
        build.check_options()
        try:
            names = build.resolve_wrt(wrt)
            if not build.failed:
                text, name, links = build.run(names)
        except DerivativeError as error:
            build.program.diagnostics.extend(error.diagnostics)
    if build.failed:
        text, name, links = "", "", ()
    return Derivative(
        text,
        name,
        source.qualname,
        source.module.path,
        options.mode,
        names,
        links,
        tuple(build.program.diagnostics),
        build.dependencies(),
    )


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without the cyclic garbage collector: it would go through all nodes again and again
    while they are made, and find nothing."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class _Build:
    """One derivative in the making: the main function and those of the functions it calls."""

    def __init__(self, source: FunctionSource, options: _Options):
        self.source = source
        self.options = options
        self.program = Program()
        self.generated: list[GeneratedFunction] = []
        self.pairs: dict[tuple[FunctionSource, tuple[str, ...]], CalleePair] = {}
        self.worklist: list[tuple[FunctionSource, tuple[str, ...]]] = []
        self.module_names = Names(_global_names(self.program, source))
        self.involved: dict[FunctionSource, None] = {source: None}
        self.mutations: dict[FunctionSource, set[str]] = {}
        self.extra_imports: dict[str, None] = {}
        self.templates: dict[FunctionSource, Template] = {}
        # What is differentiated with respect to, where it is a part of an argument.
        self.parts: dict[str, Part] = {}
        # Functions that are called where an exception is caught.
        self.guarded: set[FunctionSource] = set()
        # Bodies as they are to be swept, and parameters that only hold functions.
        self.analysed: dict[str, tuple[_Analysed, frozenset[str]]] = {}

    @property
    def failed(self) -> bool:
        return any(d.severity == "error" for d in self.program.diagnostics)

    @cached_property
    def uses_complex(self) -> bool:
        """Whether complex numbers may occur."""
        return mentions_complex(self.program, self.source)

    def error(self, code: str, message: str, hint: str = "") -> None:
        span = self.source.module.source.span_of(self.source.node)
        function = self.program.function(self.source)
        self.program.report(self.source, function.span or span, code, message, hint)

    def check_options(self) -> None:
        """An error for every option that has no such value."""
        for option, value, allowed in (
            ("mode", self.options.mode, ("reverse", "forward")),
            ("motion", self.options.motion, ("joint", "split")),
            ("input_derivative", self.options.seed, ("one", "ones", "required")),
        ):
            if value not in allowed:
                self.error(
                    "option", f"`{option}` cannot be {value!r}", f"it is {' or '.join(allowed)}"
                )

    # --- the arguments ---------------------------------------------------------------------

    def resolve_wrt(self, wrt: Wrt) -> tuple[str, ...]:
        """The names of the arguments to differentiate with respect to."""
        params = self.program.function(self.source).params
        plain = [p.name for p in params]
        if not plain:
            self.error("no-arguments", "cannot differentiate a function without arguments")
            return ()
        wanted = (0,) if wrt is None else (wrt,) if isinstance(wrt, (int, str)) else tuple(wrt)
        if not wanted:
            self.error("wrt", "`wrt` names no argument", f"one of {', '.join(plain)}")
        names: list[str] = []
        for item in wanted:
            part = parse_part(item) if isinstance(item, str) else None
            if isinstance(item, str) and item in plain:
                name = item
            elif part is not None and part.path and part.param in plain:
                name = part.text
                self.parts[name] = part
            elif isinstance(item, int) and not isinstance(item, bool) and 0 <= item < len(plain):
                name = plain[item]
            else:
                self.error(
                    "wrt",
                    f"`wrt` names no argument of `{self.source.name}`: {item!r}",
                    f"its arguments are {', '.join(plain)}",
                )
                continue
            known = [parse_part(n) for n in names]
            own = parse_part(name)
            if any(p is not None and own is not None and p.overlaps(own) for p in known):
                self.error("wrt", f"`wrt` names the argument `{name}` twice")
            names.append(name)
        return tuple(names)

    # --- analyses --------------------------------------------------------------------------

    def analyse(
        self, source: FunctionSource, wrt: tuple[str, ...], main: bool = False
    ) -> _Analysed | None:
        """Lowers a function and runs the analyses; None after a diagnostic."""
        self.involved[source] = None
        function = self.program.function(source)
        note_mutations(self.program, function, self.mutations)
        if inline_changes(self.program, function):
            note_mutations(self.program, function, self.mutations)
        names = Names(_names_in(self.program, function))
        given: tuple[ir.Stmt, ...] = ()
        parts = [self.parts[n] for n in wrt if n in self.parts] if main else []
        if parts:
            named = unique_names(parts, names.fresh)
            try:
                function, given = name_parts(function, named)
            except PartError as error:
                self.error("wrt", f"cannot differentiate with respect to {error}")
                return None
            texts = {part.text: name for name, part in named.items()}
            wrt = tuple(texts.get(n, n) for n in wrt)
        if self.options.mode == "forward":
            # Before any other name is given out: callers have to know them.
            for name in wrt:
                names.tangent(name)
        exit_ = single_exit(self.program, function, names.fresh)
        if exit_ is None or self.failed:
            return None
        self._note_guarded(function, exit_.body)
        analysed = self._flow(function, exit_, names, wrt, given)
        expansion = Expansion(lambda: self.program.lowering(source), names.fresh)
        while True:
            body = exit_.body
            lowered = desugar(
                body,
                analysed.activity.is_varied,
                analysed.binds_active,
                names.fresh,
                analysed.aliases.kinds,
            )
            if any(a is not b for a, b in zip(lowered, body)) or len(lowered) != len(body):
                exit_.body = lowered
                analysed = self._flow(function, exit_, names, wrt, given)
            # What is made plain may show more of its kind: loops in loops.
            expanded = expansion.expand(exit_.body, analysed.activity)
            if expanded is exit_.body:
                break
            exit_.body = name_operations(function, expanded)
            analysed = self._flow(function, exit_, names, wrt, given)
        if _keep_arguments(exit_.body, analysed.activity):
            analysed = self._flow(function, exit_, names, wrt, given)
        analysed = self._shared(analysed, wrt)
        find_obstacles(
            self.program,
            function,
            exit_.body,
            analysed.versions,
            analysed.activity,
            lambda node: self.template(node, function.source) is not None,
            analysed.has_shadow,
        )
        report_cuts(
            self.program,
            function,
            exit_.body,
            analysed.versions,
            [analysed.input(n) for n in wrt],
            analysed.results,
        )
        analysed.shapes = find_shapes(function, analysed.versions, analysed.aliases)
        return None if self.failed else analysed

    def _note_guarded(self, function: ir.Function, body: ir.Block) -> None:
        """Notes the functions that are called in a ``try``, and those that they call."""
        protected = [body] if function.source in self.guarded else []
        protected += [s.body for s in ir.statements(body) if isinstance(s, ir.Try) and s.arms]
        for block in protected:
            for stmt in ir.statements(block):
                for expr in ir.expressions(stmt):
                    for node in ir.walk(expr):
                        if isinstance(node, ir.Call):
                            self.guarded.add(node.function)

    def _shared(self, a: _Analysed, wrt: tuple[str, ...]) -> _Analysed:
        """The function with what its derivative needs if memory that changes is shared."""
        shared = shared_memory(a.body, a.versions, a.activity, a.aliases)
        if shared:
            shapes = find_shapes(a.function, a.versions, a.aliases)
            a.exit.body = with_numbers(a.body, a.versions, a.aliases, shapes, shared)
            a = self._flow(a.function, a.exit, a.names, wrt, a.given)
            shared = shared_memory(a.body, a.versions, a.activity, a.aliases)
        if not shared or a.given:
            return a
        body = a.body
        try:
            return self._with_shadows(a, wrt, shared)
        except CannotMirror:
            a.exit.body = body
            return a  # which is an obstacle

    def _with_shadows(self, a: _Analysed, wrt: tuple[str, ...], shared: set[Place]) -> _Analysed:
        """The function with shadows for variables that share memory (forward mode: with what
        tells the tangents of such variables)."""
        forward = self.options.mode == "forward"
        own: dict[str, str] = {}
        mixed: set[str] = set(a.exit.results)

        def named(variable: str) -> str:
            if forward:
                return a.names.tangent(variable)
            if variable not in mixed:
                return a.names.adjoint(variable)
            # The adjoint of a result is what the derivative is given; and a variable may hold
            # other values, which have an adjoint and no shadow.
            if variable not in own:
                own[variable] = a.names.fresh(f"b{variable}_shadow")
            return own[variable]

        for _ in range(3):  # displays in displays
            mirror = self._mirror(a, shared, named)
            a.exit.body = simple_statements(a.body, mirror, a.names.fresh)
            a = self._flow(a.function, a.exit, a.names, wrt, a.given)
            shared = shared_memory(a.body, a.versions, a.activity, a.aliases)
        mirror = self._mirror(a, shared, named)
        needed = needed_variables(a.body, mirror, a.activity.is_active)
        active = [v for v in a.versions.values if a.activity.is_active(v)]
        mixed.update(v.name for v in active if not mirror.has(v))
        if forward:
            check_mirrored(a.body, mirror, needed)
            mirror.needed = needed
            a.mirror = mirror
            a.kept_shadows = frozenset(named(n) for n in needed)
            return a
        shadows = Shadows(mirror, a.body, needed, a.function.span)
        a.exit.body = shadows.body
        a = self._flow(a.function, a.exit, a.names, wrt, a.given)
        shadows.settle(self._mirror(a, shared, named))
        a.shadows = shadows
        return a

    def _mirror(self, a: _Analysed, shared: set[Place], named: Callable[[str], str]) -> Mirror:
        shapes = find_shapes(a.function, a.versions, a.aliases)
        numeric = find_numeric(a.function, a.body, a.versions, shapes)
        boxes = self.options.mode != "forward"
        return Mirror(a.body, a.versions, a.aliases, shapes, numeric, shared, named, boxes)

    def _flow(
        self,
        function: ir.Function,
        exit_: Exit,
        names: Names,
        wrt: tuple[str, ...],
        given: tuple[ir.Stmt, ...],
    ) -> _Analysed:
        aliases = find_aliases(function, exit_.body)
        versions = find_versions(function, exit_.body, aliases)
        results = tuple(versions.final[n] for n in exit_.results if n in versions.final)
        analysed = _Analysed(
            function,
            exit_,
            names,
            aliases,
            versions,
            Activity(versions, set(), set()),
            Shapes(versions),
            results,
            wrt,
            given,
        )
        inputs = [analysed.input(n) for n in wrt]
        analysed.activity = find_activity(exit_.body, versions, inputs, results)
        return analysed

    # --- the derivative --------------------------------------------------------------------

    def run(self, wrt: tuple[str, ...]) -> tuple[str, str, Any]:
        analysed = self.analyse(self.source, wrt, main=True)
        if analysed is None:
            return "", "", ()
        self._check_result(analysed)
        if self.failed:
            return "", "", ()
        base = base_name(self.source.name)
        words = (self.parts[n].name if n in self.parts else n for n in wrt)
        name = self.module_names.fresh(f"d{base}d{''.join(words)}")
        self._check_reach(analysed, wrt)
        wrt = analysed.wrt
        if self.options.mode == "forward":
            self._forward(analysed, name, wrt)
        elif self.options.motion == "split":
            self._split(analysed, name, wrt)
        else:
            self._joint(analysed, name, wrt)
        main, self.generated = self.generated, []
        while self.worklist and not self.failed:
            source, active = self.worklist.pop(0)
            self._callee_functions(source, active)
        if self.failed:
            return "", "", ()
        functions = [*self.generated, *main]
        self._drop_parameters(functions)
        return self._write(functions, name)

    def run_called(self, active: tuple[str, ...]) -> tuple[str, CalleePair]:
        """The text of what replaces a call, and the names of its functions."""
        call = ir.Call(self.source, ())
        forward = self.options.mode == "forward"
        pair = self.tangent_callee(call, active) if forward else self.callee(call, active)
        while self.worklist and not self.failed:
            self._callee_functions(*self.worklist.pop(0))
        if not self.failed:
            self._check_arguments_are_kept(pair.forward)
        text = ""
        if not self.failed:
            self._drop_parameters(self.generated)
            text, _, _ = self._write(self.generated, pair.forward)
        if self.failed:
            raise DerivativeError(self.program.diagnostics, [self.source.module.source])
        return text, pair

    def _check_arguments_are_kept(self, name: str) -> None:
        """An error if a function that is called may change an argument in place."""
        a, _ = self.analysed[name]
        changed = [
            p
            for p, value in a.versions.params.items()
            if a.aliases.is_mutated(value) and not uses_up(self.source, p)
        ]
        if changed:
            listed = ", ".join(f"`{p}`" for p in changed)
            self.error(
                "changes-argument",
                f"cannot differentiate the call of `{self.source.name}`: it may change {listed}"
                " in place",
                "return the changed value instead",
            )

    def _drop_parameters(self, functions: list[GeneratedFunction]) -> None:
        """Drops parameters that hold functions, where only their derivatives are called."""
        known = {
            f.name: (Signature(f.parameters, self.analysed[f.name][1]), f.body)
            for f in functions
            if f.name in self.analysed
        }
        unused = unused_parameters(known)
        if not self.options.optimized or not any(unused.values()):
            return
        for function in functions:
            without_arguments(function.body, known, unused)
            if function.name in known:
                signature = known[function.name][0]
                function.parameters = signature.without(unused[function.name])
                function.body = self._cleaned(self.analysed[function.name][0], function.body)

    def _write(self, functions: list[GeneratedFunction], name: str) -> tuple[str, str, Any]:
        taken: set[str] = set()
        for source in self.involved:
            taken |= self.program.function(source).locals
        module = self.source.module
        libraries = Libraries(module, lambda n: n in taken)
        writer = Writer(libraries)
        for function in functions:
            writer.function(function)
        for line in self._foreign_imports():
            if line.startswith("tangent."):
                libraries.name(line)
            else:
                libraries.add_line(line)
        if self.failed:
            return "", "", ()
        text, links = writer.finish()
        return text, name, links

    def _check_result(self, analysed: _Analysed) -> None:
        """An error for a result that is certainly no number."""
        if analysed.exit.is_tuple:
            return
        kind = result_kind(analysed.results[0], analysed.versions)
        if kind:
            self.program.report(
                self.source,
                self._result_span(analysed) or self.source.module.source.span_of(self.source.node),
                "no-result",
                f"cannot differentiate a function whose result is {kind}",
                "return a number or an array",
            )

    def _check_reach(self, analysed: _Analysed, wrt: tuple[str, ...]) -> None:
        """A warning for an argument that the result does not depend on."""
        for name, variable in zip(wrt, analysed.wrt):
            value = analysed.input(variable)
            if not analysed.activity.is_active(value):
                span = analysed.function.span
                if span is not None:
                    self.program.diagnostics.append(
                        Diagnostic(
                            "no-dependence",
                            f"the result does not depend on `{name}`: its derivative is zero",
                            self.source.module.path,
                            span,
                            severity="warning",
                        )
                    )

    def reverse(self, a: _Analysed) -> Reverse:
        tensors = any(
            dotted.startswith("tensorflow")
            for _, dotted in a.function.source.module.resolver.aliases()
        )
        return Reverse(
            a.function,
            a.body,
            a.versions,
            a.activity,
            a.aliases,
            a.shapes,
            find_numeric(a.function, a.body, a.versions, a.shapes),
            a.names,
            Options(self.options.optimized, self.uses_complex),
            self.callee,
            lambda call: self.template(call, a.function.source),
            tensors,
            a.aliases.kinds,
            frozenset(a.given),
            a.shadows,
        )

    def _backward(
        self, a: _Analysed, wrt: tuple[str, ...], seed: str, check: bool, untouched: str = ""
    ) -> tuple[Reverse, ir.Block, dict[str, bool]]:
        """The backward pass up to the gradient, with the lines that open the seed."""
        reverse = self.reverse(a)
        reverse.untouched = untouched
        active = {n: False for n, v in zip(a.exit.results, a.results) if a.activity.is_active(v)}
        shadowed = {n: v for n, v in zip(a.exit.results, a.results) if reverse.shadow(v)}
        backward = reverse.run({n: owned for n, owned in active.items() if n not in shadowed})
        opening: ir.Block = []
        if a.exit.is_tuple:
            targets = tuple(
                ir.Name(a.names.adjoint(n) if n in active else "_") for n in a.exit.results
            )
            opening.append(
                ir.Assign(
                    ir.Unpack(targets), ir.Read(seed), span=self._result_span(a), role=Role.SEED
                )
            )
        for name, value in zip(a.exit.results, a.results):
            shape = a.shapes.of_value(value)
            # The default seed is a number; one that must be given may be anything.
            given = self.options.seed == "required" or a.exit.is_tuple
            if (
                name in active
                and check
                and (given or needs_seed_check(backward.block, shape, a.shapes))
            ):
                adjoint = a.names.adjoint(name)
                plain = shape == NUMBER and not reverse.uses_tensors
                like = ir.Const(0.0) if plain else ir.Version(value)
                checked = ir.Op("tangent.check_seed", (ir.Read(adjoint), like))
                opening.append(
                    ir.Assign(ir.Name(adjoint), checked, span=self._result_span(a), role=Role.SEED)
                )
        for name in dict.fromkeys(n for n in a.exit.results if n in shadowed and n in active):
            seed_of = a.names.adjoint(name)
            opening.append(reverse.seeded(shadowed[name], seed_of, self._result_span(a)))
        backward.block[:0] = opening
        gradient: list[ir.Expr] = []
        for name in wrt:
            shadow = reverse.gradient(a.input(name))
            if shadow is not None or name in reverse.present:
                adjoint = shadow or ir.Read(a.names.adjoint(name))
                own = ir.Version(a.input(name))
                # The cotangent of a real number may have got an imaginary part.
                real = ir.Op("tangent.as_kind_of", (adjoint, own))
                is_complex = self.uses_complex and not reverse.uses_tensors
                if _gets_items(a, name):
                    # Of the items it had at first.
                    gradient.append(ir.Op("tangent.unbroadcast", (adjoint, own)))
                    continue
                gradient.append(real if is_complex else adjoint)
            else:
                gradient.append(reverse.zeros(a.input(name)))
        value = (
            gradient[0]
            if len(gradient) == 1
            else ir.Op("tuple", tuple(gradient), form=ir.Form.DISPLAY)
        )
        backward.block.append(ir.Return(value, a.function.span, Role.RETURN))
        return reverse, backward.block, active

    def _result_span(self, a: _Analysed) -> Span | None:
        returns = [s for s in ir.statements(a.function.body) if isinstance(s, ir.Return)]
        return returns[-1].span if returns else a.function.span

    def seed_name(self, a: _Analysed) -> str:
        """The parameter that takes the adjoint of the result."""
        return a.names.adjoint("result" if a.exit.is_tuple else a.exit.results[0])

    def _check_annotations(self, a: _Analysed, block: ir.Block) -> ir.Block:
        """The line that holds the caller to what annotations promise about shapes. A single
        number in an elementwise derivative needs none: an array is then as good."""
        if not self.options.check_dims:
            return []
        promised: list[ir.Expr] = []
        others = 0
        for param in a.function.params:
            value = a.versions.params[param.name]
            extents = extents_of(a.shapes.of_value(value))
            if param.annotation is None or extents is None:
                others += 1
            elif not is_integer_annotation(param.annotation):
                sizes = " ".join(str(size) for size in extents)
                promised += [ir.Read(param.name), ir.Const(sizes)]
        one_number = (
            len(promised) == 2
            and extents_of(
                a.shapes.of_value(a.versions.params[promised[0].name])  # type: ignore[union-attr]
            )
            == ()
        )
        if not promised or (
            one_number and not others and not needs_seed_check(block, ANY_SHAPE, a.shapes)
        ):
            return []
        numbers = all(isinstance(s, ir.Const) and not s.value for s in promised[1::2])
        check = (
            ir.Op("tangent.check_numbers", tuple(promised[::2]))
            if numbers
            else ir.Op("tangent.check_shapes", tuple(promised))
        )
        return [ir.Evaluate(check, a.function.span, Role.SEED)]

    def _check_methods(self, a: _Analysed, nested: bool = True) -> ir.Block:
        """The lines in a function made of a method that make sure that the object's class means
        this method by its name: the text cannot rule out a subclass with another one."""
        source = a.function.source
        needed = dict(self.program.checks.get(source, {}))
        if source.dispatched and source.cls is not None and nested:
            needed = {(source.cls, source.node.name): None, **needed}
        out: ir.Block = []
        for cls, name in needed:
            receiver = ir.Read(a.function.params[0].name)
            operands = (receiver, self.program.named(cls), ir.Const(name))
            check = ir.Op("tangent.check_method", operands)
            out.append(ir.Evaluate(check, a.function.span, Role.SEED))
        return out

    def _check_arrays(self, a: _Analysed, wrt: tuple[str, ...]) -> ir.Block:
        """The line that makes sure of an argument of which the text only uses attributes of
        arrays, like ``x.T``: an object may have fields of these names."""
        wanted = {p.name for p in a.function.params if p.name in wrt and p.annotation is None}
        looked_at: set[str] = set()
        other: set[str] = set()
        for stmt in ir.statements(a.body) if wanted else ():
            for expr in ir.expressions(stmt):
                for node in ir.walk(expr):
                    of_array = isinstance(node, ir.Op) and node.form is ir.Form.ATTRIBUTE
                    names = {c.name for c in ir.children(node) if isinstance(c, ir.Read)}
                    (looked_at if of_array else other).update(names)
                if isinstance(expr, ir.Read):
                    other.add(expr.name)
        names = [n for n in wrt if n in (looked_at & wanted) - other]
        if not names:
            return []
        check = ir.Op("tangent.check_arrays", tuple(ir.Read(n) for n in names))
        return [ir.Evaluate(check, a.function.span, Role.SEED)]

    def _joint(self, a: _Analysed, name: str, wrt: tuple[str, ...]) -> None:
        seed = self.seed_name(a)
        reverse, _, _ = self._backward(a, wrt, seed, self.options.check_dims)
        recorded = with_records(
            a.body,
            reverse.result,
            a.versions,
            a.shapes,
            a.aliases,
            a.names,
            None if self.options.optimized else a.activity.is_varied,
            a.shadow_names,
        )
        self._report_interrupted(a, recorded.interrupted)
        a.kept_shadows = recorded.shadows
        forward, backward = recorded.forward, recorded.backward
        if self.options.preserve_result:
            self._return_result_too(a, forward, backward)
        seed_needed = self.options.seed == "required" or a.exit.is_tuple
        check = [*self._check_methods(a, nested=False), *self._check_arrays(a, wrt)]
        check = [*check, *self._check_annotations(a, backward)]
        body = [*check, *forward, ir.Comment(""), *backward]
        if self.options.seed == "ones" and not a.exit.is_tuple:
            body = self._seed_of_ones(a, seed, body, len(check) + len(forward) + 1)
        parameters = self._parameters(
            a.function, [(seed, None if seed_needed else self._default())]
        )
        self._finish(a, name, parameters, body, reverse.result.renames, a.function.docstring)

    def _report_interrupted(self, a: _Analysed, statements: Sequence[ir.Stmt]) -> None:
        for stmt in statements:
            span = stmt.span or a.function.span
            assert span is not None
            self.program.report(
                a.function.source,
                span,
                "interrupted",
                "cannot differentiate this `try`: an exception may come when a part of what the"
                " derivative needs is computed",
                "put what is tried into a function of its own",
            )

    def _default(self) -> str:
        return "None" if self.options.seed == "ones" else "1.0"

    def _seed_of_ones(self, a: _Analysed, seed: str, body: ir.Block, at: int) -> ir.Block:
        result = ir.Read(a.exit.results[0])
        ones = ir.Assign(
            ir.Name(seed),
            ir.Op("tangent.expand", (ir.Const(1.0), result)),
            span=self._result_span(a),
            role=Role.SEED,
        )
        test = ir.Op(
            "compare", (ir.Read(seed), ir.Const(None)), form=ir.Form.OPERATOR, detail=("is",)
        )
        check = ir.If(test, [ones], [], self._result_span(a), Role.SEED)
        return [*body[:at], check, *body[at:]]

    def _return_result_too(self, a: _Analysed, forward: ir.Block, backward: ir.Block) -> None:
        """Appends the primal's result to what is returned, under a name that the backward pass
        does not use for something else."""
        rebound = {n for s in ir.statements(backward) for n in ir.binds(s)}
        kept: list[ir.Expr] = []
        for name in a.exit.results:
            if name in rebound:
                other = a.names.fresh("result")
                kept_result = ir.Assign(
                    ir.Name(other), ir.Read(name), span=self._result_span(a), role=Role.RECORD
                )
                forward.append(kept_result)
                name = other
            kept.append(ir.Read(name))
        last = backward[-1]
        assert isinstance(last, ir.Return) and last.value is not None
        result = ir.Op("tuple", tuple(kept), form=ir.Form.DISPLAY) if a.exit.is_tuple else kept[0]
        gradient = (
            last.value.args
            if isinstance(last.value, ir.Op) and last.value.callee == "tuple"
            else (last.value,)
        )
        last.value = ir.Op("tuple", (*gradient, result), form=ir.Form.DISPLAY)

    def _finish(
        self,
        a: _Analysed,
        name: str,
        parameters: list[str],
        body: ir.Block,
        renames: dict[ir.Stmt, dict[str, str]],
        docstring: Span | None = None,
    ) -> None:
        body = self._cleaned(a, body)
        objects = frozenset(self.program.definitions.holding_functions(a.function.source))
        self.analysed[name] = a, objects
        self.generated.append(
            GeneratedFunction(
                name,
                parameters,
                body,
                a.function.source.module,
                a.function.span,
                renames,
                docstring,
            )
        )

    def _cleaned(self, a: _Analysed, body: ir.Block) -> ir.Block:
        if self.options.optimized:
            guarded = a.function.source in self.guarded
            body = remove_dead_code(
                body, a.aliases.is_shared, self.is_pure, a.kept_shadows, guarded
            )
        return tidy_comments(settle_jumps(body))

    def is_pure(self, call: ir.Call) -> bool:
        """Whether calling a user function does nothing but compute its result."""
        return not call.dynamic and is_pure_function(self.program, call.function, self.mutations)

    # --- motion and calls ------------------------------------------------------------------

    def _split(self, a: _Analysed, name: str, wrt: tuple[str, ...]) -> None:
        """A forward and a backward function, and one that calls them in turn."""
        pair = CalleePair(
            self.module_names.fresh(f"{self.source.name}_forward"),
            self.module_names.fresh(f"{self.source.name}_backward"),
            wrt,
        )
        seed = self.seed_name(a)
        self._pair_functions(a, pair)
        seed_needed = self.options.seed == "required" or a.exit.is_tuple
        parameters = self._parameters(a.function, [(seed, None if seed_needed else "1.0")])
        arguments = [
            f"{p.name}={p.name}" if p.kind == "keyword" else p.name for p in a.function.params
        ]
        forward = ir.Op(
            "generated", tuple(ir.Global(t) for t in arguments), function=ir.Global(pair.forward)
        )
        result, record = ir.Name(a.names.fresh("result")), ir.Name(a.names.fresh("record"))
        backward = ir.Op(
            "generated", (ir.Read(record.name), ir.Read(seed)), function=ir.Global(pair.backward)
        )
        span = a.function.span
        body: ir.Block = [ir.Assign(ir.Unpack((result, record)), forward, span=span)]
        if self.options.preserve_result:
            gradient = [ir.Name(a.names.fresh(f"b{n}")) for n in wrt]
            target = gradient[0] if len(gradient) == 1 else ir.Unpack(tuple(gradient))
            body.append(ir.Assign(target, backward, span=span, role=Role.ADJOINT))
            values = (*(ir.Read(g.name) for g in gradient), ir.Read(result.name))
            body.append(ir.Return(ir.Op("tuple", values, form=ir.Form.DISPLAY), span))
        else:
            body.append(ir.Return(backward, span))
        self.generated.append(
            GeneratedFunction(
                name, parameters, body, a.function.source.module, span, {}, a.function.docstring
            )
        )

    def callee(self, call: ir.Call, active: tuple[str, ...]) -> CalleePair:
        """The forward and backward function for a call with these active parameters."""
        key = (call.function, active)
        if key not in self.pairs:
            base = base_name(call.function.name)
            self.pairs[key] = CalleePair(
                self.module_names.fresh(f"{base}_forward"),
                self.module_names.fresh(f"{base}_backward"),
                active,
            )
            self.worklist.append(key)
        return self.pairs[key]

    def tangent_callee(self, call: ir.Call, active: tuple[str, ...]) -> CalleePair:
        """The function that computes result and tangent for a call (forward mode)."""
        key = (call.function, active)
        if key not in self.pairs:
            base = base_name(call.function.name)
            name = self.module_names.fresh(f"{base}_with_tangent")
            seeds = Names(_names_in(self.program, self.program.function(call.function)))
            self.pairs[key] = CalleePair(name, "", active, tuple(seeds.tangent(p) for p in active))
            self.worklist.append(key)
        return self.pairs[key]

    def _callee_functions(self, source: FunctionSource, active: tuple[str, ...]) -> None:
        a = self.analyse(source, active)
        if a is None:
            return
        pair = self.pairs[source, active]
        if self.options.mode == "forward":
            self._forward(a, pair.forward, active, nested=True)
        else:
            self._pair_functions(a, pair)

    def _pair_functions(self, a: _Analysed, pair: CalleePair) -> None:
        seed = self.seed_name(a)
        reverse, _, _ = self._backward(a, pair.active, seed, False, untouched=seed)
        recorded = with_records(
            a.body,
            reverse.result,
            a.versions,
            a.shapes,
            a.aliases,
            a.names,
            None if self.options.optimized else a.activity.is_varied,
            a.shadow_names,
        )
        self._report_interrupted(a, recorded.interrupted)
        a.kept_shadows = recorded.shadows
        results = tuple(ir.Read(n) for n in a.exit.results)
        result: ir.Expr = (
            ir.Op("tuple", results, form=ir.Form.DISPLAY) if a.exit.is_tuple else results[0]
        )
        kept = recorded.record
        record_name = a.names.fresh("record")
        packed: ir.Expr = ir.Const(None)
        opening: ir.Block = []
        span = a.function.span
        if len(kept) == 1:
            packed = ir.Read(kept[0])
            opening = [
                ir.Assign(ir.Name(kept[0]), ir.Read(record_name), span=span, role=Role.RESTORE)
            ]
        elif kept:
            packed = ir.Op("tuple", tuple(ir.Read(n) for n in kept), form=ir.Form.DISPLAY)
            opening = [
                ir.Assign(
                    ir.Unpack(tuple(ir.Name(n) for n in kept)),
                    ir.Read(record_name),
                    span=span,
                    role=Role.RESTORE,
                )
            ]
        leave = ir.Return(ir.Op("tuple", (result, packed), form=ir.Form.DISPLAY), span)
        missing: ir.Block = [
            ir.Assign(ir.Name(n), ir.Const(None), span=span, role=Role.RECORD)
            for n in recorded.partial
        ]
        check = [*self._check_methods(a), *self._check_annotations(a, recorded.backward)]
        forward = [*check, *missing, *recorded.forward, leave]
        parameters = self._parameters(a.function, [(n, None) for n in a.function.captured])
        self._finish(a, pair.forward, parameters, forward, {})
        self._finish(
            a,
            pair.backward,
            [record_name, seed],
            [*opening, *recorded.backward],
            reverse.result.renames,
        )

    def template(self, call: ir.Call | ir.Op, source: FunctionSource) -> Template | None:
        """The user's own rule for a function that is called."""
        symbol: Symbol
        if isinstance(call, ir.Op):
            symbol = Library(call.callee)
        else:
            defined = library_name(call.function)
            symbol = Library(defined) if defined else UserFunction(call.function)
        modules = [source.module, self.source.module]
        if isinstance(call, ir.Call):
            modules.insert(1, call.function.module)
        elif not has_library_rules(modules):
            return None
        mode = "forward" if self.options.mode == "forward" else "reverse"
        function = template_for(symbol, mode, modules)
        if function is None:
            return None
        if function not in self.templates:
            lowering = self.program.lowering(function)
            lowering.locals.add("d")
            of = None
            if isinstance(call, ir.Call):
                own = call.function.node.args
                of = tuple(a.id for a in (*own.posonlyargs, *own.args, *own.kwonlyargs))
            try:
                self.templates[function] = Template(function, lowering.expr, mode, of)
            except TemplateError as error:
                span = function.module.source.span_of(error.node)
                raise DerivativeError(
                    [
                        Diagnostic(
                            "rule", f"cannot use this rule: {error}", function.module.path, span
                        )
                    ],
                    [function.module.source],
                ) from None
        template = self.templates[function]
        if isinstance(call, ir.Op) and not template.fits(call):
            place = source.module.source
            span = call.span or place.span_of(source.node)
            message = (
                f"cannot use the rule `{function.name}` for this call: it takes other arguments"
            )
            raise DerivativeError([Diagnostic("rule", message, source.module.path, span)], [place])
        return template

    # --- forward mode ----------------------------------------------------------------------

    def _forward(self, a: _Analysed, name: str, wrt: tuple[str, ...], nested: bool = False) -> None:
        forward = Forward(
            a.function,
            a.body,
            a.versions,
            a.activity,
            a.aliases,
            a.shapes,
            a.names,
            Options(self.options.optimized, self.uses_complex),
            self.tangent_callee,
            lambda call: self.template(call, a.function.source),
            a.mirror,
        )
        inputs = {name: a.input(name) for name in wrt}
        body = forward.run(inputs, a.given, self.options.check_dims and not nested)
        self._report_interrupted(a, forward.interrupted)
        results: list[ir.Expr] = []
        tangents: list[ir.Expr] = []
        for result, value in zip(a.exit.results, a.results):
            results.append(ir.Read(result))
            tangents.append(forward.final_tangent(result, value))

        def pack(parts: list[ir.Expr]) -> ir.Expr:
            if a.exit.is_tuple:
                return ir.Op("tuple", tuple(parts), form=ir.Form.DISPLAY)
            return parts[0]

        span = self._result_span(a)
        if nested:
            returned: ir.Expr = ir.Op(
                "tuple", (pack(results), pack(tangents)), form=ir.Form.DISPLAY
            )
        elif self.options.preserve_result:
            returned = ir.Op("tuple", (pack(tangents), pack(results)), form=ir.Form.DISPLAY)
        else:
            returned = pack(tangents)
        tangents_only = [s for s in ir.statements(body) if s.role is Role.TANGENT]
        body = [*self._check_annotations(a, tangents_only), *body, ir.Return(returned, span)]
        body = [*([] if nested else self._check_arrays(a, wrt)), *body]
        body = [*self._check_methods(a, nested), *body]
        needed = self.options.seed == "required" or nested
        seeds: list[tuple[str, str | None]] = [
            (a.names.tangent(n), None if needed else self._default()) for n in wrt
        ]
        captured: list[tuple[str, str | None]] = [(n, None) for n in a.function.captured]
        if self.options.seed == "ones" and not nested:
            ones = self._tangents_of_ones(a, wrt)
            place = 1 + max((body.index(stmt) for stmt in a.given), default=-1)
            body = [*body[:place], *ones, *body[place:]]
        parameters = self._parameters(a.function, [*captured, *seeds] if nested else seeds)
        self._finish(a, name, parameters, body, {}, None if nested else a.function.docstring)

    def _tangents_of_ones(self, a: _Analysed, wrt: tuple[str, ...]) -> ir.Block:
        out: ir.Block = []
        for name in wrt:
            seed = a.names.tangent(name)
            ones = ir.Op("tangent.expand", (ir.Const(1.0), ir.Read(name)))
            test = ir.Op(
                "compare", (ir.Read(seed), ir.Const(None)), form=ir.Form.OPERATOR, detail=("is",)
            )
            out.append(
                ir.If(
                    test,
                    [ir.Assign(ir.Name(seed), ones, span=a.function.span, role=Role.SEED)],
                    [],
                    a.function.span,
                    Role.SEED,
                )
            )
        return out

    # --- text ------------------------------------------------------------------------------

    def _parameters(self, function: ir.Function, added: list[tuple[str, str | None]]) -> list[str]:
        """The parameters of the primal as it writes them, and those that are added."""
        text = function.source.module.source
        out: list[str] = []
        positional = [p for p in function.params if p.kind == "positional"]
        keyword_only = [p for p in function.params if p.kind == "keyword"]
        has_star = any(p.kind == "star" for p in function.params)
        defaulted = any(p.default is not None for p in function.params if p.kind != "keyword")

        scope = self.program.scope(function.source)
        is_method = scope.receives == "method" and not function.source.constructs
        own = scope.cls if is_method else None

        def one(param: ir.Param) -> str:
            written = param.name
            if param is function.params[0] and param.annotation is None and own is not None:
                return f"{written}: {own.name}"
            if param.annotation is not None:
                written += f": {text.slice(text.span_of(param.annotation))}"
            if isinstance(param.default, ir.Const):
                written += f"={param.default.value!r}"
            elif param.default is not None:
                equals = " = " if param.annotation is not None else "="
                written += equals + text.slice(text.span_of(param.default))
            return written

        plain = [p for p in function.params if p.kind in ("positional", "plain")]
        for i, param in enumerate(plain):
            out.append(one(param))
            if positional and i == len(positional) - 1:
                out.append("/")
        extra = [n if d is None else f"{n}={d}" for n, d in added]
        by_keyword = has_star or (defaulted and any(d is None for _, d in added))
        if not by_keyword:
            out += extra
        if has_star:
            out += [f"*{p.name}" for p in function.params if p.kind == "star"]
        elif keyword_only or (by_keyword and extra):
            out.append("*")
        out += [one(p) for p in keyword_only]
        if by_keyword:
            out += extra
        out += [f"**{p.name}" for p in function.params if p.kind == "starstar"]
        return out

    def _foreign_imports(self) -> list[str]:
        """Import lines for what functions of other files call there, and the dotted names of
        helpers. A name that means something else in the main file is refused."""
        main = self.source.module
        lines: dict[str, None] = {}
        for source in self.involved:
            module = source.module
            if module.path == main.path:
                if source is not self.source and module.path.startswith("<tangent "):
                    lines.update((line, None) for line in _own_imports(source))
                continue
            for name in scopes.free_names(source.node):
                symbol = module.resolver.lookup(name)
                here = main.resolver.lookup(name)
                if symbol is None or name in self.program.function(source).captured:
                    continue
                if _same_symbol(symbol, here):
                    continue
                line = _import_of(name, symbol, module.dotted)
                if main.resolver.is_bound(name) or line is None:
                    self.program.report(
                        source,
                        module.source.span_of(source.node),
                        "foreign-name",
                        f"cannot differentiate `{source.name}` from another file: its name"
                        f" `{name}` does not mean the same in {main.path}",
                        "rename it in one of the files, or import it there",
                    )
                else:
                    lines[line] = None
        for cls in self.program.named_classes:
            here = main.resolver.lookup(cls.name)
            if isinstance(here, UserClass) and here.source.node is cls.node:
                continue
            line = _import_of(cls.name, UserClass(cls), cls.module.dotted)
            if main.resolver.is_bound(cls.name) or line is None or cls.module.path == main.path:
                self.error(
                    "foreign-name",
                    f"cannot differentiate a method of `{cls.qualname}` from another place: its"
                    f" name does not mean the same in {main.path}",
                    "import the class there, under its own name",
                )
            else:
                lines[line] = None
        return list(lines)

    def dependencies(self) -> tuple[Dependency, ...]:
        looked_at = dict.fromkeys([*self.involved, *self.mutations, *self.templates])
        return tuple(
            Dependency(s.module.path, s.qualname, s.module.source.span_of(s.node))
            for s in looked_at
        )


def _gets_items(a: _Analysed, name: str) -> bool:
    """Whether an argument is a dictionary that may get items in the function."""
    if a.aliases.kinds.of(ir.Read(name)) != DICT:
        return False
    return any(
        name in mutations(stmt)
        for stmt in ir.statements(a.body)
        if isinstance(stmt, (ir.Assign, ir.Evaluate))
    )


def _keep_arguments(body: ir.Block, activity: Activity) -> bool:
    """Notes that a function which is only known when the program runs leaves arguments that
    carry a derivative as they are: one that changes them is refused there. Whether anything was
    noted."""
    found = False
    for stmt in ir.statements(body):
        for expr in ir.expressions(stmt):
            for node in ir.walk(expr):
                if not isinstance(node, ir.Call) or not node.unsure:
                    continue
                args = (*node.args, *(v for _, v in node.keywords))
                active = {a.name for a in args if isinstance(a, ir.Read) and activity.is_varied(a)}
                if node.dynamic and activity.is_varied(node):
                    active = set(node.unsure)
                kept = tuple(n for n in node.unsure if n in active)
                if kept:
                    node.mutates = tuple(n for n in node.mutates if n not in kept)
                    node.unsure = tuple(n for n in node.unsure if n not in kept)
                    found = True
    return found


def _own_imports(source: FunctionSource) -> list[str]:
    """The imports at the top of generated text that a function in it uses: they belong to the
    scope of that text alone. Helpers are given by their dotted names."""
    wanted = set(scopes.free_names(source.node))
    out: list[str] = []
    for node in source.module.tree.body:
        if isinstance(node, (gast.Import, gast.ImportFrom)):
            for item in node.names:
                if (item.asname or item.name.split(".")[0]) in wanted:
                    renamed = f" as {item.asname}" if item.asname else ""
                    if isinstance(node, gast.Import):
                        out.append(f"import {item.name}{renamed}")
                    elif node.module == "tangent":
                        out.append(f"tangent.{item.name}")
                    else:
                        dots = "." * (node.level or 0)
                        out.append(f"from {dots}{node.module or ''} import {item.name}{renamed}")
    return out


def _same_symbol(first: Any, second: Any) -> bool:
    if isinstance(first, Library) and isinstance(second, Library):
        return canonical(first.dotted) == canonical(second.dotted)
    if isinstance(first, UserClass) and isinstance(second, UserClass):
        return first.source.node is second.source.node
    if isinstance(second, Library):
        defined = library_source(canonical(second.dotted))
        second = second if defined is None else UserFunction(defined)
    if isinstance(first, UserFunction) and isinstance(second, UserFunction):
        a, b = first.function, second.function
        return (a.module.path, a.qualname) == (b.module.path, b.qualname)
    return False


def _import_of(name: str, symbol: Any, module: str | None) -> str | None:
    if isinstance(symbol, Library):
        parent, _, last = canonical(symbol.dotted).rpartition(".")
        if parent == "builtins":
            return None
        if not parent:
            return f"import {last}" if last == name else f"import {last} as {name}"
        if parent == "tangent" and last == name:
            return f"tangent.{name}"
        return f"from {parent} import {last}" + ("" if last == name else f" as {name}")
    return None if module is None else f"from {module} import {name}"


def _names_in(program: Program, function: ir.Function) -> set[str]:
    """Every name that occurs in a function, and those that rules may put there."""
    registry.rule_for("tangent.unbroadcast")
    names = {"np", "numpy", "tf", "tensorflow", "math", "tangent", "scipy", "d", "_"}
    helpers = (*declare.RULES, *declare.SOURCES, *declare.ZERO_GRADIENT)
    names |= {n.removeprefix("tangent.") for n in helpers if n.startswith("tangent.")}
    names |= {"derivative_pair", "with_tangent"}
    names |= function.locals | program.identifiers(function.source)
    names |= {alias for alias, _ in function.source.module.resolver.aliases()}
    return names


def _global_names(program: Program, source: FunctionSource) -> set[str]:
    """Names that the primal's file uses anywhere a generated function could hide them."""
    aliases = {alias for alias, _ in source.module.resolver.aliases()}
    return {*program.identifiers(source), *aliases, source.name}
