"""What names mean, from text and in a running program."""

from __future__ import annotations

import functools
import importlib
import linecache
import math
import os
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tangent.diagnostics import DerivativeError
from tangent.resolve.live import LiveSession, live_function
from tangent.resolve.static import Sources, read_file
from tangent.resolve.symbols import (
    FunctionSource,
    Library,
    ModuleSource,
    Symbol,
    UserClass,
    UserData,
    UserFunction,
    UserModule,
)

# --- helpers -------------------------------------------------------------------------------


def static(source: str, path: str = "/project/model.py", **others: str) -> ModuleSource:
    """The module of a text; other files are given by their paths without ``.py``."""
    files = {f"/project/{name}.py": text for name, text in others.items()}
    return Sources(files.get).module_for_path(path, textwrap.dedent(source))


def said(symbol: Symbol | None) -> str:
    """A symbol in one word: ``numpy.tanh``, ``def f at ops.py:3``, ``module ops``, ``data x``."""
    if isinstance(symbol, Library):
        return symbol.dotted
    if isinstance(symbol, UserFunction):
        function = symbol.function
        file = os.path.basename(function.module.path)
        return f"def {function.qualname} at {file}:{function.node.lineno}"
    if isinstance(symbol, UserModule):
        return f"module {symbol.module.dotted}"
    if isinstance(symbol, UserClass):
        return f"class {symbol.source.name} at model.py:{symbol.source.node.lineno}"
    if isinstance(symbol, UserData):
        return f"data {symbol.name}"
    return "unknown"


def means(source: str, expression: str = "f", **others: str) -> str:
    """What a dotted expression means at the end of a module."""
    resolver = static(source, **others).resolver
    first, *rest = expression.split(".")
    symbol = resolver.lookup(first)
    for name in rest:
        assert symbol is not None
        symbol = resolver.attribute(symbol, name)
    return said(symbol)


# --- from text: imports --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expression", "meaning"),
    [
        ("import numpy", "numpy.tanh", "numpy.tanh"),
        ("import numpy as np", "np.linalg.norm", "numpy.linalg.norm"),
        ("import numpy.linalg", "numpy.linalg.norm", "numpy.linalg.norm"),
        ("import numpy.linalg as la", "la.norm", "numpy.linalg.norm"),
        ("from numpy import tanh as th", "th", "numpy.tanh"),
        ("from numpy.linalg import norm", "norm", "numpy.linalg.norm"),
        ("import unheard.of as u", "u.thing", "unheard.of.thing"),
        ("try:\n    import numpy as np\nexcept ImportError:\n    np = None", "np.sin", "numpy.sin"),
        ("np = None\ntry:\n    import numpy as np\nexcept ImportError:\n    pass", "np", "numpy"),
        ("try:\n    import jax as np\nexcept Exception:\n    import numpy as np", "np", "jax"),
        ("if True:\n    import numpy as np", "np", "numpy"),
        ("import math\nimport math", "math", "math"),
        ("from math import *", "tanh", "math.tanh"),
        ("from math import *", "pow", "math.pow"),
        ("from math import *", "unheard_of", "unknown"),
        ("from numpy import *", "tanh", "numpy.tanh"),
        ("from numpy import *", "print", "builtins.print"),
        ("from math import *\nfrom numpy import *", "tanh", "numpy.tanh"),
        ("from numpy import *\nfrom math import *", "tanh", "math.tanh"),
        # numpy exports `sum` in every version and `abs` in some.
        ("from numpy import *", "abs", "data abs"),
        ("from math import tanh\nfrom unheard_of import *", "tanh", "data tanh"),
        ("def tanh(x): return x\nfrom math import *", "tanh", "math.tanh"),
        ("from math import *\ndef tanh(x): return x", "tanh", "def tanh at model.py:2"),
    ],
)
def test_imports(source: str, expression: str, meaning: str):
    assert means(source, expression) == meaning


