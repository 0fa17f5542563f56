"""What the client can do, decided once. What it does not declare it cannot do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lsprotocol import types as lsp
from pygls.capabilities import get_capability


@dataclass(frozen=True)
class ClientFacts:
    """The capabilities that change an answer."""

    virtual_documents: bool = False
    show_document: bool = False
    code_lens_refresh: bool = False
    diagnostic_pull: bool = False
    diagnostic_refresh: bool = False
    related_information: bool = False
    hover_markdown: bool = False
    completion_snippets: bool = False
    snippet_edits: bool = False
    document_changes: bool = False
    code_action_literals: bool = False
    configuration: bool = False
    watched_files: bool = False
    commands: frozenset[str] = frozenset()
    hover_commands: bool = False
    map: bool = False
    status: bool = False

    @staticmethod
    def of(capabilities: lsp.ClientCapabilities) -> ClientFacts:
        """Reads the capabilities that a client sent."""

        def has(path: str) -> bool:
            return bool(get_capability(capabilities, path, False))

        formats = get_capability(capabilities, "text_document.hover.content_format", None) or ()
        own = _own(capabilities.experimental)
        commands = own.get("commands")
        return ClientFacts(
            virtual_documents=get_capability(capabilities, "workspace.text_document_content", None)
            is not None,
            show_document=has("window.show_document.support"),
            code_lens_refresh=has("workspace.code_lens.refresh_support"),
            diagnostic_pull=get_capability(capabilities, "text_document.diagnostic", None)
            is not None,
            diagnostic_refresh=has("workspace.diagnostics.refresh_support"),
            related_information=has("text_document.publish_diagnostics.related_information"),
            hover_markdown=lsp.MarkupKind.Markdown in formats,
            completion_snippets=has("text_document.completion.completion_item.snippet_support"),
            snippet_edits=has("workspace.workspace_edit.snippet_edit_support"),
            document_changes=has("workspace.workspace_edit.document_changes"),
            code_action_literals=get_capability(
                capabilities, "text_document.code_action.code_action_literal_support", None
            )
            is not None,
            configuration=has("workspace.configuration"),
            watched_files=has("workspace.did_change_watched_files.dynamic_registration"),
            commands=frozenset(c for c in commands if isinstance(c, str))
            if isinstance(commands, (list, tuple))
            else frozenset(),
            hover_commands=own.get("hoverCommands") is True,
            map=own.get("map") is True,
            status=own.get("status") is True,
        )


def _own(experimental: Any) -> dict[str, Any]:
    own = experimental.get("tangent") if isinstance(experimental, dict) else None
    return own if isinstance(own, dict) else {}
