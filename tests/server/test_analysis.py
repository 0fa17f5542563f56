"""The analysis by itself: which derivatives, when they are made, and what is shown meanwhile."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tangent.diagnostics import Diagnostic
from tangent.source.text import SourceText, Span
from tangent_ls.analysis.documents import Edit, Snapshot
from tangent_ls.analysis.files import ParsedFile, parse
from tangent_ls.analysis.insert_grad import (
    RECIPES,
    assignment_at,
    callee_of,
    completed_file,
    insertion,
    trigger_at,
    variables,
)
from tangent_ls.analysis.links import counterpart_at, counterparts, origin_at
from tangent_ls.analysis.moves import LineMoves
from tangent_ls.analysis.uris import DerivativeId

URI = "file:///w/m.py"

TWO = """\
import tangent

def f(x):
    a = x * x
    b = x * a
    return b

def g(y):
    c = y + 1
    return c

tangent.grad(f)
tangent.grad(g)
"""

F = DerivativeId(URI, "f")
G = DerivativeId(URI, "g")


class Editor:
    """A document that is typed in."""

    def __init__(self, host, text):
        self.host, self.version = host, 1
        host.documents.open(URI, text, 1)

    def set(self, text):
        self.version += 1
        self.host.documents.change(URI, [Edit(text)], self.version)

    def replace(self, old, new):
        text = self.host.documents.get(URI).text
        assert old in text
        self.set(text.replace(old, new, 1))


@pytest.fixture
def two(host):
    return Editor(host, TWO)


def test_a_view_is_a_header_of_two_lines_and_the_text_of_the_engine(host, two):
    view = host.update(F)
    assert view.state.kind == "fresh"
    assert view.text.split("\n")[:2] == [
        "# Derivative of f with respect to x (reverse mode), from m.py",
        "# up to date",
    ]
    assert view.text == view.header + view.derivative.text


def test_nothing_is_made_twice(host, two, engine):
    host.update(F)
    host.update(F)
    assert engine.calls == ["f"]
    assert host.pending(F) is None


def test_an_edit_makes_again_only_what_it_touched(host, two, engine):
    host.update(F)
    host.update(G)
    two.replace("c = y + 1", "c = y + 2")
    assert host.pending(F) is None
    assert "y + 2" in host.update(G).text
    assert engine.calls == ["f", "g", "g"]


def test_an_edit_above_moves_the_links_and_makes_nothing(host, two, engine):
    lines = [link.primal.line for link in host.update(G).links]
    two.replace("    a = x * x\n", "    a = x * x\n    # one\n    # two\n")
    view = host.update(G)
    assert [link.primal.line for link in view.links] == [n + 2 for n in lines]
    assert view.state.kind == "fresh"
    assert engine.calls == ["g"]


def test_a_dependency_decides_too(host, engine):
    editor = Editor(
        host, "def h(x):\n    a = x\n    return a\n\ndef f(x):\n    b = h(x)\n    return b\n"
    )
    host.update(F)
    editor.replace("a = x", "a = x + x")
    assert host.pending(F) is not None


def test_what_a_dependency_names_decides_too(host):
    editor = Editor(
        host,
        "def k(x):\n    a = x\n    return a\n\n"
        "def h(x):\n    log = [k]\n    return x\n\n"
        "def f(x):\n    b = h(x)\n    return b\n",
    )
    host.update(F)
    editor.replace("a = x", "a = x + x")
    assert host.pending(F) is not None


def test_the_module_around_decides_too(host, two):
    host.update(F)
    two.replace("import tangent\n", "import tangent\nimport numpy as np\n")
    assert host.pending(F) is not None


def test_comments_between_functions_do_not(host, two):
    host.update(F)
    two.replace("def g", "# a comment\n\n\ndef g")
    assert host.pending(F) is None


def test_a_new_function_may_give_a_name_its_meaning(host, two):
    host.update(F)
    two.set(TWO + "\ndef h(x):\n    return x\n")
    assert host.pending(F) is not None


def test_another_file_decides_when_it_was_read(host, tmp_path):
    Editor(host, "def f(x):\n    b = h(x)\n    return b\n")
    host.update(F)
    assert host.pending(F) is None
    host.documents.open("file:///w/h.py", "def h(x): return x\n", 1)
    assert host.pending(F) is not None
    host.update(F)
    assert host.pending(F) is None
    host.documents.change("file:///w/h.py", [Edit("def h(x): return 2 * x\n")], 2)
    assert host.pending(F) is not None


def test_while_it_does_not_parse_the_last_good_is_kept_and_marked(host, two, engine):
    good = host.update(F)
    two.replace("b = x * a", "b = x * (a")
    view = host.update(F)
    assert view.state.kind == "stale"
    assert "line 5" in view.state.reason
    assert view.body == good.body
    assert view.text.count("\n") == good.text.count("\n")
    assert view.generation > good.generation
    assert engine.calls == ["f"]
    two.replace("b = x * (a", "b = x * (a + a)")
    view = host.update(F)
    assert view.state.kind == "fresh"
    assert "a + a" in view.text


def test_a_broken_function_leaves_the_others_fresh(host, two, engine):
    host.update(F)
    host.update(G)
    two.replace("a = x * x", "a = (x * x")
    assert host.update(F).state.kind == "stale"
    assert host.update(G).state.kind == "fresh"
    assert engine.calls == ["f", "g"]


def test_stale_links_move_with_the_edits(host, two):
    before = {c.title: c.primal.line for c in counterparts(host.update(F))}
    two.replace("    a = x * x\n", "    # new\n    a = x * x\n    if\n")
    view = host.update(F)
    assert view.state.kind == "stale"
    after = {c.title: c.primal.line for c in counterparts(view)}
    shifts = {after[title] - before[title] for title in after}
    assert shifts == {1, 2}


def test_a_file_that_never_parsed_still_gives_its_whole_functions(host):
    Editor(host, TWO.replace("a = x * x", "a = (x"))
    assert host.update(G).state.kind == "fresh"
    view = host.update(F)
    assert view.state.kind == "unsupported"
    assert all(line.startswith("#") for line in view.text.splitlines())


def test_what_cannot_be_differentiated_is_said_in_comments(host):
    Editor(host, "def f(x):\n    a = x\n    yield a\n")
    view = host.update(F)
    assert view.state.kind == "unsupported"
    assert view.text.splitlines()[1].startswith("# no derivative: line 3: cannot differentiate")
    assert "#     hint: return it" in view.text
    assert "^^^^^^^" in view.text
    assert all(line.startswith("#") for line in view.text.splitlines())
    assert [d.code for d in view.diagnostics] == ["generator"]


def test_after_a_good_derivative_a_problem_makes_it_stale(host, two):
    host.update(F)
    two.replace("return b", "yield b")
    view = host.update(F)
    assert view.state.kind == "stale"
    assert [d.line for d in view.diagnostics] == [6]
    assert "def dfdx" in view.text


def test_a_function_that_went_away(host, two):
    host.update(F)
    two.replace("def f(x)", "def renamed(x)")
    view = host.update(F)
    assert view.state.kind == "stale"
    assert "no function f" in view.state.reason


def test_no_such_file(host):
    view = host.update(F)
    assert view.state.kind == "unsupported"
    assert "there is no file m.py" in view.text


def test_an_engine_that_fails_is_an_outcome(host, two, caplog):
    def broken(*_, **__):
        raise KeyError("boom\n# ")

    host._differentiate = broken
    view = host.update(F)
    assert view.state.kind == "unsupported"
    assert "internal error" in view.text.splitlines()[1]
    assert view.text.count("\n") == 2
    assert "boom" in caplog.text


def test_an_outcome_of_an_older_text_is_kept_as_last_good_only(host, two):
    job = host.pending(F)
    two.replace("a = x * x", "a = x * y")
    host.finish(job, job.run())
    assert host.view(F).state.kind == "stale"
    assert "x * y" in host.update(F).text


def test_wrt_reaches_the_engine(host, two):
    assert "dfdx" in host.update(DerivativeId(URI, "f", "reverse", ("x",))).text
    assert "(forward mode)" in host.update(DerivativeId(URI, "f", "forward")).header


# --- which derivatives ---------------------------------------------------------------------


def test_the_file_says_which_it_wants(host):
    Editor(
        host,
        dedent("""
        import tangent as t
        from tangent import grad as gr

        def f(x, w): return x
        def h(x, w): return x
        # tangent: wrt=w mode=forward
        def k(x, w):
            return x
        class A:
            def m(self, x): return x

        t.grad(f)
        gr(h, wrt=("w", 0))
        t.jvp(A.m, wrt=1)
        t.grad(unknown)
        """),
    )
    assert set(host.requested(URI)) == {
        DerivativeId(URI, "f"),
        DerivativeId(URI, "h", "reverse", ("w", "x")),
        DerivativeId(URI, "k", "forward", ("w",)),
        DerivativeId(URI, "A.m", "forward", ("x",)),
    }


def test_a_method_is_not_differentiated_with_respect_to_self(host):
    Editor(
        host, "class A:\n    def m(self, x): return x\n    @staticmethod\n    def s(x): return x\n"
    )
    assert host.default(URI, "A.m").wrt == ("x",)
    assert host.default(URI, "A.s").wrt == ()


def test_a_request_inside_a_function_counts(host):
    Editor(
        host, "import tangent\ndef f(x):\n    return x\n\ndef main():\n    return tangent.grad(f)\n"
    )
    assert host.requested(URI) == (F,)


def test_the_one_shown_last_is_the_one_to_speak_of(host, two):
    forward = DerivativeId(URI, "f", "forward")
    assert host.derivatives_of(URI) == {"f": F, "g": G}
    host.show(forward)
    assert host.derivatives_of(URI)["f"] == forward
    host.hide(forward)
    assert host.derivatives_of(URI)["f"] == F


def test_a_client_that_never_closes_does_not_fill_the_memory(host):
    for number in range(1000):
        host.show(DerivativeId(URI, f"f{number}"))
        host.view(DerivativeId(URI, f"f{number}"))
    assert len(host.shown()) < 100


def test_the_function_around_a_line(host):
    editor = Editor(
        host,
        "import tangent\n\ndef f(x):\n    def inner(y):\n        return y\n    return x\n\n"
        "tangent.grad(f)\n",
    )
    assert host.function_at(URI, 5) == "f.inner"
    assert host.derivative_at(URI, 5) == F
    assert host.function_at(URI, 8) is None
    editor.replace("return y", "return (y")
    assert host.function_at(URI, 6) == "f"


# --- source map ----------------------------------------------------------------------------


def test_the_lines_of_a_line(host, two):
    view = host.update(F)
    found = counterpart_at(view, 4)
    assert found.title == "→ ba = adjoint('x * x')"
    assert view.content.line(found.generated.line).strip() == found.lines[0]
    assert counterpart_at(view, 6) is None
    origin = origin_at(view, found.generated.line, 6)
    assert (origin.primal.line, origin.path) == (4, "/w/m.py")
    assert origin_at(view, 1, 0) is None


def test_long_titles_are_shortened(host):
    Editor(host, f"def f(x):\n    a = {' + '.join(['x'] * 60)}\n    return a\n")
    (found,) = counterparts(host.update(F))
    assert len(found.title) < 70
    assert found.title.endswith("…")


# --- lines over edits ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a\nb\nc", "a\nb\nc", [1, 2, 3]),
        ("a\nb\nc", "x\na\nb\nc", [2, 3, 4]),
        ("a\nb\nc", "a\nc", [1, None, 2]),
        ("a\nb\nc", "a\nB\nc", [1, 2, 3]),
        ("a\nb\nc\nd", "x\na\nb\nC\nd\ny", [2, 3, 4, 5]),
        ("", "a\nb", [None]),
    ],
)
def test_lines_are_followed(old, new, expected):
    moves = LineMoves(SourceText(old), SourceText(new))
    found = [moves.line(n + 1) for n in range(len(expected))]
    assert [None if f is None else f[0] for f in found] == expected


def test_a_span_on_a_changed_line_is_the_whole_line():
    moves = LineMoves(SourceText("a = b + c\nd"), SourceText("aa = b\nd"))
    assert moves.span(Span(1, 4, 1, 9)) == Span(1, 0, 1, 6)
    assert moves.span(Span(2, 0, 2, 1)) == Span(2, 0, 2, 1)


@pytest.mark.parametrize(
    "text", ["x = (", "\0", "def f(:\n", "(" * 500, "x = '\ud800'", "if x:\n\ty\n        z"]
)
def test_any_text_parses_or_gives_a_diagnostic(text):
    parsed = parse(Snapshot(URI, 1, text, "/w/m.py"))
    assert isinstance(parsed, Diagnostic) or parsed.error is not None


# --- insert_grad_of ------------------------------------------------------------------------


def parsed(text):
    file = parse(Snapshot(URI, 1, text, "/w/m.py"))
    assert isinstance(file, ParsedFile)
    return file


def test_the_block_speaks_the_language_of_the_file():
    bodies = {}
    for name, text in {
        "np": "import numpy as np\n",
        "tf": "import tensorflow as tf\n",
        "plain": "import math\n",
    }.items():
        file = parsed(text)
        bodies[name] = [insertion(r, "h", "insert_grad_of", file).lines[1].strip() for r in RECIPES]
    assert bodies["np"] == [
        'print("gradient of h:", dh)',
        "breakpoint()",
        "dh = np.clip(dh, -1.0, 1.0)",
        'assert not np.isnan(dh).any(), "the gradient of h is NaN"',
        "dh = np.zeros_like(dh)",
    ]
    assert bodies["tf"][2] == "dh = tf.clip_by_value(dh, -1.0, 1.0)"
    assert bodies["plain"][2] == "dh = min(max(dh, -1.0), 1.0)"


@pytest.mark.parametrize(
    ("text", "callee", "line"),
    [
        ("import tangent\n", "tangent.insert_grad_of", None),
        ("import tangent as t\n", "t.insert_grad_of", None),
        ("from tangent import insert_grad_of\n", "insert_grad_of", None),
        ("from tangent import insert_grad_of as ins\n", "ins", None),
        (
            '"""Doc."""\nfrom __future__ import annotations\nimport os\n\nx = 1\n',
            "insert_grad_of",
            4,
        ),
        ("#!/usr/bin/env python\nx = 1\n", "insert_grad_of", 2),
        ("x = 1\n", "insert_grad_of", 1),
    ],
)
def test_the_import_is_added_once(text, callee, line):
    found, missing = callee_of(parsed(text))
    assert (found, None if missing is None else missing.line) == (callee, line)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (2, ("a",)),
        (4, ("b", "c")),
        (6, ("d",)),
        (7, ("d",)),
        (8, None),
        (9, None),
        (10, None),
        (12, None),
    ],
)
def test_assignments_of_functions(line, names):
    text = dedent("""\
        def f(x):
            a = x
            if a:
                b, (c, *_) = x
            for i in x:
                d[i] += (
                    x)
            e: int
            g = 1; h = 2
            return a

        top = 1
        """).replace(", *_", "")
    found = assignment_at(parsed(text), line)
    assert (found and found.names) == names


@pytest.mark.parametrize(
    ("line", "typed", "prefix"),
    [
        ("    with ins|", "ins", ""),
        ("    with insert_grad_of(|", "insert_grad_of(", ""),
        ("    with insert_grad_of(a|)", "insert_grad_of(a)", "a"),
        ("    with tangent.inse|", "tangent.inse", ""),
        ("    with open(|", None, None),
        ("    with |", None, None),
        ("    x = ins|", None, None),
    ],
)
def test_where_completion_starts(line, typed, prefix):
    column = line.index("|")
    source = SourceText(line.replace("|", ""))
    found = trigger_at(source, 1, column)
    assert (found and (source.slice(found.typed), found.prefix)) == (typed and (typed, prefix))


def test_variables_in_scope_latest_first():
    text = (
        "def f(self, x, w):\n    a = x\n    for i in x:\n        b = a\n    with ins\n    c = 1\n"
    )
    file = completed_file(Snapshot(URI, 1, text, "/w/m.py"), 5)
    assert variables(file, file.at(5), 5) == ("b", "i", "a", "w", "x")
