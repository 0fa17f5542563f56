"""How long a gradient takes, beside its primal, a hand-written adjoint and other tools.

    python bench/gradients.py [--json | --markdown] [--quick] [--only NAME ...]

Every figure is the time of the gradient divided by the time of the plain NumPy primal: the
median over interleaved rounds, in each of which everything is timed once, with one thread. All
gradients are compared before they are timed. `tangent` is `tangent.grad` of the text as it
stands.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from common import Table, arguments, median, quiet_process, show

if __name__ == "__main__":
    quiet_process()

import handwritten
import numpy as np
import peers
import workloads

import tangent

SLICE = 0.01  # seconds that a measurement takes at least


def cases(quick: bool) -> dict[str, tuple[str, tuple[Any, ...], tuple[int, ...]]]:
    """For each label: the function, its arguments, and those to differentiate by."""
    rng = np.random.default_rng(0)
    normal = rng.normal

    def mlp(batch: int, width: int) -> tuple[Any, ...]:
        return (
            normal(size=(32, width)), normal(size=width), 0.1 * normal(size=(width, 8)),
            normal(size=8), normal(size=(batch, 32)), normal(size=(batch, 8)),
        )  # fmt: skip

    def logistic(n: int, d: int) -> tuple[Any, ...]:
        return normal(size=d), 0.1, normal(size=(n, d)), np.sign(normal(size=n))

    def rnn(steps: int) -> tuple[Any, ...]:
        return 0.1 * normal(size=(64, 64)), 0.1 * normal(size=(64, 16)), normal(size=(steps, 16))

    every = {
        "polynomial": ("polynomial", (1.3,), (0,)),
        "iterate 1000": ("iterate", (0.5, 1000), (0,)),
        "newton": ("newton", (27.0,), (0,)),
        "mlp 16x64": ("mlp", mlp(16, 64), (0, 1, 2, 3)),
        "mlp 256x256": ("mlp", mlp(256, 256), (0, 1, 2, 3)),
        "logistic 200x10": ("logistic", logistic(200, 10), (0, 1)),
        "logistic 10000x100": ("logistic", logistic(10000, 100), (0, 1)),
        "rnn 50": ("rnn", rnn(50), (0, 1)),
        "rnn 200": ("rnn", rnn(200), (0, 1)),
        "heat 1000x200": ("heat", (0.1, normal(size=1000), 200), (0,)),
        "heat 10000x200": ("heat", (0.1, normal(size=10000), 200), (0,)),
    }
    small = ("polynomial", "newton", "mlp 16x64", "logistic 200x10")
    return {label: case for label, case in every.items() if not quick or label in small}


def seconds(function: Callable[..., Any], args: tuple[Any, ...], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        function(*args)
    return (time.perf_counter() - start) / calls


def calls_for(function: Callable[..., Any], args: tuple[Any, ...], slice_: float) -> int:
    """How many calls fill the slice; the first calls warm up."""
    calls = 1
    while True:
        taken = seconds(function, args, calls) * calls
        if taken >= slice_ / 2:
            return max(1, round(calls * slice_ / taken))
        calls *= 4


def flat(value: Any) -> np.ndarray:
    parts = value if isinstance(value, (tuple, list)) else [value]
    return np.concatenate([np.ravel(np.asarray(part)) for part in parts])


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="workloads to measure")
    options = parser.parse_args()
    rounds = 3 if options.quick else 21
    slice_ = SLICE / 10 if options.quick else SLICE

    tools: dict[str, Callable[[str, tuple[int, ...]], Callable[..., Any]]] = {
        "hand": lambda name, wrt: getattr(handwritten, name),
        "tangent": lambda name, wrt: tangent.grad(getattr(workloads, name), wrt),
    }
    missing = []
    for name, peer in (("autograd", peers.autograd), ("GradientTape", peers.tensorflow)):
        try:
            tools[name] = peer()
        except peers.Missing as error:
            missing.append(f"{name} is missing: {error}")

    table = Table(
        "Time of the gradient / time of the primal",
        ("workload", "primal us", *tools, "tangent / hand"),
    )
    rows = []
    for label, (name, args, wrt) in cases(options.quick).items():
        if options.only and not any(one in label for one in options.only):
            continue
        primal = getattr(workloads, name)
        timed: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {"primal": (primal, args)}
        expected = flat(getattr(handwritten, name)(*args))
        for tool, make in tools.items():
            given = peers.as_tensors(args) if tool == "GradientTape" else args
            gradient = make(name, wrt)
            scale = np.abs(expected).max()
            np.testing.assert_allclose(
                flat(gradient(*given)), expected, rtol=1e-6, atol=1e-9 * scale,
                err_msg=f"{tool} on {label}",
            )  # fmt: skip
            timed[tool] = gradient, given
        counts = {tool: calls_for(*pair, slice_) for tool, pair in timed.items()}
        times: dict[str, list[float]] = {tool: [] for tool in timed}
        for _ in range(rounds):
            for tool, pair in timed.items():
                times[tool].append(seconds(*pair, counts[tool]))
        ratios = {
            tool: median([a / b for a, b in zip(times[tool], times["primal"], strict=True)])
            for tool in tools
        }
        to_hand = median([a / b for a, b in zip(times["tangent"], times["hand"], strict=True)])
        microseconds = median(times["primal"]) * 1e6
        table.add(label, microseconds, *ratios.values(), to_hand)
        rows.append({"workload": label, "primal_us": microseconds, "to_hand": to_hand, **ratios})
    lines = [*missing]
    if rows:
        worst = max(rows, key=lambda row: row["to_hand"])
        middle = median([row["to_hand"] for row in rows])
        lines.append(
            f"tangent / hand: {middle:.2f} in the median, {worst['to_hand']:.2f} at worst"
            f" ({worst['workload']})"
        )
    show(options, [table], lines, {"gradients": rows})


if __name__ == "__main__":
    main()
