"""URIs of derivative documents: round trips, other spellings, malformed ones."""

from __future__ import annotations

from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tangent_ls.analysis.uris import (
    DerivativeId,
    format_derivative,
    key,
    name_of,
    of_path,
    parse_derivative,
    path_of,
)

SOURCES = [
    "file:///home/ada/model.py",
    "file:///home/ada/my%20models/m%C3%A9.py",
    "file:///c%3A/models/model.py",
    "file://host/share/model.py",
    "file:///~/model.py",
    "file:///@a/model.py",
    "file:///-/reverse/x.grad.py",
    "untitled:Untitled-1",
    "untitled:/home/ada/new.py",
    "vscode-notebook-cell:/home/ada/n.ipynb#W0sZmlsZQ%3D%3D",
    "vscode-vfs://github/ada/repo/m.py",
    "demo:/m.py?a=1&b=2",
]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("wrt", [(), ("w1",), ("w1", "b1"), (0, 2)])
def test_round_trip(source, wrt):
    identity = DerivativeId(source, "Model.loss", "forward", wrt)
    uri = format_derivative(identity)
    assert "?" not in uri and "#" not in uri
    parsed = parse_derivative(uri)
    assert parsed is not None
    assert parsed.key == identity.key


@pytest.mark.parametrize("source", SOURCES)
def test_a_client_may_encode_otherwise(source):
    """VS Code encodes more than it must."""
    identity = DerivativeId(source, "loss", "reverse", ("w1", "b1"))
    head, _, rest = format_derivative(identity)[len("tangent-derivative://") :].partition("/")
    path = "/".join(quote(unquote(part), safe="") for part in rest.split("/"))
    assert parse_derivative(f"tangent-derivative://{head}/{path}").key == identity.key


def test_the_documented_form():
    assert (
        format_derivative(
            DerivativeId("file:///home/ada/model.py", "loss", "reverse", ("w1", "b1"))
        )
        == "tangent-derivative://file/home/ada/model.py/-/reverse.w1-b1/loss.grad.py"
    )
    assert (
        format_derivative(DerivativeId("untitled:Untitled-1", "loss"))
        == "tangent-derivative://untitled/~/Untitled-1/-/reverse/loss.grad.py"
    )


@pytest.mark.parametrize(
    "uri",
    [
        "file:///m.py",
        "tangent-derivative:",
        "tangent-derivative:/file/m.py/-/reverse/f.grad.py",
        "tangent-derivative://file/m.py",
        "tangent-derivative://file/m.py/-/sideways/f.grad.py",
        "tangent-derivative://file/m.py/-/reverse/f.py",
        "tangent-derivative://file/m.py/-/reverse/.grad.py",
        "tangent-derivative://file/m.py/-/reverse.a--b/f.grad.py",
        "tangent-derivative://file/-/reverse/f.grad.py",
    ],
)
def test_malformed_is_none(uri):
    assert parse_derivative(uri) is None


@given(st.text(max_size=60))
def test_no_text_makes_parsing_fail(text):
    parsed = parse_derivative("tangent-derivative://" + text)
    if parsed is not None:
        assert parse_derivative(format_derivative(parsed)) is not None


@pytest.mark.parametrize("path", ["/home/ada/my models/mé.py", "/a#b/c?d%20.py"])
def test_paths(path):
    assert path_of(of_path(path)) == path


def test_equal_however_written():
    assert key("file:///a%20b.py") == key("FILE:///a b.py")
    assert key("file:///C%3A/M.py") == key("file:///c:/m.py")
    assert key("file:///A.py") != key("file:///a.py")


def test_names_for_people():
    assert name_of("file:///home/ada/my%20model.py") == "my model.py"
    assert name_of("untitled:Untitled-1") == "Untitled-1"