@pytest.mark.parametrize(
    ("source", "expression", "meaning"),
    [
        ("import ops", "ops", "module ops"),
        ("import ops as o", "o.g", "def g at ops.py:1"),
        ("from ops import g as f", "f", "def g at ops.py:1"),
        ("from ops import scale", "scale", "data scale"),
        ("from ops import nothing", "nothing", "data nothing"),
        ("from ops import *", "g", "def g at ops.py:1"),
        ("from ops import *", "_private", "unknown"),
        ("from listed import *", "_h", "def _h at listed.py:2"),
        ("from listed import *", "k", "unknown"),
        ("import pkg", "pkg.top", "def top at __init__.py:2"),
        ("import pkg", "pkg.inner.deep", "def deep at inner.py:3"),
        ("import pkg.inner as i", "i.deep", "def deep at inner.py:3"),
        ("from pkg import inner", "inner.deep", "def deep at inner.py:3"),
        ("from pkg import g", "g", "def g at ops.py:1"),
        ("from pkg.inner import sibling", "sibling", "def sibling at other.py:1"),
        ("from pkg.inner import up", "up.top", "def top at __init__.py:2"),
        ("import space.part", "space.part.p", "def p at part.py:1"),
        ("from space import part", "part.p", "def p at part.py:1"),
        ("from broken import fine", "fine", "def fine at broken.py:2"),
        ("from . import ops", "ops.g", "def g at ops.py:1"),
        ("from .nowhere import g", "g", "data g"),
        # A file beside the module does not hide a library that has rules.
        ("import operator", "operator.add", "operator.add"),
    ],
)
def test_imports_of_the_users_modules(source: str, expression: str, meaning: str):
    files = {
        "ops": "def g(x): return x\nscale = 2\ndef _private(x): return x\n",
        "listed": "__all__ = ['_h']\ndef _h(x): return x\ndef k(x): return x\n",
        "pkg/__init__": "from ops import g\ndef top(x): return x\n",
        "pkg/inner": "from .other import sibling\nfrom .. import pkg as up\ndef deep(x): ...\n",
        "pkg/other": "def sibling(x): return x\n",
        "space/part": "def p(x): return x\n",
        "broken": "def bad(x: return x\ndef fine(x): return x\n",
        "operator": "def add(x, y): return x\n",
    }
    assert means(source, expression, **files) == meaning


def test_a_module_in_a_package_imports_from_where_the_package_lies():
    files = {
        "/project/pkg/__init__.py": "",
        "/project/ops.py": "def g(x): return x\n",
        "/project/pkg/ops.py": "def g(x):\n    return 2 * x\n",
    }
    sources = Sources(files.get)
    module = sources.module_for_path(
        "/project/pkg/model.py", "import ops\nfrom . import ops as own\n"
    )
    assert module.dotted == "pkg.model"
    ops = module.resolver.lookup("ops")
    assert isinstance(ops, UserModule)
    assert ops.module.path == "/project/ops.py"
    assert said(module.resolver.lookup("own")) == "module pkg.ops"


def test_roots_are_looked_up_after_the_own_directory():
    files = {"/lib/ops.py": "def g(x): return x\n"}
    sources = Sources(files.get, roots=["/lib"])
    for path in ("/project/model.py", "<string>", "untitled:Untitled-1"):
        module = sources.module_for_path(path, "from ops import g")
        assert said(module.resolver.lookup("g")) == "def g at ops.py:1"


def test_import_cycles():
    module = static(
        "from ops import *\nfrom ops import g as alias\ndef f(x): return x\n",
        ops="from model import *\nimport model\ndef g(x): return x\n",
        model="from ops import *\nfrom ops import g as alias\ndef f(x): return x\n",
    )
    assert said(module.resolver.lookup("g")) == "def g at ops.py:3"
    assert said(module.resolver.lookup("alias")) == "def g at ops.py:3"
    ops = module.resolver.lookup("model")
    assert said(ops) == "module model"
    assert isinstance(ops, UserModule)
    assert ops.module is module
    other = module.resolver.lookup("g")
    assert isinstance(other, UserFunction)
    assert said(other.function.module.resolver.lookup("f")) == "def f at model.py:3"


def test_a_name_that_is_only_imported_around_a_cycle_is_unknown():
    assert means(
        "from ops import f", "f", ops="from model import f", model="from ops import f"
    ) == ("data f")


def test_unsaved_text_wins_over_the_file(tmp_path: Path):
    (tmp_path / "ops.py").write_text("def g(x): return x\n")
    path = str(tmp_path / "model.py")
    buffers = {str(tmp_path / "ops.py"): "\ndef g(x): return 2 * x\n"}
    sources = Sources(lambda p: buffers.get(p) or read_file(p))
    assert said(sources.module_for_path(path, "from ops import g").resolver.lookup("g")) == (
        "def g at ops.py:2"
    )


