#!/usr/bin/env python3
"""What of Python is differentiated and what is refused, as docs/language.md.

    python tools/language_table.py           # to look at, and for the test
    python tools/language_table.py --write   # into the file

The programs of `tests/engine/corpus_*.py` are what it is made from: their derivatives are compared
with differences by the tests, and what they show as refused is refused.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import runpy
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "tests" / "engine"
PAGE = ROOT / "docs" / "language.md"
sys.path.insert(0, str(ROOT / "engine"))

from tangent.derivative import Role  # noqa: E402
from tangent.diagnostics import Diagnostic  # noqa: E402
from tangent.engine import differentiate  # noqa: E402
from tangent.rules import declare, registry  # noqa: E402

# Every corpus whose programs must be right; TensorFlow's last.
TESTED = (
    *sorted(
        {p.stem.removeprefix("corpus_") for p in CORPUS.glob("corpus_*.py")}
        - {"helpers", "refused", "tensorflow", "traps"}
    ),
    "tensorflow",
)

INTRODUCTION = """\
# What is differentiated

<!-- made by tools/language_table.py from the programs of tests/engine/corpus_*.py -->

This page is about code that carries a derivative from an argument to the result. Everything else
in a function is kept as it is written, whatever it does: printing, logging, assertions, files,
dictionaries, strings, classes.

What cannot be differentiated is an error with a code, at the place that prevents it. There is no
third way: a derivative that is made is the exact one.
"""


# --- the programs --------------------------------------------------------------------------------


@dataclass
class Program:
    """A function of the corpus with its derivatives in both modes."""

    name: str
    node: ast.FunctionDef
    lines: list[str]
    problems: tuple[Diagnostic, ...]
    active: set[int]  # lines that a derivative passes through


def programs(corpus: str) -> Iterator[Program]:
    path = CORPUS / f"corpus_{corpus}.py"
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    functions = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
    seen: set[str] = set()
    for name, wrt in cases(tree):
        if name in seen or name not in functions:
            continue
        seen.add(name)
        modes = [
            differentiate(text, name, wrt=wrt, mode=mode, path=path.name, read=beside)
            for mode in ("reverse", "forward")
        ]
        active = {
            line
            for link in modes[0].links
            if link.role in (Role.ADJOINT, Role.ACCUMULATE, Role.INSERTED)
            for line in range(link.primal.line, link.primal.end_line + 1)
        }
        problems = tuple(d for m in modes for d in m.diagnostics if d.severity == "error")
        yield Program(name, functions[name], text.splitlines(), problems, active)


def beside(path: str) -> str | None:
    """The text of another file of the corpus."""
    file = CORPUS / Path(path).name
    return file.read_text(encoding="utf-8") if file.is_file() else None


def cases(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The names of the functions in ``CASES``, and with respect to what; nothing is imported."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CASES":
            assert isinstance(node.value, ast.List)
            for case in node.value.elts:
                assert isinstance(case, ast.Tuple)
                yield ast.unparse(case.elts[0]), ast.literal_eval(case.elts[2])


# --- constructs ----------------------------------------------------------------------------------

Test = Callable[[ast.AST], bool]


def kind(*types: type[ast.AST]) -> Test:
    return lambda node: isinstance(node, types)


def operator(*types: type[ast.AST]) -> Test:
    return lambda node: isinstance(node, ast.BinOp) and isinstance(node.op, types)


def assigns(*types: type[ast.AST]) -> Test:
    return lambda node: isinstance(node, ast.Assign) and isinstance(node.targets[0], types)


def calls(*names: str) -> Test:
    return lambda node: isinstance(node, ast.Call) and ast.unparse(node.func) in names


def loops(over: Test) -> Test:
    return lambda node: isinstance(node, ast.For) and over(node.iter)


def is_view(node: ast.AST) -> bool:
    """``y = x[a:b]``: a second name for a part of an array."""
    return (
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Subscript)
        and isinstance(node.value.slice, ast.Slice)
    )


def early_return(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and any(isinstance(n, ast.Return) for n in node.body)


def keyword_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and bool(node.keywords)


def user_call(node: ast.AST) -> bool:
    """A call by a bare name that is no builtin."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and not hasattr(builtins, node.func.id)
    )


