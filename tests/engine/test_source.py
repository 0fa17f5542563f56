"""Parsing, finding functions, and the outline of files that are being typed."""

from __future__ import annotations

import textwrap

import gast
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tangent.diagnostics import DerivativeError
from tangent.source.outline import (
    derivative_requests,
    directives,
    outline,
    recoverable_text,
)
from tangent.source.parse import (
    find_function,
    function_names,
    get_function,
    header_span,
    name_span,
    parse_module,
)
from tangent.source.text import SourceText


def text(source: str) -> SourceText:
    return SourceText(textwrap.dedent(source).lstrip("\n"), "model.py")


def problem(source: SourceText):
    with pytest.raises(DerivativeError) as caught:
        parse_module(source)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


# --- parsing -------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "BOM"])
def test_positions_are_those_of_the_text(start: str, end: str):
    source = SourceText(start + end.join(["é = 1; x = 2", "\x0cdef f(a):", "    return a", ""]))
    second = parse_module(source).body[1]
    assert source.slice(source.span_of(second)) == "x = 2"
    (node, _), *_ = find_function(parse_module(source), "f")
    assert source.slice(name_span(source, node)) == "f"
    assert source.slice(source.span_of(node.body[0])) == "return a"


@pytest.mark.parametrize(
    ("bad", "where"),
    [
        ("x = 1\ndef f(:\n    pass\n", ":"),
        ("def f():\n    x = (1,\n", "("),
        ("a = 1\nb = 'x\0y'\n", "\0"),
        ("a = 1\nb = '\ud800'\n", "\ud800"),
        ("\ufeffa = )\n", ")"),
    ],
    ids=["token", "bracket", "NUL", "surrogate", "after a BOM"],
)
def test_bad_text_is_reported_where_it_is_bad(bad: str, where: str):
    source = SourceText(bad, "model.py")
    found = problem(source)
    assert (found.code, found.path) == ("syntax-error", "model.py")
    assert source.slice(found.span) == where


@pytest.mark.parametrize("bad", ["def f():\n", "x = 1\n  y = 2\n", "'''open\n\n\n", "f'{'"])
def test_the_place_of_an_error_lies_in_the_text(bad: str):
    source = SourceText(bad)
    found = problem(source)
    assert 0 <= found.column <= found.end_column <= len(source.line(found.line))


@pytest.mark.parametrize("deep", ["(" * 300, "-" * 100_000 + "x", "x" + " + x" * 50_000])
def test_nesting_that_python_cannot_parse_is_reported(deep: str):
    found = problem(SourceText(f"a = 1\nb = {deep}\n"))
    assert (found.code, found.line) == ("syntax-error", 2)


@given(st.text(alphabet=list("def f(x):\n\r\x0c\0 '\"\\é{}[]#@:=+\ud800\ufeff")))
def test_no_text_breaks_the_parser_or_the_outline(anything: str):
    source = SourceText(anything)
    try:
        parse_module(source)
        parses = True
    except DerivativeError as error:
        parses = False
        (diagnostic,) = error.diagnostics
        assert 1 <= diagnostic.line <= len(source.lines)
        assert 0 <= diagnostic.column <= diagnostic.end_column
        assert diagnostic.end_column <= len(source.line(diagnostic.line)) + 1
    assert outline(source).parses is parses
    recovered = SourceText(recoverable_text(source))
    parse_module(recovered)
    assert len(recovered.lines) == len(source.lines)


def test_the_same_text_gives_the_same_tree():
    assert parse_module(SourceText("x = 1", "a.py")) is parse_module(SourceText("x = 1", "b.py"))


# --- finding functions ---------------------------------------------------------------------

NESTED = text(
    """
    def f(x):
        return 1

    class Model:
        def loss(self, w):
            def inner(z):
                return z
            return inner(w)

    try:
        with open("x") as file:
            if file:
                def hidden(x):
                    return x
    except OSError:
        pass

    square = lambda x: x * x

    def f(x):
        return 2
    """
)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("f", 20),
        ("Model.loss", 5),
        ("Model.loss.inner", 6),
        ("Model.loss.<locals>.inner", 6),
        ("hidden", 13),
        ("square", 18),
    ],
)
def test_a_function_is_found_by_its_qualified_name(name: str, line: int):
    node, _ = get_function(NESTED, parse_module(NESTED), name)
    assert node.lineno == line


def test_the_enclosing_nodes_come_outermost_first():
    _, parents = get_function(NESTED, parse_module(NESTED), "Model.loss.inner")
    assert [type(p) for p in parents] == [gast.ClassDef, gast.FunctionDef]