def test_files_are_decoded_as_python_does(tmp_path: Path):
    file = tmp_path / "ops.py"
    file.write_bytes("# -*- coding: latin-1 -*-\r\né = 'ü'\r\n".encode("latin-1"))
    assert read_file(str(file)) == "# -*- coding: latin-1 -*-\r\né = 'ü'\r\n"
    file.write_bytes(b"\xff\xfe")
    assert read_file(str(file)) is None
    assert read_file(str(tmp_path)) is None


# --- from text: definitions ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "meaning"),
    [
        ("def f(x): return x", "def f at model.py:1"),
        ("def f(x): return x\ndef f(x): return 2 * x", "def f at model.py:2"),
        ("if fast:\n    def f(x): return x", "def f at model.py:2"),
        ("if fast:\n    def f(x): return x\nelse:\n    def f(x): return 2", "data f"),
        ("def f(x): return x\nif fast:\n    f = other", "data f"),
        ("def f(x): return x\nf = jit(f)", "data f"),
        ("from math import tanh as f\nf = 3", "data f"),
        ("from math import tanh as f\nf += 1", "data f"),
        ("from math import tanh as f\nfor f in y: pass", "data f"),
        ("from math import tanh as f\nwith y as f: pass", "data f"),
        ("from math import tanh as f\nprint(f := 3)", "data f"),
        ("from math import tanh as f\ndef g():\n    global f\n    f = 3", "data f"),
        ("from math import tanh as f\ntry:\n    pass\nexcept E as f:\n    pass", "data f"),
        ("from math import tanh as f\na, (f, *b) = y", "data f"),
        ("from math import tanh as f\nmatch y:\n    case [1, f]: pass", "data f"),
        ("from math import tanh as f\ndel f", "data f"),
        ("from math import tanh as f\nf: int", "math.tanh"),
        ("from math import tanh as f\ndef g():\n    f = 3", "math.tanh"),
        ("f = lambda x: x", "def <lambda> at model.py:1"),
        ("class f:\n    pass", "class f at model.py:1"),
        ("@decorated\nclass f:\n    pass", "data f"),
        ("async def f(x): return x", "data f"),
        ("@jit\ndef f(x): return x", "data f"),
        ("import tangent\n@tangent.tangent\ndef f(x): return x", "def f at model.py:3"),
        (
            "from tangent.grads import adjoint\n@adjoint(g)\ndef f(x): return x",
            "def f at model.py:3",
        ),
        ("def adjoint(g): return g\n@adjoint(g)\ndef f(x): return x", "data f"),
    ],
)
def test_definitions(source: str, meaning: str):
    assert means(source, "f") == meaning


@pytest.mark.parametrize(
    ("source", "expression", "meaning"),
    [
        ("", "abs", "builtins.abs"),
        ("", "__name__", "data __name__"),
        ("", "nothing", "unknown"),
        ("def abs(x): return x", "abs", "def abs at model.py:1"),
        ("if fast:\n    def abs(x): return x", "abs", "data abs"),
        ("import numpy as np\ntanh = np.tanh", "tanh", "numpy.tanh"),
        ("import numpy as np\na = np.tanh\nb = a\nc = b", "c", "numpy.tanh"),
        ("import numpy as np\nlinalg = np.linalg", "linalg.norm", "numpy.linalg.norm"),
        ("def g(x): return x\nf = g", "f", "def g at model.py:1"),
        ("f = g\ndef g(x): return x", "f", "data f"),
        ("def g(x): return x\nf = g\ndef g(x): return 2", "f", "data f"),
        ("absolute = abs", "absolute", "builtins.abs"),
        ("f = f", "f", "data f"),
        ("f = g\ng = f", "f", "data f"),
        ("import numpy as np\nnp.tanh = other", "np.tanh", "data numpy.tanh"),
        ("config = Config()", "config.scale", "data config.scale"),
    ],
)
def test_builtins_and_aliases(source: str, expression: str, meaning: str):
    assert means(source, expression) == meaning


def test_a_function_has_one_source():
    module = static("def outer(x):\n    def inner(y): return y\n    return inner(x)\nf = outer\n")
    resolver = module.resolver
    assert resolver.lookup("f") == resolver.lookup("outer")
    outer = resolver.lookup("outer")
    assert isinstance(outer, UserFunction)
    assert resolver.function("outer") is outer.function  # type: ignore[attr-defined]
    inner: FunctionSource = resolver.function("outer.inner")  # type: ignore[attr-defined]
    assert inner.qualname == "outer.<locals>.inner"
    assert inner.parents == (outer.function.node,)
    assert resolver.function("outer.<locals>.inner") is inner  # type: ignore[attr-defined]


