"""Text to a gast tree, and finding functions in it.

Positions of the tree are those of the text as it stands: a byte order mark, form feeds and
any mix of line ends change no line and no column.
"""

from __future__ import annotations

import difflib
import re
import threading
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import gast

from tangent.diagnostics import DerivativeError, Diagnostic
from tangent.source.text import SourceText, Span

_BOM = "\ufeff"

Branch = tuple[tuple[int, str], ...]


def parse_module(source: SourceText) -> gast.Module:
    """The tree of a whole file.

    Raises `DerivativeError` with a positioned "syntax-error" for text that Python cannot
    parse, whatever the reason; no other exception leaves this function. The same text gives
    the same tree: nobody changes a tree.
    """
    text = source.text.removeprefix(_BOM)
    if "\0" in text:
        span = _character(source, source.text.index("\0"))
        raise _syntax_error(source, "a null character is no Python", span)
    try:
        return _tree(source.text)
    except SyntaxError as error:
        raise _syntax_error(source, error.msg, _error_span(source, error)) from None
    except UnicodeEncodeError as error:
        span = _character(source, error.start + len(source.text) - len(text))
        raise _syntax_error(source, "half of a surrogate pair is no character", span) from None
    except (RecursionError, MemoryError):
        message = "the code is nested too deeply to be parsed"
        raise _syntax_error(source, message, _most_nested_line(source)) from None


_KEPT = 300_000  # characters of text whose trees are kept: an editor asks again and again
_trees: OrderedDict[str, gast.Module] = OrderedDict()
_trees_lock = threading.Lock()


def _tree(text: str) -> gast.Module:
    """The tree of a text, kept for the most recent texts."""
    with _trees_lock:
        if text in _trees:
            _trees.move_to_end(text)
            return _trees[text]
    tree = _parsed(text)
    with _trees_lock:
        # Of two threads that parsed the same text, both get the same tree.
        tree = _trees.setdefault(text, tree)
        total = sum(map(len, _trees))
        while total > _KEPT and len(_trees) > 1:
            oldest, _ = _trees.popitem(last=False)
            total -= len(oldest)
    return tree


def _parsed(text: str) -> gast.Module:
    with warnings.catch_warnings():
        # An invalid escape sequence is the user's linter's business, not ours.
        warnings.simplefilter("ignore")
        tree = gast.parse(text.removeprefix(_BOM))
    if text.startswith(_BOM):
        _shift_first_line(tree, len(_BOM.encode()))
    return tree


def _syntax_error(source: SourceText, message: str, span: Span) -> DerivativeError:
    diagnostic = Diagnostic("syntax-error", f"syntax error: {message}", source.path, span)
    return DerivativeError([diagnostic], [source])


def _error_span(source: SourceText, error: SyntaxError) -> Span:
    """Where Python saw the error, kept within the text: it may point past the last line."""
    line = min(max(error.lineno or 1, 1), len(source.lines))
    length = len(source.line(line))
    # Some errors count from the end of the file, or not at all.
    column = min(max((error.offset or 1) - 1, 0), length) if line == error.lineno else length
    if line == 1 and source.text.startswith(_BOM):
        column = min(column + 1, length)
    end_line, end_column = error.end_lineno or line, (error.end_offset or 0) - 1
    if end_line != line or end_column <= column or end_column > length:
        end_column = min(column + 1, length)
    return Span(line, column, line, max(end_column, column))


def _character(source: SourceText, offset: int) -> Span:
    before = SourceText(source.text[:offset])
    line, column = len(before.lines), len(before.lines[-1])
    return Span(line, column, line, column + 1)


def _most_nested_line(source: SourceText) -> Span:
    """The longest line: what nests too deeply is nearly always one expression on one line."""
    line = max(range(1, len(source.lines) + 1), key=lambda n: len(source.line(n)))
    return Span(line, 0, line, len(source.line(line)))


def _shift_first_line(tree: gast.Module, columns: int) -> None:
    for node in gast.walk(tree):
        if getattr(node, "lineno", None) == 1:
            node.col_offset += columns
        if getattr(node, "end_lineno", None) == 1:
            node.end_col_offset += columns


