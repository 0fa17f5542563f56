"""The engine over code that nobody wrote for it: every function of installed packages.

    python tests/engine/crash.py [--minutes N] [--seed S] [PACKAGE ...]

Each function and method found in the text of the standard library, NumPy and SciPy is
differentiated in both modes. A diagnostic is fine and counted; any other exception, a text that
does not compile, IR that is not well formed, two texts of one function, or a function that takes
longer than it may are defects.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import random
import signal
import sys
import sysconfig
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "engine"))

from tangent import engine
from tangent.diagnostics import DerivativeError
from tangent.emit.writer import GeneratedFunction, Writer
from tangent.ir import nodes as ir
from tangent.ir.verifier import verify_generated, verify_primal
from tangent.resolve.static import Sources, read_file
from tangent.source.outline import Function, outline
from tangent.source.text import SourceText

PACKAGES = ("stdlib", "numpy", "scipy")
LIMIT = 10.0  # seconds of the processor for one function in one mode: none is that long


class TooLong(BaseException):
    """A function took longer than it may. No `Exception`, so that nothing handles it."""


@dataclass
class Report:
    """What came out of a run."""

    functions: int = 0
    derivatives: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest: list[tuple[float, str]] = field(default_factory=list)

    def summary(self) -> str:
        asked = self.derivatives + sum(self.refusals.values())
        lines = [
            f"{self.functions} functions, {asked} derivatives asked for, {self.derivatives} made,"
            f" {len(self.failures)} failures",
            "refused, by the code of the first diagnostic:",
            *(f"  {count:6d}  {code}" for code, count in self.refusals.most_common()),
            "slowest:",
            *(f"  {seconds:6.2f} s  {where}" for seconds, where in self.slowest[:5]),
        ]
        return "\n".join([*lines, *self.failures])


def files_of(package: str) -> list[Path]:
    """The Python files of an installed package, its tests left out; none if it is missing."""
    if package == "stdlib":
        root = Path(sysconfig.get_path("stdlib"))
    else:
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            return []
        root = Path(spec.origin).parent
    skipped = {"site-packages", "tests", "test", "lib2to3"}
    found = (p for p in root.rglob("*.py") if not skipped & set(p.relative_to(root).parts))
    return sorted(found)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises `TooLong` in a block that takes longer, where there are such signals."""
    if not hasattr(signal, "SIGPROF"):
        yield
        return

    def stop(*_: Any) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def ir_of() -> Iterator[tuple[list[tuple[ir.Function, ir.Block]], list[GeneratedFunction]]]:
    """The IR of what is differentiated in the block, and of what is written."""
    primals: list[tuple[ir.Function, ir.Block]] = []
    generated: list[GeneratedFunction] = []
    find_versions, write = engine.find_versions, Writer.function

    def versions(function: ir.Function, body: ir.Block, aliases: Any) -> Any:
        primals.append((function, body))
        return find_versions(function, body, aliases)

    def function(writer: Writer, one: GeneratedFunction) -> Any:
        generated.append(one)
        return write(writer, one)

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(engine, "find_versions", versions))
        stack.enter_context(mock.patch.object(Writer, "function", function))
        yield primals, generated


def parameter_names(written: list[str]) -> list[str]:
    """The names in parameters as a function writes them."""
    (node,) = ast.parse(f"def _({', '.join(written)}): pass").body
    assert isinstance(node, ast.FunctionDef)
    a = node.args
    return [p.arg for p in (*a.posonlyargs, *a.args, a.vararg, *a.kwonlyargs, a.kwarg) if p]


def wrt_of(source: Any, method: bool) -> tuple[str, ...]:
    """All arguments, but for the object of a method."""
    a = source.node.args
    names = [p.id for p in (*a.posonlyargs, *a.args, *a.kwonlyargs)]
    return tuple(names[1:] if method and len(names) > 1 else names)


def try_function(source: Any, method: bool, report: Report) -> None:
    """Differentiates one function in both modes."""
    where = f"{source.module.path}::{source.qualname}"
    report.functions += 1
    for mode in ("reverse", "forward"):
        started = time.process_time()
        try:
            with time_limit(LIMIT), ir_of() as (primals, generated):
                options = {"wrt": wrt_of(source, method), "mode": mode}
                derivative = engine.differentiate_function(source, **options)
                report.slowest.append((time.process_time() - started, f"{where} ({mode})"))
                if not derivative.ok:
                    report.refusals[derivative.diagnostics[0].code] += 1
                    continue
                report.derivatives += 1
                compile(derivative.text, "<derivative>", "exec", dont_inherit=True)
                names: set[str] = set().union(*(f.locals | set(ir.bound_in(b)) for f, b in primals))
                for _, body in primals:
                    verify_primal(body)
                for g in generated:
                    verify_generated(g.body, parameter_names(g.parameters), names, g.renames)
                again = engine.differentiate_function(source, **options)
                assert again.text == derivative.text, "another text the second time"
        except TooLong:
            report.failures.append(f"{where} ({mode}): longer than {LIMIT:.0f} s")
        except Exception:
            last = "".join(traceback.format_exc().splitlines(keepends=True)[-12:])
            report.failures.append(f"{where} ({mode}):\n{last}")
    report.slowest = sorted(report.slowest, reverse=True)[:5]


def _try_outline(
    sources: Sources, path: Path, functions: Sequence[Function], text: str, report: Report
) -> None:
    for function in functions:
        try:
            module = sources.module_for_path(str(path), text)
            source = sources.function(module, function.qualname)
        except DerivativeError as error:
            report.functions += 1
            report.refusals[error.diagnostics[0].code] += 2
            continue
        except Exception:
            report.failures.append(f"{path}::{function.qualname}:\n{traceback.format_exc()}")
            continue
        try_function(source, function.method, report)


def run(
    packages: Sequence[str] = PACKAGES,
    seconds: float | None = None,
    seed: int = 0,
    progress: bool = False,
) -> Report:
    """Differentiates all functions of the packages, or as many as there is time for: of each
    file, in a random order of files, at most a few then."""
    report = Report()
    rng = random.Random(seed)
    files = [file for package in packages for file in files_of(package)]
    if seconds is not None:
        rng.shuffle(files)
    deadline = time.process_time() + (seconds or float("inf"))
    sources = Sources()
    for number, file in enumerate(files):
        if time.process_time() > deadline:
            break
        if number % 50 == 0:
            sources = Sources()  # what was read is kept as long as it lives
            if progress:
                print(
                    f"{number} of {len(files)} files, {report.functions} functions,"
                    f" {len(report.failures)} failures",
                    flush=True,
                )
        text = read_file(str(file))
        if text is None:
            continue
        functions = [f for f in outline(SourceText(text, str(file))).functions if not f.broken]
        if seconds is not None and len(functions) > 8:
            functions = rng.sample(functions, 8)
        before = len(report.failures)
        _try_outline(sources, file, functions, text, report)
        if progress:
            for failure in report.failures[before:]:
                print(failure, flush=True)
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("packages", nargs="*", default=PACKAGES, metavar="PACKAGE")
    parser.add_argument("--minutes", type=float, help="a random selection, for so long")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    seconds = None if options.minutes is None else 60.0 * options.minutes
    report = run(options.packages, seconds, options.seed, progress=True)
    print(report.summary())
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
