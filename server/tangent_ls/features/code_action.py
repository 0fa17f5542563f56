"""``textDocument/codeAction``: show a derivative; insert code into the backward pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol import types as lsp

from tangent_ls.analysis.documents import Snapshot
from tangent_ls.analysis.files import ParsedFile
from tangent_ls.analysis.insert_grad import (
    RECIPES,
    Import,
    Insertion,
    assignment_at,
    callee_of,
    insertion,
)
from tangent_ls.convert import to_place
from tangent_ls.features.commands import make_command, show_arguments
from tangent_ls.server import TangentServer

SHOW_KIND = "source.tangent.showDerivative"
INSERT_KIND = "refactor.rewrite.tangent.insertGrad"


def register(server: TangentServer) -> None:
    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        lsp.CodeActionOptions([SHOW_KIND, *(f"{INSERT_KIND}.{r.kind}" for r in RECIPES)]),
    )
    async def code_action(
        ls: TangentServer, params: lsp.CodeActionParams
    ) -> list[lsp.CodeAction | lsp.Command]:
        snapshot = ls.host.documents.get(params.text_document.uri)
        if snapshot is None or ls.presenter.identity(snapshot.uri) is not None:
            return []
        line, _ = to_place(snapshot.source, params.range.start, ls.encoding)
        actions = [*_show(ls, snapshot, line), *_insert(ls, snapshot, line)]
        if not ls.client.code_action_literals:
            return [a.command for a in actions if a.command is not None]
        return [a for a in actions if _wanted(str(a.kind), params.context.only)]


def _wanted(kind: str, only: Sequence[lsp.CodeActionKind | str] | None) -> bool:
    if only is None:
        return True
    for wanted in only:
        prefix = str(getattr(wanted, "value", wanted))
        if not prefix or kind == prefix or kind.startswith(prefix + "."):
            return True
    return False


def _show(server: TangentServer, snapshot: Snapshot, line: int) -> Iterator[lsp.CodeAction]:
    name = server.host.function_at(snapshot.uri, line)
    identity = server.identity_for(snapshot.uri, name, None, None)
    if identity is not None:
        title = f"Show derivative of {identity.function}"
        yield lsp.CodeAction(
            title,
            SHOW_KIND,
            command=make_command(server, "show", title, show_arguments(identity)),
        )


def _insert(server: TangentServer, snapshot: Snapshot, line: int) -> Iterator[lsp.CodeAction]:
    file = server.host.parse(snapshot.uri)
    if not isinstance(file, ParsedFile):
        return
    assignment = assignment_at(file, line)
    if assignment is None:
        return
    callee, missing = callee_of(file)
    for name in assignment.names:
        for recipe in RECIPES:
            block = insertion(recipe, name, callee, file)
            yield lsp.CodeAction(
                f"Tangent: {recipe.title} the gradient of {name}",
                f"{INSERT_KIND}.{recipe.kind}",
                edit=_edit(
                    server, snapshot, block, assignment.span.end_line, assignment.indent, missing
                ),
            )


def _edit(
    server: TangentServer,
    snapshot: Snapshot,
    block: Insertion,
    line: int,
    indent: str,
    missing: Import | None,
) -> lsp.WorkspaceEdit:
    """The block on lines of its own below a line (from 1)."""
    snippet = server.client.snippet_edits and server.client.document_changes
    head, body = block.snippet_lines if snippet else block.lines
    end = _line_end(snapshot)
    text = f"{indent}{head}{end}{indent}{body}"
    if line < len(snapshot.source.lines):
        position, text = lsp.Position(line, 0), text + end
    else:  # the last line has no end
        index = snapshot.index(server.encoding)
        last = snapshot.source.line(line)
        position = lsp.Position(line - 1, index.character(line - 1, len(last)))
        text = end + text
    where = lsp.Range(position, position)
    edits: list[lsp.TextEdit | lsp.AnnotatedTextEdit | lsp.SnippetTextEdit] = []
    if missing is not None:
        edits.append(import_edit(missing, end))
    if snippet:
        edits.append(lsp.SnippetTextEdit(where, lsp.StringValue(text)))
    else:
        edits.append(lsp.TextEdit(where, text))
    if not server.client.document_changes:
        plain = [e for e in edits if isinstance(e, lsp.TextEdit)]
        return lsp.WorkspaceEdit(changes={snapshot.uri: plain})
    document = lsp.OptionalVersionedTextDocumentIdentifier(snapshot.uri, snapshot.version)
    return lsp.WorkspaceEdit(document_changes=[lsp.TextDocumentEdit(document, edits)])


def import_edit(missing: Import, end: str = "\n") -> lsp.TextEdit:
    """The edit that adds an import line."""
    position = lsp.Position(missing.line - 1, 0)
    return lsp.TextEdit(lsp.Range(position, position), missing.text + end)


def _line_end(snapshot: Snapshot) -> str:
    """The line end that the text uses first."""
    lines = snapshot.source.lines
    if len(lines) < 2:
        return "\n"
    first = len(lines[0])
    return "\r\n" if snapshot.text[first : first + 2] == "\r\n" else snapshot.text[first]