def test_every_function_has_a_name():
    names = list(function_names(parse_module(NESTED)))
    assert names == ["f", "Model.loss", "Model.loss.inner", "hidden", "square", "f"]


def test_an_unknown_name_brings_near_ones():
    with pytest.raises(DerivativeError) as caught:
        get_function(NESTED, parse_module(NESTED), "los")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "no-such-function"
    assert "Model.loss" in diagnostic.hint


@pytest.mark.parametrize(
    "source",
    [
        "if fast:\n    def f(x): return 1\nelse:\n    def f(x): return 2\n",
        "def f(x): return 1\nif fast:\n    def f(x): return 2\n",
        "def f(x): return 1\nfor _ in y:\n    def f(x): return 2\n",
    ],
)
def test_a_definition_that_depends_on_a_condition_is_not_guessed(source: str):
    with pytest.raises(DerivativeError) as caught:
        get_function(SourceText(source), parse_module(SourceText(source)), "f")
    assert caught.value.diagnostics[0].code == "ambiguous-function"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("if fast:\n    def f(x): return 1\n    def f(x): return 2\n", 3),
        ("if fast:\n    def f(x): return 1\ndef f(x): return 2\n", 3),
        ("if TYPE_CHECKING:\n    def f(x): ...\nelse:\n    def f(x): return 2\n", 4),
        ("try:\n    def f(x): return 1\nexcept ImportError:\n    def f(x): return 2\n", 2),
    ],
)
def test_the_definition_that_certainly_holds_is_taken(source: str, line: int):
    node, _ = get_function(SourceText(source), parse_module(SourceText(source)), "f")
    assert node.lineno == line


def test_the_header_ends_before_its_colon():
    source = text(
        """
        def f(x: "a: b" = {1: 2}, # a comment: with (brackets
              y=lambda: ':') -> dict[str, int]:
            return x
        """
    )
    node, _ = get_function(source, parse_module(source), "f")
    header = source.slice(header_span(source, node))
    assert header.startswith("def f(x") and header.endswith("-> dict[str, int]")


# --- the outline ---------------------------------------------------------------------------


def listing(source: SourceText) -> list[str]:
    """One line for each function: its name, its lines, its kind."""
    lines: list[str] = []
    for f in outline(source).functions:
        kinds = [k for k in ("nested", "method", "broken") if getattr(f, k)]
        lines.append(" ".join([f.qualname, f"{f.span.line}-{f.span.end_line}", *kinds]))
        assert source.slice(f.name_span) == f.name
    return lines


def test_the_outline_of_a_healthy_file():
    assert outline(NESTED).parses
    assert listing(NESTED) == [
        "f 1-2",
        "Model.loss 5-8 method",
        "Model.loss.inner 6-7 nested",
        "hidden 13-14",
        "square 18-18",
        "f 20-21",
    ]


def test_a_definition_begins_with_its_decorators():
    source = text(
        """
        @first
        @second(1)
        def f(x):
            return x
        """
    )
    (function,) = outline(source).functions
    assert source.slice(function.span).startswith("@first")
    assert source.slice(function.header_span) == "def f(x)"
    assert outline(source).at(1) is not None


def test_the_innermost_function_is_found_by_position():
    found = outline(NESTED)
    names = [f.qualname if (f := found.at(line, 4)) else None for line in (2, 3, 5, 7, 8, 18)]
    assert names == ["f", None, "Model.loss", "Model.loss.inner", "Model.loss", "square"]


