#!/usr/bin/env python3
"""What every pass of the engine makes of one function, as text.

    python tools/stages.py examples/mlp.py::loss [--wrt w1,b1] [--mode forward]
    python tools/stages.py --document    # write the stages shown in ARCHITECTURE.md anew

It lets the engine run and looks at what goes through its passes.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "engine"))

from tangent import engine  # noqa: E402
from tangent.derivative import Derivative  # noqa: E402
from tangent.emit.writer import GeneratedFunction, Writer  # noqa: E402
from tangent.ir import nodes as ir  # noqa: E402
from tangent.ir import printer  # noqa: E402
from tangent.transform.forward import Forward  # noqa: E402
from tangent.transform.reverse import Reverse  # noqa: E402


@dataclass
class Seen:
    """What went through the passes while derivatives were made."""

    texts: list[tuple[str, str]] = field(default_factory=list)  # stage, text
    primals: list[tuple[ir.Function, ir.Block]] = field(default_factory=list)
    generated: list[GeneratedFunction] = field(default_factory=list)


@contextmanager
def watched() -> Iterator[Seen]:
    """Everything the engine makes inside the block."""
    seen = Seen()

    def show(stage: str, node: Any, values: Any = None) -> None:
        seen.texts.append((stage, printer.text(node, values)))

    def after(owner: Any, name: str, look: Callable[..., None]) -> Any:
        original = getattr(owner, name)

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            look(result, *args, **kwargs)
            return result

        return mock.patch.object(owner, name, wrapper)

    def exits(result: Any, _program: Any, function: ir.Function, _fresh: Any) -> None:
        show("lowered", function)
        if result is not None:
            show("one exit", result.body)

    def versions(result: Any, function: ir.Function, body: ir.Block, _aliases: Any) -> None:
        seen.primals.append((function, body))
        show("versions", body, result)

    def activity(result: Any, body: ir.Block, versions: Any, *_: Any) -> None:
        numbered = printer.numbered(versions)
        active = [numbered[v] for v in versions.values if result.is_active(v)]
        seen.texts.append(("activity", ", ".join(active)))

    def records(result: Any, *_: Any) -> None:
        show("forward pass", result.forward)
        show("backward pass", result.backward)

    def written(_: Any, _writer: Writer, function: GeneratedFunction) -> None:
        seen.generated.append(function)
        show("cleaned", function.body)

    with ExitStack() as stack:
        for owner, name, look in [
            (engine, "single_exit", exits),
            (engine, "find_versions", versions),
            (engine, "find_activity", activity),
            (Reverse, "run", lambda r, self, _seeds: show("reverse", r.block, self.versions)),
            (Forward, "run", lambda r, *_, **__: show("forward", r)),
            (engine, "with_records", records),
            (Writer, "function", written),
        ]:
            stack.enter_context(after(owner, name, look))
        yield seen


def stages(text: str, function: str, **options: Any) -> tuple[list[tuple[str, str]], Derivative]:
    """The stages of one derivative, each with its text, and the derivative. See
    `tangent.differentiate` for the options."""
    with watched() as seen:
        derivative = engine.differentiate(text, function, **options)
    texts = [*seen.texts, ("text", derivative.text.rstrip())]
    # A pass that was run again and found the same is shown once.
    return [t for i, t in enumerate(texts) if t not in texts[:i]], derivative


# --- the document ----------------------------------------------------------------------------

_PLACE = re.compile(r"<!-- stage: (\w[\w ]*) -->\n```(\w+)\n(.*?)```\n", re.S)


def updated(document: str) -> str:
    """The document with every marked stage of the function it shows (``stage: primal``) as the
    engine makes it now."""
    primal = next(m[3] for m in _PLACE.finditer(document) if m[1] == "primal")
    names = re.findall(r"^def (\w+)", primal, re.M)
    reverse = dict(stages(primal, names[-1], path="settle.py")[0])
    forward = dict(stages(primal, names[-1], path="settle.py", mode="forward")[0])
    made = {"primal": primal.rstrip(), **reverse, "forward text": forward["text"]}

    def replaced(match: re.Match[str]) -> str:
        return f"<!-- stage: {match[1]} -->\n```{match[2]}\n{made[match[1]]}\n```\n"

    return _PLACE.sub(replaced, document)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("function", nargs="?", metavar="FILE::FUNCTION")
    parser.add_argument("--wrt", type=lambda names: names.split(","))
    parser.add_argument("--mode", choices=("reverse", "forward"), default="reverse")
    parser.add_argument("--document", action="store_true", help="update ARCHITECTURE.md")
    options = parser.parse_args()
    if options.document:
        path = ROOT / "ARCHITECTURE.md"
        path.write_text(updated(path.read_text(encoding="utf-8")), encoding="utf-8")
        return 0
    if options.function is None:
        parser.error("name a function: FILE::FUNCTION")
    file, _, function = options.function.partition("::")
    text = Path(file).read_text(encoding="utf-8")
    shown, derivative = stages(text, function, path=file, wrt=options.wrt, mode=options.mode)
    for stage, content in shown:
        print(f"--- {stage} {'-' * (74 - len(stage))}\n{content}\n")
    for diagnostic in derivative.diagnostics:
        print(diagnostic.render())
    return 0 if derivative.ok else 1


if __name__ == "__main__":
    sys.exit(main())
