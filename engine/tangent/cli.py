"""The command ``tangent``: derivatives of functions in files.

Exit codes: 0 it worked; 1 the function cannot be differentiated, or a check failed; 2 the
command itself was wrong (options, a file or a function that does not exist).
"""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import io
import json
import keyword
import os
import subprocess
import sys
import tokenize
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from tangent import __version__
from tangent.derivative import Derivative
from tangent.diagnostics import DerivativeError, Diagnostic
from tangent.engine import differentiate
from tangent.resolve.static import read_file
from tangent.rules.table import Entry, entries
from tangent.source.parse import function_names, get_function, parse_module
from tangent.source.text import SourceText

OK, FAILED, USAGE = 0, 1, 2

_EPILOG = """\
exit codes:
  0  it worked
  1  the function cannot be differentiated, or a check failed
  2  the command was wrong: options, or a file or function that does not exist

examples:
  tangent show examples/mlp.py::loss --wrt w1,b1
  tangent show examples/pendulum.py::swing --mode forward --json
  tangent check examples/mlp.py::loss --wrt w1
  tangent rules linalg
  tangent check examples/heat.py::misfit --args "0.1, np.eye(8)[3], np.ones(8), 5"
"""


class UsageError(Exception):
    """The command names something that is not there."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    options = _parser().parse_args(argv)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except UsageError as error:
        print(f"tangent: {error}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:  # the reader has seen enough: `tangent show ... | head`
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - kept open for the interpreter's exit
        return OK
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tangent",
        description="Readable derivatives of Python functions, as Python source.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tangent {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    show = commands.add_parser(
        "show",
        help="print the derivative of a function",
        description="Print the derivative of a function. The file is read, never executed.",
    )
    _add_function(show)
    show.add_argument(
        "--mode",
        choices=("reverse", "forward"),
        default="reverse",
        help="reverse: the gradient, from the result back to the arguments; forward: the change of "
        "the result along a direction (default: reverse)",
    )
    show.add_argument(
        "--no-optimize",
        dest="optimized",
        action="store_false",
        help="spell out every step instead of simplifying",
    )
    show.add_argument(
        "--json", action="store_true", help="print text, source map and diagnostics as JSON"
    )
    show.set_defaults(run=_show)

    check = commands.add_parser(
        "check",
        help="compare the derivative with central differences",
        description="Compare the derivative of a function with central differences, and forward "
        "mode with reverse mode. This RUNS the code of the file, in a process of its own.",
    )
    _add_function(check)
    check.add_argument(
        "--mode",
        choices=("both", "reverse", "forward"),
        default="both",
        help="which derivatives to check (default: both)",
    )
    check.add_argument(
        "--args",
        metavar="EXPRESSIONS",
        help='the arguments as Python, evaluated in the module, such as "0.1, np.ones(3)"; np is '
        "NumPy and rng a seeded random generator (default: inputs are sampled)",
    )
    check.add_argument("--seed", type=int, default=0, help="for the random numbers (default: 0)")
    check.set_defaults(run=_check)

    rules = commands.add_parser(
        "rules",
        help="list the functions that can be differentiated",
        description="List the library functions that have a derivative: by which of their"
        " arguments, and what is taken at kinks.",
    )
    rules.add_argument(
        "pattern",
        nargs="?",
        default="*",
        metavar="PATTERN",
        help='part of a name, or a whole one with wildcards, such as "numpy.linalg.*"'
        " (default: all)",
    )
    rules.add_argument("--json", action="store_true", help="print the table as JSON")
    rules.set_defaults(run=_rules)
    return parser


def _add_function(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "function",
        metavar="FILE::FUNCTION",
        help="such as model.py::loss or model.py::Model.loss",
    )
    parser.add_argument(
        "--wrt",
        metavar="NAMES",
        type=_wrt,
        help="arguments to differentiate with respect to: names or indices, separated by commas "
        "(default: the first)",
    )


def _wrt(text: str) -> tuple[int | str, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(parts):
        raise argparse.ArgumentTypeError(f"an empty name in {text!r}")
    return tuple(int(part) if part.isdecimal() else part for part in parts)


# --- show ------------------------------------------------------------------------------------


def _show(options: argparse.Namespace) -> int:
    source, function = _find(options.function)
    derivative = differentiate(
        source.text,
        function,
        wrt=options.wrt,
        mode=options.mode,
        path=source.path,
        optimized=options.optimized,
    )
    _report(derivative.diagnostics, source)
    if options.json:
        print(json.dumps(_as_json(derivative), indent=2))
    elif derivative.ok:
        text = derivative.text.rstrip("\n")
        print(highlight(text) if _colours(sys.stdout) else text)
    return OK if derivative.ok else FAILED


def _as_json(derivative: Derivative) -> dict[str, object]:
    return {**dataclasses.asdict(derivative), "ok": derivative.ok}


# --- check -----------------------------------------------------------------------------------


def _check(options: argparse.Namespace) -> int:
    source, function = _find(options.function)
    request = {
        "path": source.path,
        "function": function.replace(".<locals>", ""),
        "wrt": options.wrt,
        "mode": options.mode,
        "args": options.args,
        "seed": options.seed,
    }
    # The user's code runs in a process of its own: whatever it does, it ends there.
    command = [sys.executable, "-m", "tangent.sample", json.dumps(request)]
    return subprocess.run(command, check=False).returncode


# --- rules -----------------------------------------------------------------------------------


def _rules(options: argparse.Namespace) -> int:
    found = entries(options.pattern)
    if options.json:
        rows = [{**dataclasses.asdict(entry), "modes": entry.modes} for entry in found]
        print(json.dumps(rows, indent=2))
        return OK if found else FAILED
    if not found:
        print(f"tangent: no function is called like {options.pattern!r}", file=sys.stderr)
        return FAILED
    width = min(max(len(entry.name) for entry in found), 40)
    for entry in found:
        print(f"{entry.name:{width}}  {_described(entry)}".rstrip())
    return OK


def _described(entry: Entry) -> str:
    if entry.alias_of:
        return f"as {entry.alias_of}"
    if entry.kind == "zero derivative":
        return entry.kind + (f"; {entry.kinks}" if entry.kinks else "")
    by = f"by {', '.join(entry.by)}"
    if entry.constants:
        by += f" (also takes {', '.join(entry.constants)})"
    return "; ".join(part for part in (by, entry.kinks) if part)


# --- finding the function --------------------------------------------------------------------


def _find(target: str) -> tuple[SourceText, str]:
    """The file's text and the function's name. A function that does not exist is a usage
    error; what else is wrong with the file is for the derivative to say."""
    path, separator, function = target.rpartition("::")
    if not separator:
        path, function = target, ""
    text = read_file(path)
    if text is None:
        raise UsageError(_why_unreadable(path))
    source = SourceText(text, path)
    try:
        tree = parse_module(source)
        if not function:
            names = ", ".join(function_names(tree)) or "no function"
            raise UsageError(f"which function? {path} defines {names}: write {path}::FUNCTION")
        get_function(source, tree, function)
    except DerivativeError as error:
        missing = [d for d in error.diagnostics if d.code == "no-such-function"]
        if missing:
            hint = f" ({missing[0].hint})" if missing[0].hint else ""
            raise UsageError(f"{path}: {missing[0].message}{hint}") from None
    return source, function


def _why_unreadable(path: str) -> str:
    if not path:
        return "no file is named: write FILE::FUNCTION"
    file = Path(path)
    if file.is_dir():
        return f"{path} is a directory"
    if file.exists():
        return f"{path} cannot be read as Python text"
    folder = file.parent
    names = [p.name for p in folder.glob("*.py")] if folder.is_dir() else []
    near = difflib.get_close_matches(file.name, names, n=1)
    hint = f"; did you mean {folder / near[0]}?" if near else ""
    return f"there is no file {path}{hint}"


# --- printing --------------------------------------------------------------------------------


def _report(diagnostics: Sequence[Diagnostic], source: SourceText) -> None:
    for diagnostic in diagnostics:
        place = source
        if diagnostic.path != source.path:
            place = SourceText(read_file(diagnostic.path) or "", diagnostic.path)
        text = diagnostic.render(place)
        if _colours(sys.stderr):
            label = f"{diagnostic.severity}[{diagnostic.code}]"
            text = text.replace(label, f"\x1b[1;31m{label}\x1b[0m", 1)
        print(text, file=sys.stderr)


def _colours(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


_COLOURS = {
    "keyword": "\x1b[35m",
    "definition": "\x1b[1;34m",
    "comment": "\x1b[2;3m",
    tokenize.STRING: "\x1b[32m",
    tokenize.NUMBER: "\x1b[36m",
}
_END = "\x1b[0m"


def highlight(text: str) -> str:
    """Python source with colours for a terminal."""
    lines = text.splitlines(keepends=True)
    pieces: list[str] = []
    row, column = 1, 0
    previous = ""

    def copy_to(line: int, end: int) -> None:
        nonlocal row, column
        while row < line:
            pieces.append(lines[row - 1][column:])
            row, column = row + 1, 0
        pieces.append(lines[row - 1][column:end] if row <= len(lines) else "")
        column = end

    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind: int | str = token.type
        if token.type == tokenize.NAME and keyword.iskeyword(token.string):
            kind = "keyword"
        elif token.type == tokenize.NAME and previous in ("def", "class"):
            kind = "definition"
        elif token.type == tokenize.COMMENT:
            kind = "comment"
        if kind in _COLOURS:
            copy_to(*token.start)
            pieces.append(_COLOURS[kind])
            copy_to(*token.end)
            pieces.append(_END)
        previous = token.string
    copy_to(len(lines) + 1, 0)
    return "".join(pieces)


if __name__ == "__main__":
    sys.exit(main())