BROKEN = {
    "missing bracket": "    return (x",
    "missing colon": "    if x\n        return 1",
    "half a statement": "    return x *",
    "half a string": "    return 'abc",
    "open docstring": '    """open',
    "open list": "    a = [1, 2",
    "stray indent": "    a = 1\n      b = 2",
    "else alone": "    else:\n        return 1",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_one_broken_function_costs_nobody_else(body: str):
    source = SourceText(
        "import numpy as np\n\n"
        "def before(x):\n    '''Doc.'''\n    return [x,\n1]\n\n"
        f"def broken(x):\n{body}\n\n"
        "# about after\ndef after(x):\n    '''Doc.'''\n    return x\n\n"
        "class A:\n    def m(self):\n        return 1\n"
    )
    found = outline(source)
    assert not found.parses
    assert [(f.qualname, f.broken) for f in found.functions] == [
        ("before", False),
        ("broken", True),
        ("after", False),
        ("A.m", False),
    ]
    after = found.named("after")
    assert after is not None
    assert source.slice(after.span).endswith("return x")
    recovered = SourceText(recoverable_text(source))
    tree = parse_module(recovered)
    assert list(function_names(tree)) == ["before", "after", "A.m"]
    assert recovered.line(after.span.line) == "def after(x):"
    assert recovered.line(after.span.line - 1) == "# about after"


def test_a_broken_header_is_listed_too():
    source = text(
        """
        @decorated
        def f(x, y=:
            def inner(z):
                return z

        def g(x):
            return x
        """
    )
    assert listing(source) == ["f 2-2 broken", "f.inner 3-3 nested broken", "g 6-7"]
    assert outline(source).broken == ((1, 4),)


def test_a_broken_method_costs_no_other_method():
    source = text(
        """
        class Model:
            scale = 2

            def loss(self, w):
                return w * (

            @property
            def size(self):
                return 1
        """
    )
    assert listing(source) == ["Model.loss 4-4 method broken", "Model.size 7-9 method"]
    assert "scale = 2" in recoverable_text(source)


def test_a_def_inside_a_string_is_no_function():
    source = text(
        '''
        DOC = """
        def example(x):
            return x
        """

        def broken(x:
            pass
        '''
    )
    assert listing(source) == ["broken 6-6 broken"]


def test_line_ends_survive_the_blanking():
    source = SourceText("def f(:\r\n    pass\r\nx = 1\rdef g():\n    return 1\n")
    assert recoverable_text(source) == "\r\n\r\nx = 1\rdef g():\n    return 1\n"


# --- what a file asks for ------------------------------------------------------------------


def requests(source: SourceText) -> list[str]:
    found = derivative_requests(source, parse_module(source))
    return [
        f"{r.api} {r.qualname} {r.wrt} {r.mode}{'' if r.literal else ' ?'}: {source.slice(r.span)}"
        for r in found
    ]


def test_derivatives_are_asked_for_by_calls():
    source = text(
        """
        import tangent
        import tangent as tg
        from tangent import jvp as J, grad

        def f(x, y): return x
        class A:
            def m(self, x): return x

        tangent.grad(f)
        df = tg.autodiff(f, wrt=(0, 1), mode="forward")
        J(f, "y")
        grad(A.m, wrt=["x"])
        grad(f, wrt=CHOICE)
        grad(f, **options)
        """
    )
    assert requests(source) == [
        "grad f None None: tangent.grad(f)",
        'autodiff f (0, 1) forward: tg.autodiff(f, wrt=(0, 1), mode="forward")',
        "jvp f ('y',) None: J(f, \"y\")",
        "grad A.m ('x',) None: grad(A.m, wrt=[\"x\"])",
        "grad f None None ?: grad(f, wrt=CHOICE)",
        "grad f None None ?: grad(f, **options)",
    ]


def test_derivatives_are_asked_for_by_decorators():
    source = text(
        """
        import tangent

        @tangent.grad
        def f(x): return x

        @tangent.vjp(wrt="y")
        def g(x, y): return y
        """
    )
    assert requests(source) == [
        "grad f None None: tangent.grad",
        "vjp g ('y',) None: tangent.vjp(wrt=\"y\")",
    ]


def test_the_innermost_function_of_a_name_is_meant():
    source = text(
        """
        from tangent import grad

        def loss(x): return x

        def train():
            def loss(x): return 2 * x
            return grad(loss)

        def other():
            return grad(loss)
        """
    )
    assert requests(source) == [
        "grad train.loss None None: grad(loss)",
        "grad loss None None: grad(loss)",
    ]


def test_what_is_not_tangents_asks_for_nothing():
    source = text(
        """
        import tangent
        from jax import grad

        def f(x): return x

        grad(f)
        tangent.grad(unknown)
        tangent.grad(lambda x: x)
        tangent.check_grads(f)
        """
    )
    assert requests(source) == []


def test_derivatives_are_asked_for_by_comments():
    source = text(
        """
        # tangent: wrt=w1,b1 mode=forward
        def f(w1, b1): return w1

        # tangent: wrt=-1
        @decorated
        def g(a, b): return b

        def h(a):  # tangent:
            return a

        def plain(a):  # tangents are fine
            return a  # tangent: wrt=a

        # tangent: wtr=a
        def wrong(a): return a
        """
    )
    found = directives(source, outline(source))
    assert [(r.qualname, r.wrt, r.mode, r.literal) for r in found] == [
        ("f", ("w1", "b1"), "forward", True),
        ("g", (-1,), None, True),
        ("h", None, None, True),
        ("wrong", None, None, False),
    ]
    assert source.slice(found[0].span) == "# tangent: wrt=w1,b1 mode=forward"