# --- statements and definitions ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a scope: of its own block, or of an ``if``, loop, ``try`` or ``with``
    inside it; never of a nested function or class."""

    node: Any
    parents: tuple[Any, ...]  # enclosing nodes, outermost first, without the module
    branch: Branch  # the conditional blocks it lies in
    fallback: bool  # it runs only if an import failed, or never (``if TYPE_CHECKING``)


class Placed(Protocol):
    """Something that happens at one place in a scope."""

    @property
    def branch(self) -> Branch: ...
    @property
    def fallback(self) -> bool: ...


_P = TypeVar("_P", bound=Placed)


def statements(
    body: Sequence[Any],
    parents: tuple[Any, ...] = (),
    branch: Branch = (),
    fallback: bool = False,
) -> Iterator[Statement]:
    """Every statement of a scope in source order."""
    for node in body:
        yield Statement(node, parents, branch, fallback)
        if isinstance(node, (gast.FunctionDef, gast.AsyncFunctionDef, gast.ClassDef)):
            continue
        inside = (*parents, node)
        if isinstance(node, gast.If):
            never = _is_type_checking(node.test)
            yield from statements(
                node.body, inside, (*branch, (id(node), "body")), fallback or never
            )
            orelse = branch if never else (*branch, (id(node), "orelse"))
            yield from statements(node.orelse, inside, orelse, fallback)
        elif isinstance(node, (gast.For, gast.AsyncFor, gast.While)):
            yield from statements(node.body, inside, (*branch, (id(node), "body")), fallback)
            yield from statements(node.orelse, inside, (*branch, (id(node), "orelse")), fallback)
        elif isinstance(node, (gast.With, gast.AsyncWith)):
            yield from statements(node.body, inside, branch, fallback)
        elif isinstance(node, (gast.Try, gast.TryStar)):
            # An import is taken to succeed: its ``except ImportError`` is the fallback.
            only_imports = all(isinstance(s, (gast.Import, gast.ImportFrom)) for s in node.body)
            guards_import = only_imports or all(map(_catches_import_error, node.handlers))
            tried = branch if guards_import else (*branch, (id(node), "body"))
            yield from statements(node.body, inside, tried, fallback)
            for number, handler in enumerate(node.handlers):
                handled = (*branch, (id(node), f"handler {number}"))
                yield from statements(
                    handler.body,
                    (*inside, handler),
                    handled,
                    fallback or only_imports or _catches_import_error(handler),
                )
            yield from statements(node.orelse, inside, tried, fallback)
            yield from statements(node.finalbody, inside, branch, fallback)
        elif isinstance(node, gast.Match):
            for number, case in enumerate(node.cases):
                taken = (*branch, (id(node), f"case {number}"))
                yield from statements(case.body, (*inside, case), taken, fallback)


def _is_type_checking(test: Any) -> bool:
    name = getattr(test, "attr", None) or getattr(test, "id", None)
    return name == "TYPE_CHECKING"


def _catches_import_error(handler: Any) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, gast.Tuple) else [handler.type]
    return any(getattr(k, "id", None) in ("ImportError", "ModuleNotFoundError") for k in kinds)


def in_force(bindings: Sequence[_P]) -> list[_P]:
    """Which of the bindings of one name, in source order, may hold when the scope has run.

    The last one, and each earlier one that no later one is certain to replace: one in the same
    block or in a block around it.
    """
    normal = [b for b in bindings if not b.fallback] or list(bindings)
    alive: list[_P] = []
    for binding in reversed(normal):
        if not any(binding.branch[: len(later.branch)] == later.branch for later in alive):
            alive.append(binding)
    return alive[::-1]


@dataclass(frozen=True, slots=True)
class Definition:
    """A function definition: a ``def``, or a ``lambda`` that is assigned to one name."""

    name: str
    node: Any
    parents: tuple[Any, ...]
    branch: Branch
    fallback: bool


def definitions(
    body: Sequence[Any], parents: tuple[Any, ...] = (), branch: Branch = ()
) -> Iterator[Definition | Statement]:
    """The functions (as `Definition`) and classes (as `Statement`) of one scope."""
    for statement in statements(body, parents, branch):
        node = statement.node
        where = (statement.parents, statement.branch, statement.fallback)
        if isinstance(node, (gast.FunctionDef, gast.AsyncFunctionDef)):
            yield Definition(node.name, node, *where)
        elif isinstance(node, gast.ClassDef):
            yield statement
        elif (named := assigned_lambda(node)) is not None:
            yield Definition(named[0], named[1], (*statement.parents, node), *where[1:])


def assigned_lambda(node: Any) -> tuple[str, Any] | None:
    """Name and lambda of ``name = lambda ...``."""
    if isinstance(node, gast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
    elif isinstance(node, gast.AnnAssign):
        target = node.target
    else:
        return None
    if isinstance(target, gast.Name) and isinstance(node.value, gast.Lambda):
        return target.id, node.value
    return None


def _found(
    body: Sequence[Any], parts: Sequence[str], parents: tuple[Any, ...], branch: Branch
) -> Iterator[Definition]:
    first, rest = parts[0], parts[1:]
    for item in definitions(body, parents, branch):
        name = item.name if isinstance(item, Definition) else item.node.name
        if name != first:
            continue
        if rest:
            inside = getattr(item.node, "body", None)
            if isinstance(inside, list):
                yield from _found(inside, rest, (*item.parents, item.node), item.branch)
        elif isinstance(item, Definition):
            yield item


def find_function(tree: gast.Module, qualname: str) -> list[tuple[Any, tuple[Any, ...]]]:
    """Every definition of a function, in source order, each with its enclosing nodes.

    ``qualname`` is ``"f"``, ``"Class.method"``, ``"outer.inner"`` or
    ``"outer.<locals>.inner"``. Of several definitions Python keeps the last that runs.
    """
    parts = qualname.replace(".<locals>", "").split(".")
    return [(d.node, d.parents) for d in _found(tree.body, parts, (), ())]


def get_function(
    source: SourceText, tree: gast.Module, qualname: str
) -> tuple[Any, tuple[Any, ...]]:
    """The one definition of a function, with its enclosing nodes.

    Raises `DerivativeError`: "no-such-function" if there is none, and "ambiguous-function" if
    it depends on a condition which of several definitions is meant.
    """
    parts = qualname.replace(".<locals>", "").split(".")
    candidates = in_force(list(_found(tree.body, parts, (), ())))
    if len(candidates) == 1:
        return candidates[0].node, candidates[0].parents
    if candidates:
        lines = " and ".join(str(c.node.lineno) for c in candidates)
        raise DerivativeError(
            [
                Diagnostic(
                    "ambiguous-function",
                    f"{qualname!r} is defined conditionally, on lines {lines}: "
                    "which definition holds cannot be told from the text",
                    source.path,
                    header_span(source, candidates[-1].node),
                    hint="give the variants different names",
                )
            ],
            [source],
        )
    known = list(dict.fromkeys(function_names(tree)))
    near = difflib.get_close_matches(".".join(parts), known, n=3, cutoff=0.5)
    near += [k for k in known if k.split(".")[-1] == parts[-1] and k not in near]
    if near:
        hint = f"did you mean {' or '.join(near[:4])}?"
    elif known:
        hint = f"the file defines {', '.join(known[:8])}{', ...' if len(known) > 8 else ''}"
    else:
        hint = "the file defines no function"
    message = f"there is no function {qualname!r} in this file"
    start = Span(1, 0, 1, 0)
    raise DerivativeError(
        [Diagnostic("no-such-function", message, source.path, start, hint)], [source]
    )


def function_names(tree: gast.Module) -> Iterator[str]:
    """The dotted name of every function of a file, nested ones and methods included."""

    def named(body: Sequence[Any], prefix: str) -> Iterator[str]:
        for item in definitions(body):
            name = prefix + (item.name if isinstance(item, Definition) else item.node.name)
            if isinstance(item, Definition):
                yield name
            if isinstance(item.node.body, list):
                yield from named(item.node.body, name + ".")

    return named(tree.body, "")


def qualified_name(node: Any, parents: Sequence[Any]) -> str:
    """The name as Python writes it: ``"Class.method"``, ``"outer.<locals>.inner"``."""
    parts: list[str] = []
    for parent in parents:
        if isinstance(parent, (gast.FunctionDef, gast.AsyncFunctionDef)):
            parts += [parent.name, "<locals>"]
        elif isinstance(parent, gast.Lambda):
            parts += ["<lambda>", "<locals>"]
        elif isinstance(parent, gast.ClassDef):
            parts.append(parent.name)
    return ".".join([*parts, "<lambda>" if isinstance(node, gast.Lambda) else node.name])


_DEF_HEADER = re.compile(r"(?:async[ \t\f]+)?def[ \t\f]+")


def name_span(source: SourceText, node: Any) -> Span:
    """The span of a function's name in its ``def`` line; of the whole of a lambda."""
    span = source.span_of(node)
    if isinstance(node, gast.Lambda):
        return span
    match = _DEF_HEADER.match(source.line(span.line), span.column)
    if match is None:  # the name is on a continuation line
        return span
    return Span(span.line, match.end(), span.line, match.end() + len(node.name))