# What it is called, how it is recognized, and whether its own line has an adjoint.
CONSTRUCTS: list[tuple[str, Test, bool]] = [
    ("assignment", assigns(ast.Name), True),
    ("assignment to a tuple", assigns(ast.Tuple), True),
    ("chained assignment", lambda n: isinstance(n, ast.Assign) and len(n.targets) > 1, True),
    ("assignment with annotation", kind(ast.AnnAssign), True),
    ("augmented assignment", lambda n: isinstance(n, ast.AugAssign)
     and isinstance(n.target, ast.Name), True),
    ("assignment to an item or a slice", assigns(ast.Subscript), True),
    ("augmented assignment to an item", lambda n: isinstance(n, ast.AugAssign)
     and isinstance(n.target, ast.Subscript), True),
    ("`+ - * /`", operator(ast.Add, ast.Sub, ast.Mult, ast.Div), True),
    ("`**`", operator(ast.Pow), True),
    ("`//`, `%`", operator(ast.FloorDiv, ast.Mod), True),
    ("`@`", operator(ast.MatMult), True),
    ("comparison", kind(ast.Compare), True),
    ("`and`, `or`", kind(ast.BoolOp), True),
    ("ternary", kind(ast.IfExp), True),
    ("item", lambda n: isinstance(n, ast.Subscript)
     and not isinstance(n.slice, (ast.Slice, ast.Tuple)), True),
    ("slice", lambda n: isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Slice), True),
    ("several indices", lambda n: isinstance(n, ast.Subscript)
     and isinstance(n.slice, ast.Tuple), True),
    ("view of an array under another name", is_view, True),
    ("tuple", lambda n: isinstance(n, ast.Tuple) and isinstance(n.ctx, ast.Load), True),
    ("list", lambda n: isinstance(n, ast.List) and isinstance(n.ctx, ast.Load), True),
    ("attribute", lambda n: isinstance(n, ast.Attribute) and n.attr == "T", True),
    ("method of an array", lambda n: isinstance(n, ast.Call)
     and isinstance(n.func, ast.Attribute) and n.func.attr in ("sum", "reshape", "dot"), True),
    ("list as a stack", lambda n: isinstance(n, ast.Call)
     and isinstance(n.func, ast.Attribute) and n.func.attr in ("append", "pop"), True),
    ("`if`, `elif`, `else`", kind(ast.If), True),
    ("early `return`", early_return, False),
    ("`for` over a range", loops(calls("range")), True),
    ("`for` over a sequence", loops(kind(ast.Name)), True),
    ("`for` over `enumerate`", loops(calls("enumerate")), True),
    ("`for` over `zip`", loops(calls("zip")), True),
    ("`for` over another expression", loops(
        lambda n: not isinstance(n, ast.Name)
        and not calls("range", "enumerate", "zip", "reversed")(n)), True),
    ("`for` ... `else`", lambda n: isinstance(n, ast.For) and bool(n.orelse), True),
    ("`while`", kind(ast.While), True),
    ("`break`", kind(ast.Break), False),
    ("`continue`", kind(ast.Continue), False),
    ("`with`", kind(ast.With), False),
    ("`try`", kind(ast.Try), False),
    ("call of a function of yours", user_call, True),
    ("keyword argument", keyword_call, True),
    ("nested function", lambda n: isinstance(n, ast.FunctionDef), False),
    ("lambda", kind(ast.Lambda), False),
    ("list comprehension", kind(ast.ListComp), True),
    ("assignment expression", kind(ast.NamedExpr), True),
    ("f-string", kind(ast.JoinedStr), False),
    ("`assert`", kind(ast.Assert), False),
    ("import in the function", kind(ast.Import, ast.ImportFrom), False),
    ("dict", kind(ast.Dict), False),
]  # fmt: skip


def example(program: Program, test: Test, needs_adjoint: bool) -> str:
    """The line of a program that shows a construct."""
    for node in ast.walk(program.node):
        if node is program.node or not hasattr(node, "lineno") or not test(node):
            continue
        line: int = node.lineno  # type: ignore[attr-defined]
        if not needs_adjoint or line in program.active:
            return program.lines[line - 1].strip()
    return ""


def constructs(tested: list[Program]) -> Iterator[str]:
    short = sorted(tested, key=lambda p: (len(ast.unparse(p.node).splitlines()), p.name))
    yield "| construct | for example | in the program |"
    yield "|---|---|---|"
    for name, test, needs_adjoint in CONSTRUCTS:
        for program in short:
            line = example(program, test, needs_adjoint)
            if line:
                yield f"| {name} | {code(line)} | `{program.name}` |"
                break


# --- refusals ------------------------------------------------------------------------------------

# Programs with a problem that no program of the corpus has.
MORE = [
    "import numpy as np\nfrom tangent import insert_grad_of\n\ndef f(x):\n"
    "    with insert_grad_of(x * x) as g:\n        pass\n    return x\n",
    "def f():\n    return 1.0\n",
    "def f(x)\n    return x\n",
]