def test_aliases_say_how_the_module_calls_its_imports():
    module = static(
        "import numpy as np\nimport scipy.special\nfrom math import tanh as t\n"
        "import tensorflow as tf\ntf = None\nfrom ops import g\nimport ops as o\n",
        ops="def g(x): return x",
    )
    assert dict(module.resolver.aliases()) == {
        "np": "numpy",
        "scipy": "scipy",
        "t": "math.tanh",
        "g": "ops.g",
        "o": "ops",
    }


def test_bound_names_are_those_of_the_module():
    resolver = static("from math import *\nx: int\ny = 1\nfor i in y: pass\n").resolver
    assert [n for n in ("sin", "x", "y", "i", "abs", "z") if resolver.is_bound(n)] == [
        "sin",
        "y",
        "i",
    ]


def test_nothing_is_executed_or_imported():
    before = set(sys.modules)
    assert (
        means("import antigravity\nraise SystemExit\ndef f(x): return x") == "def f at model.py:3"
    )
    assert means("import this_is_not_there_at_all as t", "t.f") == "this_is_not_there_at_all.f"
    assert set(sys.modules) == before


# --- in a running program ------------------------------------------------------------------


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Writes files and imports the last: ``load(ops="...", model="...")`` gives `model`."""
    names: list[str] = []
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def loaded(**files: str) -> ModuleType:
        for name, text in files.items():
            path = tmp_path / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(textwrap.dedent(text).removeprefix("\n").encode())
        names.extend(name.replace("/", ".").removesuffix(".__init__") for name in files)
        return importlib.import_module(names[-1])

    yield loaded
    for name in names:
        sys.modules.pop(name, None)


def live(function: Any, name: str) -> str:
    """What a dotted expression means in a live function."""
    source = live_function(function)
    resolver = source.module.resolver
    first, *rest = name.split(".")
    symbol = resolver.lookup(first)
    for part in rest:
        assert symbol is not None
        symbol = resolver.attribute(symbol, part)
    return said(symbol)


def refused(function: Any) -> str:
    with pytest.raises(DerivativeError) as caught:
        live_function(function)
    assert all(d.hint for d in caught.value.diagnostics)
    return caught.value.diagnostics[0].code


MODEL = """
    import math
    import math as m, functools
    from math import tanh as th
    from ops_live import g, g as h, scale
    import ops_live

    PI = math.pi
    sine = math.sin

    def f(x):
        return x

    again = f
    square = lambda x: x * x

    class Model:
        def loss(self, w):
            return w

        @staticmethod
        def rate(w):
            return w

    @functools.lru_cache
    def cached(x):
        return x