def header_span(source: SourceText, node: Any) -> Span:
    """The span of ``def name(...)`` up to, not including, the colon and the body."""
    span = source.span_of(node)
    if isinstance(node, gast.Lambda):
        return span
    start = source.offset(span.line, span.column)
    depth, position = 0, start
    text, end = source.text, source.offset(span.end_line, span.end_column)
    token = re.compile(r"#[^\r\n]*|(?P<q>\"\"\"|'''|\"|')|[][(){}:]|\\?.", re.DOTALL)
    while position < end:
        match = token.match(text, position)
        assert match is not None
        if quote := match.group("q"):
            position = _string_end(text, match.end(), quote)
            continue
        character = match.group()
        if character in ("(", "[", "{"):
            depth += 1
        elif character in (")", "]", "}"):
            depth -= 1
        elif character == ":" and depth == 0:
            lines = SourceText(text[start:position]).lines
            first = span.column if len(lines) == 1 else 0
            end_line = span.line + len(lines) - 1
            return Span(span.line, span.column, end_line, first + len(lines[-1]))
        position = match.end()
    return span


def _string_end(text: str, position: int, quote: str) -> int:
    """The offset after the string literal whose opening quote ends at ``position``."""
    match = re.compile(rf"(?:\\.|(?!{quote}).)*{quote}", re.DOTALL).match(text, position)
    return match.end() if match else len(text)
