"""How long the engine takes to make a derivative, and how that grows with the function.

    python bench/transform.py [--json | --markdown] [--quick] [--profile]

Straight-line functions of 50 to 400 statements, in three variants: statements of one operation
each; statements of a few operations each, as people write them; and the same with five variables
that are overwritten over and over. Every statement carries a derivative. Warm: in a process that
has made a derivative before, of a text it has not seen. Cold: the first one in a new process.
"""

from __future__ import annotations

import cProfile
import math
import pstats
import random
import subprocess
import sys
import time

from common import Table, arguments, median, quiet_process, show, verdict

import tangent

SIZES = (50, 100, 200, 400)
BUDGET_MS = 20.0  # for 50 statements
# Of the exponent in time ~ statements ** exponent; 1 is linear, the rest is for noise.
GROWTH = 1.1
VARIANTS = ("one operation", "a few operations", "overwritten variables")
_OPERATIONS = (
    "{t} = {a} * {b}",
    "{t} = np.tanh({a})",
    "{t} = {a} + {b}",
    "{t} = {a} / {b}",
    "{t} = np.sin({a})",
    "{t} = {a} - {b}",
)
_STATEMENTS = (
    "{t} = {a} * {b} + np.sin({c})",
    "{t} = np.tanh({a} * 0.5) - {b}",
    "{t} = np.exp(-{a} * {a}) * {b}",
    "{t} = {a} / (1.0 + {b} * {b})",
    "{t} = np.dot({a}, {b}) * {c}",
    "{t} = np.sqrt({a} ** 2 + {b} ** 2) + 1.0",
    "{t} = np.maximum({a}, {b}) + 0.1 * {c}",
    "{t} = ({a} + {b}) * 0.5",
)


def straight_line(size: int, variant: str, seed: int = 0) -> str:
    """The text of a function of so many statements of its own; the same for the same seed."""
    choose = random.Random(seed)
    lines = ["import numpy as np", "", "", "def f(x, y):", "    v0 = x * y", "    v1 = x + y"]
    known = ["v0", "v1", "x", "y"]
    forms = _OPERATIONS if variant == VARIANTS[0] else _STATEMENTS
    overwrites = variant == VARIANTS[2]
    target = "v1"
    for i in range(2, size):
        latest = sorted(set(known)) if overwrites else known[-4:]
        b, c = choose.choice(latest), choose.choice(latest)
        previous, target = target, f"v{choose.randrange(5) if overwrites else i}"
        known.append(target)
        statement = forms[i % len(forms)].format(t=target, a=previous, b=b, c=c)
        lines.append(f"    {statement}")
    return "\n".join([*lines, f"    return np.sum({target})"]) + "\n"


def derive(text: str) -> tangent.Derivative:
    derivative = tangent.differentiate(text, "f", wrt=("x", "y"))
    if not derivative.ok:
        raise SystemExit("\n".join(map(str, derivative.diagnostics)))
    return derivative


def warm(size: int, variant: str, rounds: int) -> tuple[float, int]:
    """Milliseconds for one derivative (the median), and how many lines it has."""
    derive(straight_line(10, variant))
    times: list[float] = []
    lines = 0
    for round_ in range(rounds):
        text = straight_line(size, variant, round_)
        start = time.perf_counter()
        derivative = derive(text)
        times.append((time.perf_counter() - start) * 1000)
        lines = derivative.text.count("\n")
    return median(times), lines


_COLD = """
import sys, time
start = time.perf_counter()
import tangent
imported = time.perf_counter()
tangent.differentiate(sys.stdin.read(), "f", wrt=("x", "y"))
print(imported - start, time.perf_counter() - imported)
"""


def cold(size: int, variant: str, rounds: int) -> tuple[float, float]:
    """Milliseconds to import the engine, and for the first derivative after that."""
    pairs = []
    for round_ in range(rounds):
        done = subprocess.run(
            [sys.executable, "-c", _COLD],
            input=straight_line(size, variant, round_),
            capture_output=True,
            text=True,
            check=True,
        )
        pairs.append([float(part) * 1000 for part in done.stdout.split()])
    return median([i for i, _ in pairs]), median([f for _, f in pairs])


def growth(times: dict[int, float]) -> float:
    """The slope of log time over log size, from 100 statements on, by least squares."""
    points = [(math.log(n), math.log(t)) for n, t in times.items() if n >= 100]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread


def profile(size: int, variant: str, rounds: int) -> None:
    derive(straight_line(size, variant))
    texts = [straight_line(size, variant, i + 1) for i in range(rounds)]
    profiler = cProfile.Profile()
    profiler.enable()
    for text in texts:
        derive(text)
    profiler.disable()
    statistics = pstats.Stats(profiler)
    for order in ("tottime", "cumtime"):
        statistics.sort_stats(order).print_stats(35)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--profile", action="store_true", help="where the time goes (cProfile)")
    options = parser.parse_args()
    rounds, cold_rounds = (1, 1) if options.quick else (15, 5)
    if options.profile:
        for variant in VARIANTS:
            print(f"\n== {variant}, 200 statements, {rounds} times")
            profile(200, variant, rounds)
        return

    table = Table(
        "Time of the transformation",
        ("statements", "variant", "warm ms", "us/statement", "import ms", "cold ms", "lines out"),
    )
    rows, lines = [], []
    for variant in VARIANTS:
        times: dict[int, float] = {}
        for size in SIZES:
            ms, length = warm(size, variant, rounds)
            imported, first = cold(size, variant, cold_rounds)
            times[size] = ms
            table.add(size, variant, ms, ms / size * 1000, imported, first, length)
            rows.append(
                {"statements": size, "variant": variant, "warm_ms": ms, "import_ms": imported,
                 "cold_ms": first, "lines": length}
            )  # fmt: skip
        slope = growth(times)
        rows[-1]["growth_exponent"] = slope
        kind = "linear" if slope <= GROWTH else "NOT linear"
        lines.append(f"{variant}: 50 statements take {verdict(times[50], BUDGET_MS, 'ms')}")
        lines.append(f"{variant}: time grows with statements to the power {slope:.2f}: {kind}")
    show(options, [table], lines, {"transform": rows})


if __name__ == "__main__":
    quiet_process()
    main()