"""
OPS = "scale = 2\ndef g(x):\n    return x\n"


def test_live_and_static_agree(load: Any):
    model = load(ops_live=OPS, model_live=MODEL)
    path = model.__file__
    text = read_file(path)
    assert text is not None
    of_text = Sources().module_for_path(path, text).resolver
    of_live = live_function(model.f).module.resolver
    names = [
        "math",
        "m",
        "th",
        "g",
        "h",
        "scale",
        "ops_live",
        "PI",
        "sine",
        "f",
        "again",
        "square",
        "Model",
        "cached",
        "abs",
        "nothing",
    ]
    assert {n: said(of_live.lookup(n)) for n in names} == {
        n: said(of_text.lookup(n)) for n in names
    }
    assert list(of_live.aliases()) == list(of_text.aliases())
    assert live(model.f, "ops_live.g") == "def g at ops_live.py:2"
    assert live(model.f, "m.tanh") == "math.tanh"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_a_live_function_has_the_text_of_its_file(load: Any, end: str):
    text = "import math\x0c\n\x0cdef f(x):\n    return 'é', math\n".replace("\n", end)
    model = load(model_ends=text)
    source = live_function(model.f)
    assert source.module.source.text == text
    assert source.module.source.slice(source.module.source.span_of(source.node)).startswith("def f")
    assert said(source.module.resolver.lookup("math")) == "math"


def test_methods_and_other_ways_to_hold_a_function(load: Any):
    model = load(ops_live=OPS, model_live=MODEL)
    assert live_function(model.Model().loss).qualname == "Model.loss"
    assert live_function(model.Model.loss).qualname == "Model.loss"
    assert live_function(model.Model.rate).qualname == "Model.rate"
    assert live_function(model.cached).qualname == "cached"
    assert live_function(model.square).name == "square"


def test_one_function_has_one_source_in_a_session(load: Any):
    model = load(model_live="def f(x):\n    return g(x)\ndef g(x):\n    return f(x)\n")
    session = LiveSession()
    f = live_function(model.f, session)
    g = f.module.resolver.lookup("g")
    assert isinstance(g, UserFunction)
    assert g.function.module.resolver.lookup("f") == UserFunction(f)
    assert live_function(model.g, session) is g.function


def test_closure_cells_are_looked_into(load: Any):
    model = load(
        closures="""
        import math
        def make(act, library, scale):
            late = None
            def f(x):
                return act(x) * library.exp(x) * scale * empty * late
            if late:
                empty = 1
            return f
        def act(x):
            return x
        f = make(act, math, 2.0)
        g = make(math.tanh, math, act.__code__)
        """
    )
    assert live_function(model.f).qualname == "make.<locals>.f"
    assert live(model.f, "act") == "def act at closures.py:9"
    assert live(model.f, "library.exp") == "math.exp"
    assert live(model.f, "scale") == "data scale"
    assert live(model.f, "empty") == "data empty"
    assert live(model.g, "act") == "math.tanh"


def test_conditional_definitions_are_what_they_are(load: Any):
    model = load(
        conditional="""
        import math
        def f(x):
            return act(x) + sine(x)
        if math.pi > 3:
            def act(x):
                return x
            sine = math.sin
        else:
            def act(x):
                return 2 * x
            sine = math.cos
        """
    )
    assert live(model.f, "act") == "def act at conditional.py:5"
    assert live(model.f, "sine") == "math.sin"


def test_replaced_globals_are_noticed(load: Any, monkeypatch: pytest.MonkeyPatch):
    model = load(
        patched="import math\nfrom math import tanh\ndef f(x):\n    return tanh(x)\n"
        "def other(x):\n    return x\ndef g(x):\n    return x\n"
    )
    assert live(model.f, "tanh") == "math.tanh"
    monkeypatch.setattr(model, "tanh", math.sin)
    assert live(model.f, "tanh") == "math.sin"
    monkeypatch.setattr(model, "tanh", model.other)
    assert live(model.f, "tanh") == "def other at patched.py:5"
    monkeypatch.setattr(model, "tanh", functools.partial(model.other))
    assert live(model.f, "tanh") == "data tanh"
    monkeypatch.setattr(model, "g", 3)
    assert live(model.f, "g") == "data g"
    monkeypatch.setattr(model, "abs", model.other, raising=False)
    assert live(model.f, "abs") == "def other at patched.py:5"


def test_a_name_that_is_not_bound_yet_means_what_the_text_says(load: Any):
    model = load(
        early="""
        import tangent.resolve.live as live
        def f(x):
            return later(x)
        seen = live.live_function(f).module.resolver.lookup("later")
        def later(x):
            return x
        """
    )
    assert said(model.seen) == "def later at early.py:5"


def test_wrappers_are_not_dropped(load: Any):
    model = load(
        wrapped="""
        import functools
        def double(f):
            @functools.wraps(f)
            def wrapper(*args):
                return 2 * f(*args)
            return wrapper
        def register(f):
            return f
        def bare(f):
            def wrapper(x):
                return 2 * f(x)
            return wrapper
        @double
        def a(x):
            return x
        @register
        def b(x):
            return x
        @bare
        def c(x):
            return x
        def primal(x):
            return x
        def d(x):
            return x
        d.__tangent_primal__ = primal
        def f(x):
            return a(x) + b(x) + c(x) + d(x)
        """
    )
    assert live(model.f, "a") == "data a"
    assert live(model.f, "b") == "def b at wrapped.py:17"
    assert live(model.f, "c") == "data c"  # it reads variables that no text names
    assert live(model.f, "d") == "def primal at wrapped.py:22"
    assert live_function(model.a).qualname == "double.<locals>.wrapper"
    assert live_function(model.d).qualname == "primal"


@pytest.mark.parametrize(
    "changed",
    [
        "def f(x):\n    return 3 * x\n",
        "def f(x):\n    return 2 * y\n",
        "def f(x, y):\n    return 2 * x\n",
        "# moved\ndef f(x):\n    return 2 * x\n",
        "def g(x):\n    return 2 * x\n",
        "def f(x:\n",
        "",
    ],
    ids=["constant", "name", "parameter", "line", "renamed", "broken", "empty"],
)
def test_a_file_changed_after_its_import_is_refused(load: Any, changed: str):
    model = load(changing="def f(x):\n    return 2 * x\n")
    assert live_function(model.f).name == "f"
    Path(model.__file__).write_text(changed)
    assert refused(model.f) == "source-changed"


def test_a_change_elsewhere_in_the_file_does_not_matter(load: Any):
    model = load(changing="def f(x):\n    return 2 * x\n")
    Path(model.__file__).write_text("def f(x):\n    return 2 * x\n\ndef g(x):\n    return x\n")
    assert live_function(model.f).name == "f"


def test_assertions_rewritten_by_pytest_are_no_change():
    def f(x: float, *, scale: float = 2.0) -> float:
        assert x > 0.5, "positive"
        return x * scale

    assert live_function(f).qualname.endswith("<locals>.f")


def test_no_source_is_said():
    namespace: dict[str, Any] = {}
    exec("def f(x):\n    return x\n", namespace)
    assert refused(namespace["f"]) == "no-source"
    assert refused(math.tanh) == "no-source"
    assert refused(functools.partial(test_no_source_is_said)) == "no-source"
    assert refused(float) == "no-source"
    assert refused(3) == "no-source"


def test_a_function_of_the_users_without_source_is_unknown(load: Any):
    model = load(
        generated="""
        exec("def made(x):\\n    return x")
        def f(x):
            return made(x)
        """
    )
    assert live(model.f, "made") == "data made"


def _cell(name: str, text: str, namespace: dict[str, Any]) -> None:
    """Runs a text as a notebook does: registered with linecache, in a shared namespace."""
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec"), namespace)


def test_cells_of_a_notebook_share_their_names():
    namespace: dict[str, Any] = {"__name__": "__main__"}
    _cell("<cell 1>", "import math as m\ndef g(x):\n    return x\nscale = 2\n", namespace)
    _cell("<cell 2>", "def f(x):\n    return m.tanh(g(x)) * scale\n", namespace)
    f = namespace["f"]
    assert live(f, "m.tanh") == "math.tanh"
    assert live(f, "g") == "def g at <cell 1>:2"
    assert live(f, "scale") == "data scale"
    resolver = live_function(f).module.resolver
    assert ("m", "math") in list(resolver.aliases())
    assert resolver.is_bound("scale") and not resolver.is_bound("other")
    _cell("<cell 1>", "def g(x):\n    return x\n\n", dict(namespace))
    assert live(f, "g") == "data g"


def test_lambdas_are_told_apart(load: Any):
    model = load(
        lambdas="""
        a = lambda x: x * 2
        b, c = lambda x: x + 1, lambda y: y + 1
        d = [lambda x: x, lambda x: x]
        """
    )
    assert live_function(model.a).name == "a"
    assert live_function(model.b).node.args.args[0].id == "x"
    assert live_function(model.c).node.args.args[0].id == "y"
    if sys.version_info >= (3, 11):
        assert live_function(model.d[1]).node.col_offset > live_function(model.d[0]).node.col_offset
    else:
        assert refused(model.d[0]) == "ambiguous-function"


def test_modules_of_packages(load: Any):
    files = {
        "livepkg/__init__": "",
        "livepkg/ops": "def g(x):\n    return x\n",
        "livespace/part": "def p(x):\n    return x\n",
        "livepkg/model": """
            import livespace.part
            from . import ops
            import livepkg as up
            def f(x):
                return ops.g(x)
            """,
    }
    model = load(**files)
    assert live(model.f, "ops.g") == "def g at ops.py:1"
    assert live(model.f, "up.ops.g") == "def g at ops.py:1"
    assert live(model.f, "livespace.part.p") == "def p at part.py:1"
    assert live_function(model.f).module.dotted == "livepkg.model"


def test_libraries_are_known_by_identity(load: Any):
    model = load(
        identity="""
        import numpy as np
        from numpy import abs as magnitude
        import numpy.linalg as la
        table = {"act": np.tanh}
        act = table["act"]
        norm = table.get("none", la.norm)
        total = np.sum if table else None
        def f(x):
            return act(x)
        """
    )
    assert live(model.f, "act") == "numpy.tanh"
    assert live(model.f, "norm") == "numpy.linalg.norm"
    assert live(model.f, "total") == "numpy.sum"
    assert live(model.f, "magnitude") == "numpy.abs"
    assert live(model.f, "la.norm") == "numpy.linalg.norm"
    assert live(model.f, "table") == "data table"


def test_the_engines_own_functions_stay_a_library(load: Any):
    model = load(own="from tangent.source.parse import parse_module\ndef f(x):\n    return x\n")
    assert live(model.f, "parse_module") == "tangent.source.parse.parse_module"