def refused() -> Iterator[tuple[Diagnostic, str]]:
    """Every kind of refusal with a line that it points at."""
    texts = [text for text, _, _ in runpy.run_path(str(CORPUS / "corpus_refused.py"))["REFUSED"]]
    for text in [*texts, *MORE]:
        try:
            body = ast.parse(text).body
        except SyntaxError:
            name = "f"
        else:
            functions = (ast.FunctionDef, ast.AsyncFunctionDef)
            name = [n.name for n in body if isinstance(n, functions)][-1]
        made = differentiate(text, name, path="refused.py")
        for problem in made.diagnostics[:1]:
            yield problem, text.splitlines()[problem.line - 1].strip()
    for program in programs("traps"):
        for problem in program.problems[:1]:
            if problem.path == "corpus_traps.py":
                yield problem, program.lines[problem.line - 1].strip()


def _without_names(match: re.Match[str]) -> str:
    """Quoted keywords tell refusals apart, quoted names do not."""
    word = match[0].strip("`")
    return word if keyword.iskeyword(word) or keyword.issoftkeyword(word) else "a name"


def refusals() -> Iterator[str]:
    yield "| code | what is said | hint | for example |"
    yield "|---|---|---|---|"
    rows: dict[tuple[str, str], str] = {}
    for problem, line in refused():
        kind_of = re.sub(r"`[^`]*`", _without_names, problem.message)
        said, hint = problem.message.replace("|", "\\|"), problem.hint.replace("|", "\\|")
        row = f"| `{problem.code}` | {said} | {hint} | {code(line)} |"
        rows.setdefault((problem.code, kind_of), row)
    for _, row in sorted(rows.items()):
        yield row


def warnings() -> Iterator[str]:
    """What is said beside a derivative that is right."""
    yield "| code | what is said | for example |"
    yield "|---|---|---|"
    for text, wrt in SUSPICIOUS:
        made = differentiate(text, "f", wrt=wrt)
        (warning,) = made.diagnostics
        assert made.ok
        line = text.splitlines()[warning.line - 1].strip()
        yield f"| `{warning.code}` | {warning.message} | {code(line)} |"


SUSPICIOUS = [
    ("def f(x, y):\n    return x * x\n", "y"),
    ("import numpy as np\n\ndef f(x):\n    steps = np.floor(x * x)\n    return steps + x\n", "x"),
]


# --- functions -----------------------------------------------------------------------------------

LIBRARIES = {
    "builtins": ("Python", ""),
    "math": ("`math`", "math"),
    "numpy": ("NumPy", "np"),
    "scipy": ("SciPy", "scipy"),
    "tensorflow": ("TensorFlow", "tf"),
}


def written(dotted: str) -> str:
    """A function as programs write it."""
    library, _, rest = dotted.partition(".")
    short = LIBRARIES[library][1]
    return f"`{short}.{rest}`" if short else f"`{rest}`"


def functions() -> Iterator[str]:
    rules = {**{rule.name: rule for rule in registry.all_rules()}, **declare.SOURCES}
    for library, (title, _) in LIBRARIES.items():

        def of(names: object, library: str = library) -> list[str]:
            return sorted(n for n in names if n.partition(".")[0] == library)  # type: ignore[attr-defined]

        methods = [n for n in of(rules) if n.startswith("numpy.ndarray.")]
        others = [name for name, meant in declare.ALIASES.items() if meant in rules]
        plain = [n for n in of([*rules, *others]) if n not in methods]
        yield f"### {title}\n"
        yield f"With a derivative: {', '.join(map(written, plain))}.\n"
        if library == "numpy":
            names = {*declare.METHODS, *(m.rpartition(".")[2] for m in methods)}
            yield f"Methods of arrays: {', '.join(f'`{n}`' for n in sorted(names))}.\n"
            yield f"Attributes: {', '.join(f'`{n}`' for n in sorted(declare.ATTRIBUTES))}.\n"
        zero = of(declare.ZERO_GRADIENT)
        if zero:
            yield f"With a zero derivative: {', '.join(map(written, zero))}.\n"
    yield "### At kinks\n"
    yield "Where a derivative does not exist, this is what is taken.\n"
    yield "| function | |"
    yield "|---|---|"
    for name, rule in sorted(rules.items()):
        if rule.kinks and name.partition(".")[0] in LIBRARIES:
            yield f"| {written(name)} | {rule.kinks} |"


def code(line: str) -> str:
    """A line as code in a table."""
    fence = "``" if "`" in line else "`"
    return fence + line.replace("|", "\\|") + fence


def page() -> str:
    tested = [p for corpus in TESTED for p in programs(corpus) if not p.problems]
    assert len(tested) > 100
    return "\n".join(
        [
            INTRODUCTION,
            "## Constructs\n",
            "Each has a program in the tests whose derivatives, in both modes, are compared with"
            " differences.\n",
            *constructs(tested),
            "\n## Refusals\n",
            "Only where a derivative would have to pass through.\n",
            *refusals(),
            "\n## Warnings\n",
            "The derivative is right, and perhaps not what was meant.\n",
            *warnings(),
            "\n## Functions\n",
            *functions(),
            "",
        ]
    )


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
