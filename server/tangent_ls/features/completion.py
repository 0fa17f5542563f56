"""``textDocument/completion`` after ``with ins``: blocks of ``insert_grad_of``."""

from __future__ import annotations

from lsprotocol import types as lsp

from tangent.source.text import Span
from tangent_ls.analysis.documents import Snapshot
from tangent_ls.analysis.files import ParsedFile
from tangent_ls.analysis.insert_grad import (
    NAME,
    RECIPES,
    Insertion,
    Trigger,
    callee_of,
    completed_file,
    insertion,
    trigger_at,
    variables,
)
from tangent_ls.convert import to_place, to_range
from tangent_ls.features.code_action import import_edit
from tangent_ls.server import TangentServer


def register(server: TangentServer) -> None:
    @server.feature(
        lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=["(", "."])
    )
    async def completion(
        ls: TangentServer, params: lsp.CompletionParams
    ) -> lsp.CompletionList | None:
        snapshot = ls.host.documents.get(params.text_document.uri)
        if snapshot is None or ls.presenter.identity(snapshot.uri) is not None:
            return None
        line, column = to_place(snapshot.source, params.position, ls.encoding)
        trigger = trigger_at(snapshot.source, line, column)
        file = completed_file(snapshot, line) if trigger is not None else None
        if trigger is None or file is None:
            return None
        return lsp.CompletionList(False, list(items(ls, snapshot, file, trigger)))


def items(
    server: TangentServer, snapshot: Snapshot, file: ParsedFile, trigger: Trigger
) -> list[lsp.CompletionItem]:
    """For each variable in scope, latest first, every recipe."""
    line = trigger.typed.line
    function = file.at(line)
    if function is None:
        return []
    callee, missing = callee_of(file)
    if trigger.module is not None:
        if trigger.module != file.modules.get("tangent"):
            return []
        callee, missing = f"{trigger.module}.{NAME}", None
    extra = [import_edit(missing)] if missing is not None else None
    names = [v for v in variables(file, function, line) if v.startswith(trigger.prefix)]
    return [
        _item(server, snapshot, trigger, insertion(recipe, name, callee, file), extra, number)
        for number, (name, recipe) in enumerate((n, r) for n in names for r in RECIPES)
    ]


def _item(
    server: TangentServer,
    snapshot: Snapshot,
    trigger: Trigger,
    block: Insertion,
    extra: list[lsp.TextEdit] | None,
    number: int,
) -> lsp.CompletionItem:
    snippet = server.client.completion_snippets
    head, body = block.snippet_lines if snippet else block.lines
    # What is typed stands behind `with `, and that stays.
    text = f"{head.removeprefix('with ')}\n{trigger.indent}{body}"
    typed = to_range(
        snapshot.source,
        Span(
            trigger.typed.line, trigger.typed.column, trigger.typed.line, trigger.typed.end_column
        ),
        server.encoding,
    )
    return lsp.CompletionItem(
        label=f"{NAME}({block.variable}): {block.recipe.kind}",
        kind=lsp.CompletionItemKind.Snippet,
        detail=f"{block.recipe.title} the gradient of {block.variable}",
        filter_text=snapshot.source.slice(trigger.typed).rstrip(")"),
        sort_text=f"{number:04}",
        text_edit=lsp.TextEdit(typed, text),
        insert_text_format=lsp.InsertTextFormat.Snippet
        if snippet
        else lsp.InsertTextFormat.PlainText,
        # The indentation is already written out.
        insert_text_mode=lsp.InsertTextMode.AsIs,
        additional_text_edits=extra,
    )
