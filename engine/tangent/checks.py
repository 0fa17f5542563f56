"""Whether a derivative is right: central differences, and forward mode against reverse mode.

Both modes are compared with (f(x + h v) - f(x - h v)) / 2h for directions v, and with each
other by the dot-product test: <u, J v> and <J^T u, v> are the same number, to rounding, for
every u and v.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tangent import trees
from tangent.api import Wrt, jvp, seed_names, vjp
from tangent.trees import Vector

# An argument with more elements is checked along random directions instead of each axis.
_MOST_AXES = 64
_DIRECTIONS = 16


@dataclass(frozen=True, slots=True)
class Comparison:
    """One derivative beside the value it should have: where they differ most."""

    what: str  # "reverse", "forward", "forward against reverse"
    argument: str
    derivative: float
    expected: float
    tolerance: float  # how far apart the two may be
    place: str = ""  # the element, as a subscript of the argument

    @property
    def error(self) -> float:
        """How far off the derivative is."""
        return abs(self.derivative - self.expected)

    @property
    def ok(self) -> bool:
        return self.error <= self.tolerance  # false for NaN


@dataclass(frozen=True, slots=True)
class GradCheck:
    """What `check_grads` found: a comparison for each argument and mode."""

    function: str
    comparisons: tuple[Comparison, ...]

    @property
    def ok(self) -> bool:
        return all(comparison.ok for comparison in self.comparisons)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        verdict = "agree" if self.ok else "do NOT agree"
        lines = [f"derivatives of {self.function} {verdict} with central differences"]
        for c in self.comparisons:
            name = f"{c.argument}{c.place}"
            lines.append(
                f"  {'ok ' if c.ok else 'BAD'} {name:<10} {c.what:<24}"
                f"{c.derivative:>16.9g}, expected {c.expected:.9g}"
                f" (off by {c.error:.1e}, allowed {c.tolerance:.1e})"
            )
        return "\n".join(lines)


class GradientMismatch(AssertionError):
    """A derivative and the differences disagree. ``report`` is the `GradCheck`."""

    def __init__(self, report: GradCheck):
        self.report = report
        super().__init__(str(report))


def check_grads(
    func: Callable[..., Any],
    args: Sequence[Any],
    wrt: Wrt | None = None,
    *,
    mode: Literal["both", "reverse", "forward"] = "both",
    eps: float | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    raise_on_error: bool = True,
    seed: int = 0,
) -> GradCheck:
    """Compare the derivatives of ``func`` at ``args`` with central differences.

    Args:
        func: what `grad` takes; its result may be a number, an array, or nested ones.
        args: its arguments. Arrays are copied before each call.
        wrt: the arguments to check; without it every argument that holds floating point
            numbers only.
        mode: ``"both"`` also makes the dot-product test of the two modes.
        eps: the step of the differences, relative to the size of the argument.
        rtol, atol: how far apart two values may be: ``atol + rtol * |expected|``. The defaults
            of all three follow the precision of the arguments and the result.
        raise_on_error: raise if anything disagrees, instead of only reporting it.
        seed: of the random directions and cotangents, so that a check can be repeated.

    Raises:
        GradientMismatch: something disagrees; its message says how far off each argument is.
        DerivativeError: there is no derivative.
        TypeError: an argument of ``wrt`` or the result is not made of real numbers.
        ValueError: the result is not finite, or differs between two calls.
    """
    if mode not in ("both", "reverse", "forward"):
        raise ValueError(f"mode must be 'both', 'reverse' or 'forward', not {mode!r}")
    chosen = _floating(func, args) if wrt is None else wrt
    products = [
        make(func, chosen) if mode in ("both", name) else None
        for name, make in (("reverse", vjp), ("forward", jvp))
    ]
    return _Check(func, tuple(args), products[0], products[1], eps, rtol, atol, seed).run(
        raise_on_error
    )


def _floating(func: Callable[..., Any], args: Sequence[Any]) -> tuple[str, ...]:
    names: list[str] = []
    bound = inspect.signature(func).bind(*args)
    for name, value in bound.arguments.items():
        kind = bound.signature.parameters[name].kind
        starred = kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        if not starred and trees.all_real(value):
            names.append(name)
    if not names:
        raise TypeError(
            "no argument is a floating point number or array; pass 3.0 instead of 3, "
            "or say which arguments to check with wrt"
        )
    return tuple(names)


class _Check:
    def __init__(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        vjp: Callable[..., Any] | None,
        jvp: Callable[..., Any] | None,
        eps: float | None,
        rtol: float | None,
        atol: float | None,
        seed: int,
    ):
        self.func, self.args, self.vjp, self.jvp = func, args, vjp, jvp
        some = vjp or jvp
        self.names: tuple[str, ...] = some.derivative.wrt  # type: ignore[union-attr]
        self.rng = np.random.default_rng(seed)
        self.bound = inspect.signature(func).bind(*args)
        self.bound.apply_defaults()
        self.values = {name: trees.part(self.bound.arguments, name) for name in self.names}
        self.result = self.call(func, {})
        self.flat_result = self._flat_result(self.result)
        if not np.isfinite(self.flat_result).all():
            raise ValueError(f"the result at these arguments is not finite: {self.result!r}")
        again = self._flat_result(self.call(func, {}))
        if not np.array_equal(self.flat_result, again):
            raise ValueError("two calls with the same arguments gave different results")
        machine = max(trees.precision(self.result), trees.precision(self.values))
        self.eps = eps if eps is not None else machine ** (1 / 3)
        # The rounding error of a central difference is about eps_machine ** (2/3).
        self.rtol = rtol if rtol is not None else 100 * machine ** (2 / 3)
        scale = float(np.abs(self.flat_result).max(initial=1.0))
        self.atol = atol if atol is not None else 10 * machine ** (2 / 3) * scale
        self.exact = 1e4 * machine

    def _flat_result(self, result: Any) -> Vector:
        try:
            return trees.flat(result)
        except TypeError as error:
            raise TypeError(f"the result of {self.name} cannot be checked: {error}") from None

    @property
    def name(self) -> str:
        return getattr(self.func, "__qualname__", repr(self.func))

    def call(self, function: Callable[..., Any], values: dict[str, Any], **seeds: Any) -> Any:
        """Call with the arguments, some of them replaced, all of them copied."""
        given: dict[str, Any] = dict(self.bound.arguments)
        for name, value in values.items():
            given = trees.with_part(given, name, value)
        arguments = inspect.BoundArguments(self.bound.signature, given)  # type: ignore[arg-type]
        args, kwargs = trees.fresh(arguments.args), trees.fresh(arguments.kwargs)
        return function(*args, **kwargs, **seeds)

    def run(self, raise_on_error: bool) -> GradCheck:
        size = self.flat_result.size
        # With the cotangent 1 the numbers in the report are those of the gradient.
        cotangent = np.ones(1) if size == 1 else self.rng.uniform(0.5, 1.5, size)
        gradients = self.gradients(cotangent)
        found: list[Comparison] = []
        for name in self.names:
            found += self.check_argument(name, cotangent, gradients)
        report = GradCheck(self.name, tuple(found))
        if raise_on_error and not report.ok:
            raise GradientMismatch(report)
        return report

    def gradients(self, cotangent: Vector) -> dict[str, Vector]:
        if self.vjp is None:
            return {}
        seeds = seed_names(self.vjp, self.func)
        value = trees.unflat(self.result, cotangent)
        parts = (value,) if len(seeds) == 1 else tuple(value)
        got = self.call(self.vjp, {}, **dict(zip(seeds, parts, strict=True)))
        got = got if len(self.names) > 1 else (got,)
        gradients: dict[str, Vector] = {}
        for name, gradient in zip(self.names, got, strict=True):
            expected = trees.flat(self.values[name]).size
            gradients[name] = trees.flat(gradient)
            if gradients[name].size != expected:
                raise ValueError(
                    f"the gradient with respect to {name} has {gradients[name].size} elements, "
                    f"the argument has {expected}"
                )
        return gradients

    def tangent(self, name: str, direction: Vector) -> Vector:
        assert self.jvp is not None
        tangents: dict[str, Any] = {}
        for other, seed in zip(self.names, seed_names(self.jvp, self.func), strict=True):
            zeros = np.zeros(trees.flat(self.values[other]).size)
            vector = direction if other == name else zeros
            tangents[seed] = trees.unflat(self.values[other], vector)
        return trees.flat(self.call(self.jvp, {}, **tangents))

    def check_argument(
        self, name: str, cotangent: Vector, gradients: dict[str, Vector]
    ) -> list[Comparison]:
        value = self.values[name]
        base = trees.flat(value)
        axes = base.size <= _MOST_AXES
        directions = np.eye(base.size) if axes else self.rng.normal(size=(_DIRECTIONS, base.size))
        rows: dict[str, list[Comparison]] = {}

        def compare(what: str, got: float, expected: float, near: float, where: str) -> None:
            row = Comparison(what, name, float(got), float(expected), near, where)
            rows.setdefault(what, []).append(row)

        for number, direction in enumerate(directions):
            where = trees.place(value, number) if axes else ""
            difference = self.difference(name, base, direction)
            along = float(cotangent @ difference)
            near = self.atol * max(1.0, float(np.abs(cotangent).sum()))
            if name in gradients:
                got = float(gradients[name] @ direction)
                compare("reverse", got, along, near + self.rtol * abs(along), where)
            if self.jvp is not None:
                tangent = self.tangent(name, direction)
                if tangent.shape != difference.shape:
                    raise ValueError(
                        f"the tangent of the result has {tangent.size} elements, "
                        f"the result has {difference.size}"
                    )
                worst = int(np.argmax(np.abs(tangent - difference))) if tangent.size else 0
                if tangent.size:
                    allowed = self.atol + self.rtol * abs(float(difference[worst]))
                    compare("forward", tangent[worst], difference[worst], allowed, where)
                if name in gradients:
                    product = float(cotangent @ tangent)
                    got = float(gradients[name] @ direction)
                    magnitude = float(np.abs(cotangent) @ np.abs(tangent))
                    magnitude += float(np.abs(gradients[name]) @ np.abs(direction))
                    allowed = self.exact * max(magnitude, 1.0)
                    compare("forward against reverse", product, got, allowed, where)
        return [max(several, key=_badness) for several in rows.values()]

    def difference(self, name: str, base: Vector, direction: Vector) -> Vector:
        """The central difference of the result along a direction."""
        scale = float(np.abs(base).max(initial=0.0, where=direction != 0)) or 1.0
        step = self.eps * max(scale, 1e-3) / max(float(np.abs(direction).max(initial=0.0)), 1e-30)
        ends: list[Vector] = []
        moved: list[Vector] = []
        for sign in (1.0, -1.0):
            argument = trees.unflat(self.values[name], base + sign * step * direction)
            # What the argument's precision made of the step.
            moved.append(trees.flat(argument))
            ends.append(self._flat_result(self.call(self.func, {name: argument})))
        along = (moved[0] - moved[1]) @ direction / float(direction @ direction)
        return (ends[0] - ends[1]) / along


def _badness(comparison: Comparison) -> float:
    ratio = comparison.error / comparison.tolerance if comparison.tolerance else comparison.error
    return float("inf") if np.isnan(ratio) else ratio
