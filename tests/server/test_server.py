"""The server as a process, over real standard streams, with a client that can everything and
one that can hardly anything."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from textwrap import dedent

import pytest
import pytest_lsp
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pytest_lsp import ClientServerConfig, LanguageClient, make_test_lsp_client

import tangent

ROOT = Path(__file__).resolve().parents[2]
CACHE = tempfile.TemporaryDirectory(prefix="tangent-test-")

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODEL = dedent("""\
    import numpy as np
    import tangent


    def loss(w, x):
        h = np.tanh(x * w)
        r = h - 1.0
        return np.sum(r * r)


    def other(a, b):
        c = a * b
        return c + b


    dloss = tangent.grad(loss)
    """)


def make_client():
    """A client that notes what the server asks of it."""
    client = make_test_lsp_client()
    client.refreshed, client.maps, client.statuses, client.registered = [], [], [], []
    client.lens_refreshes = 0

    @client.feature(lsp.WORKSPACE_TEXT_DOCUMENT_CONTENT_REFRESH)
    def refresh(params):
        client.refreshed.append(params.uri)

    @client.feature(lsp.WORKSPACE_CODE_LENS_REFRESH)
    def lens_refresh(params):
        client.lens_refreshes += 1

    @client.feature(lsp.CLIENT_REGISTER_CAPABILITY)
    def register(params):
        client.registered += [r.method for r in params.registrations]

    @client.feature("tangent/mapDidChange")
    def map_change(params):
        client.maps.append(params)

    @client.feature("tangent/status")
    def status(params):
        client.statuses.append(params)

    return client


def config():
    # The rest of PYTHONPATH stays: it may be how the tests found their packages.
    path = [str(ROOT / "engine"), str(ROOT / "server"), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(p for p in path if p),
        "XDG_CACHE_HOME": CACHE.name,
        "LOCALAPPDATA": CACHE.name,
    }
    return ClientServerConfig(
        server_command=[sys.executable, "-m", "tangent_ls"],
        client_factory=make_client,
        server_env=environment,
    )


def full_capabilities():
    return lsp.ClientCapabilities(
        general=lsp.GeneralClientCapabilities(position_encodings=[lsp.PositionEncodingKind.Utf16]),
        workspace=lsp.WorkspaceClientCapabilities(
            text_document_content=lsp.TextDocumentContentClientCapabilities(),
            code_lens=lsp.CodeLensWorkspaceClientCapabilities(refresh_support=True),
            diagnostics=lsp.DiagnosticWorkspaceClientCapabilities(refresh_support=True),
            configuration=True,
            did_change_watched_files=lsp.DidChangeWatchedFilesClientCapabilities(
                dynamic_registration=True
            ),
            workspace_edit=lsp.WorkspaceEditClientCapabilities(
                document_changes=True, snippet_edit_support=True
            ),
        ),
        window=lsp.WindowClientCapabilities(
            show_document=lsp.ShowDocumentClientCapabilities(support=True)
        ),
        text_document=lsp.TextDocumentClientCapabilities(
            diagnostic=lsp.DiagnosticClientCapabilities(),
            hover=lsp.HoverClientCapabilities(content_format=[lsp.MarkupKind.Markdown]),
            completion=lsp.CompletionClientCapabilities(
                completion_item=lsp.ClientCompletionItemOptions(snippet_support=True)
            ),
            code_action=lsp.CodeActionClientCapabilities(
                code_action_literal_support=lsp.ClientCodeActionLiteralOptions(
                    lsp.ClientCodeActionKindOptions([])
                )
            ),
        ),
        experimental={
            "tangent": {
                "commands": ["tangent.showDerivative", "tangent.goToAdjoint", "tangent.goToPrimal"],
                "hoverCommands": True,
                "map": True,
                "status": True,
            }
        },
    )


@pytest_lsp.fixture(config=config(), scope="module")
async def full(lsp_client: LanguageClient):
    result = await lsp_client.initialize_session(
        lsp.InitializeParams(capabilities=full_capabilities())
    )
    lsp_client.result = result
    yield
    await lsp_client.shutdown_session()


@pytest_lsp.fixture(config=config(), scope="module")
async def plain(lsp_client: LanguageClient):
    capabilities = lsp.ClientCapabilities(
        general=lsp.GeneralClientCapabilities(
            position_encodings=[lsp.PositionEncodingKind.Utf8, lsp.PositionEncodingKind.Utf16]
        ),
        window=lsp.WindowClientCapabilities(
            show_document=lsp.ShowDocumentClientCapabilities(support=True)
        ),
    )
    lsp_client.result = await lsp_client.initialize_session(
        lsp.InitializeParams(capabilities=capabilities)
    )
    yield
    await lsp_client.shutdown_session()


class File:
    """A file that is open in a client."""

    number = 0

    def __init__(self, client, text, uri=None, path=None):
        File.number += 1
        self.client, self.text, self.version = client, text, 1
        self.uri = uri or (path or Path(f"/w/m{File.number}.py")).as_uri()
        client.text_document_did_open(
            lsp.DidOpenTextDocumentParams(lsp.TextDocumentItem(self.uri, "python", 1, text))
        )

    @property
    def id(self):
        return lsp.TextDocumentIdentifier(self.uri)

    def set(self, text):
        self._change(lsp.TextDocumentContentChangeWholeDocument(text))
        self.text = text

    def replace(self, old, new):
        """An incremental edit, as an editor sends it (the text before is ASCII)."""
        start = self.text.index(old)
        before = self.text[:start]
        line, column = before.count("\n"), len(before) - (before.rfind("\n") + 1)
        lines = old.split("\n")
        end_line = line + len(lines) - 1
        end_column = len(lines[-1]) + (column if len(lines) == 1 else 0)
        where = lsp.Range(lsp.Position(line, column), lsp.Position(end_line, end_column))
        self._change(lsp.TextDocumentContentChangePartial(where, new))
        self.text = before + new + self.text[start + len(old) :]

    def _change(self, change):
        self.version += 1
        self.client.text_document_did_change(
            lsp.DidChangeTextDocumentParams(
                lsp.VersionedTextDocumentIdentifier(self.version, self.uri), [change]
            )
        )

    def close(self):
        self.client.text_document_did_close(lsp.DidCloseTextDocumentParams(self.id))

    def position(self, mark):
        """The position of ``|`` in a piece of the text, as in ``"a = |b"`` (ASCII)."""
        start = self.text.index(mark.replace("|", "")) + mark.index("|")
        before = self.text[:start]
        return lsp.Position(before.count("\n"), len(before) - (before.rfind("\n") + 1))

    def line(self, text):
        return self.text.split("\n").index(text)

    async def lenses(self):
        return list(await self.client.text_document_code_lens_async(lsp.CodeLensParams(self.id)))

    async def line_lenses(self):
        found = await self.lenses()
        return {x.range.start.line: x for x in found if x.command.title.startswith("→")}

    async def hover(self, mark):
        return await self.client.text_document_hover_async(
            lsp.HoverParams(self.id, self.position(mark))
        )

    async def actions(self, mark, only=None):
        place = self.position(mark)
        found = await self.client.text_document_code_action_async(
            lsp.CodeActionParams(
                self.id, lsp.Range(place, place), lsp.CodeActionContext([], only=only)
            )
        )
        return list(found)

    async def completions(self, mark):
        found = await self.client.text_document_completion_async(
            lsp.CompletionParams(self.id, self.position(mark))
        )
        return [] if found is None else list(found.items)

    async def pulled(self):
        report = await self.client.text_document_diagnostic_async(
            lsp.DocumentDiagnosticParams(self.id)
        )
        return list(report.items)

    async def derivative(self, function, **more):
        return await self.client.protocol.send_request_async(
            "tangent/derivative", {"textDocument": {"uri": self.uri}, "function": function, **more}
        )


async def content(client, uri):
    result = await client.workspace_text_document_content_async(lsp.TextDocumentContentParams(uri))
    return result.text


async def command(client, name, *arguments):
    return await client.workspace_execute_command_async(
        lsp.ExecuteCommandParams(name, list(arguments))
    )


async def until(condition, what, seconds=10.0):
    for _ in range(int(seconds / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"waited in vain for {what}")


def body(text):
    """What follows the two lines of the header."""
    return text.split("\n", 2)[2]


def expected(text, function, **options):
    derivative = tangent.differentiate(text, function, **options)
    assert derivative.ok, derivative.diagnostics
    return derivative.text


def view_uri(file, function, options="reverse"):
    path = file.uri.removeprefix("file:///")
    return f"tangent-derivative://file/{path}/-/{options}/{function}.grad.py"


def apply(text, edits):
    """Edits applied to a text (ASCII)."""
    lines = text.split("\n")

    def offset(position):
        return sum(len(x) + 1 for x in lines[: position.line]) + position.character

    for edit in sorted(edits, key=lambda e: offset(e.range.start), reverse=True):
        new = edit.new_text if isinstance(edit, lsp.TextEdit) else edit.snippet.value
        text = text[: offset(edit.range.start)] + new + text[offset(edit.range.end) :]
    return text


# --- start and end -------------------------------------------------------------------------


async def test_what_is_advertised(full, plain):
    for client in (full, plain):
        capabilities = client.result.capabilities
        assert capabilities.workspace.text_document_content.schemes == ("tangent-derivative",)
        assert capabilities.experimental["tangent"]["protocol"] == 1
    assert full.result.capabilities.position_encoding == lsp.PositionEncodingKind.Utf16
    assert plain.result.capabilities.position_encoding == lsp.PositionEncodingKind.Utf8


async def test_python_files_are_watched(full):
    await until(lambda: full.registered, "a registration")
    assert full.registered == [lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES]


async def test_a_session_ends_well():
    client = await config().start()
    await client.initialize_session(lsp.InitializeParams(capabilities=lsp.ClientCapabilities()))
    File(client, MODEL)
    await client.shutdown_async(None)
    with pytest.raises(Exception, match="shutting down"):
        await client.text_document_hover_async(
            lsp.HoverParams(lsp.TextDocumentIdentifier("file:///m.py"), lsp.Position(0, 0))
        )
    client.exit(None)
    assert await asyncio.wait_for(client._server.wait(), 10) == 0
    await client.stop()


async def test_messages_out_of_turn_or_form_are_answered():
    """Spoken by hand: a client library would not send these."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tangent_ls",
        env=config().server_env,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )

    async def ask(number, method, params):
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        data = json.dumps(request).encode()
        process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        while True:
            length = 0
            while header := (await process.stdout.readline()).strip():
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            answer = json.loads(await process.stdout.readexactly(length))
            if answer.get("id") == number:
                return answer.get("error", {}).get("code"), answer.get("result")

    async def session():
        hover = {"textDocument": {"uri": "file:///m.py"}, "position": {"line": 0, "character": 0}}
        assert (await ask(1, "textDocument/hover", hover))[0] == -32002  # not initialized
        assert (await ask(2, "initialize", {"capabilities": {}, "processId": None}))[1]
        assert (await ask(3, "textDocument/hover", {"nonsense": True}))[0] == -32602
        assert (await ask(4, "textDocument/hover", 7))[0] is not None
        assert (await ask(5, "no/such", {}))[0] == -32601
        assert await ask(6, "textDocument/hover", hover) == (None, None)
        assert await ask(7, "shutdown", None) == (None, None)
        assert (await ask(8, "textDocument/hover", hover))[0] == -32600

    try:
        await asyncio.wait_for(session(), 20)
    finally:
        process.kill()
        await process.wait()


async def test_tcp():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tangent_ls", "--tcp", str(port), env=config().server_env
    )
    client = make_client()
    try:
        for attempt in range(200):
            try:
                await client.start_tcp("127.0.0.1", port)
                break
            except OSError:
                assert attempt < 199
                await asyncio.sleep(0.05)
        await client.initialize_session(lsp.InitializeParams(capabilities=full_capabilities()))
        file = File(client, MODEL)
        assert body(await content(client, view_uri(file, "loss"))) == expected(MODEL, "loss")
        await client.shutdown_async(None)
        client.exit(None)
        await asyncio.wait_for(process.wait(), 10)
    finally:
        if process.returncode is None:
            process.kill()
        await client.stop()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--version"], 0, tangent.__version__),
        (["--help"], 0, "--tcp"),
        (["--tcp", "nowhere"], 2, "neither PORT nor HOST:PORT"),
        (["--log-file", "/no/such/directory/log"], 2, "cannot write the log"),
    ],
)
async def test_arguments(arguments, code, said):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tangent_ls",
        *arguments,
        env=config().server_env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == code
    assert said in (out + err).decode()


# --- the derivative as a document ----------------------------------------------------------


async def test_the_view_is_the_text_of_the_engine(full):
    file = File(full, MODEL)
    text = await content(full, view_uri(file, "loss"))
    assert text.split("\n")[0] == (
        f"# Derivative of loss with respect to w (reverse mode), from {file.uri.rsplit('/', 1)[1]}"
    )
    assert text.split("\n")[1] == "# up to date"
    assert body(text) == expected(MODEL, "loss")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("reverse.w-x", {"wrt": ("w", "x")}),
        ("reverse.x", {"wrt": "x"}),
        ("reverse.1", {"wrt": 1}),
        ("forward", {"mode": "forward"}),
    ],
)
async def test_options_of_a_view(full, name, options):
    file = File(full, MODEL)
    assert body(await content(full, view_uri(file, "loss", name))) == expected(
        MODEL, "loss", **options
    )


@pytest.mark.parametrize(
    "uri",
    [
        "tangent-derivative://file/w/absent.py/-/reverse/f.grad.py",
        "tangent-derivative://file/nonsense",
        "tangent-derivative:",
        "file:///w/m.py",
    ],
)
async def test_what_cannot_be_shown_is_said_in_comments(full, uri):
    text = await content(full, uri)
    assert text.strip()
    assert all(line.startswith("#") for line in text.splitlines())


async def test_an_untitled_document(full):
    file = File(full, MODEL, uri="untitled:Untitled-7")
    result = await file.derivative("loss")
    assert result.uri == "tangent-derivative://untitled/~/Untitled-7/-/reverse/loss.grad.py"
    assert body(await content(full, result.uri)) == expected(MODEL, "loss")


async def test_an_unsaved_edit_regenerates_the_view(full, tmp_path):
    path = tmp_path / "model.py"
    path.write_text(MODEL)
    file = File(full, MODEL, path=path)
    uri = view_uri(file, "loss")
    before = await content(full, uri)
    file.replace("np.tanh(x * w)", "np.sin(x * w)")
    await until(lambda: uri in full.refreshed, "a refresh")
    after = await content(full, uri)
    assert after != before
    assert body(after) == expected(file.text, "loss")
    assert path.read_text() == MODEL


async def test_an_edit_elsewhere_changes_no_view(full):
    file = File(full, MODEL)
    uri = view_uri(file, "loss")
    before = await content(full, uri)
    file.replace("c = a * b", "c = a * b * b")
    assert await content(full, uri) == before
    await asyncio.sleep(0.5)
    assert uri not in full.refreshed


async def test_a_closed_view_is_refreshed_no_more(full):
    file = File(full, MODEL)
    uri = view_uri(file, "loss")
    text = await content(full, uri)
    view = File(full, text, uri=uri)
    view.close()
    file.replace("np.tanh", "np.sin")
    await file.derivative("loss")
    await asyncio.sleep(0.5)
    assert uri not in full.refreshed


async def test_a_syntax_error_makes_stale_and_its_repair_fresh(full):
    file = File(full, MODEL)
    uri = view_uri(file, "loss")
    before = await content(full, uri)
    lenses = await file.line_lenses()
    file.replace("r = h - 1.0", "r = h - (1.0")
    await until(lambda: uri in full.refreshed, "a refresh")
    stale = await content(full, uri)
    assert body(stale) == body(before)
    assert stale.split("\n")[1].startswith("# stale: line ")
    kept = await file.line_lenses()
    assert {n: x.command.title for n, x in kept.items()} == {
        n: x.command.title for n, x in lenses.items()
    }
    hover = await file.hover("h = np.|tanh")
    assert "stale" in hover.contents.value
    full.refreshed.clear()
    file.replace("r = h - (1.0", "r = h - (2.0)")
    await until(lambda: uri in full.refreshed, "a refresh")
    text = await content(full, uri)
    assert text.split("\n")[1] == "# up to date"
    assert body(text) == expected(file.text, "loss")


async def test_every_keystroke(full):
    """Each prefix of typing a line: an answer each time, at the end that of a cold start."""
    file = File(full, MODEL)
    uri = view_uri(file, "loss")
    await content(full, uri)
    line = "    r = np.exp(h) * (h - 1.0) + x\n"
    typed = "    r = h - 1.0\n"
    file.replace("    return np.sum", "\n    return np.sum")
    typed = ""
    for character in line.rstrip("\n"):
        file.replace(f"{typed}\n    return np.sum", f"{typed}{character}\n    return np.sum")
        typed += character
        text = await content(full, uri)
        assert text.startswith("# Derivative of loss")
        state = text.split("\n")[1]
        assert state == "# up to date" or state.startswith("# stale: "), state
        assert "\ndef dlossdw(" in text
        await file.lenses()
        await file.hover("h = np.|tanh")
    assert body(await content(full, uri)) == expected(file.text, "loss")


@pytest.mark.parametrize("text", ["raise SystemExit(3)\n", "open({marker!r}, 'w').close()\n"])
async def test_nothing_of_the_user_is_executed(full, tmp_path, text):
    marker = tmp_path / "executed"
    source = text.format(marker=str(marker)) + MODEL
    helper = tmp_path / "helper.py"
    helper.write_text(text.format(marker=str(marker)) + "def double(x):\n    return x * 2.0\n")
    source += "\nfrom helper import double\n\ndef g(x):\n    return double(x)\n"
    path = tmp_path / "model.py"
    path.write_text(source)
    file = File(full, source, path=path)
    assert body(await content(full, view_uri(file, "loss"))) == expected(source, "loss")
    assert (await content(full, view_uri(file, "g"))).startswith("# Derivative of g")
    await file.lenses()
    await file.pulled()
    assert not marker.exists()


# --- lenses ----------------------------------------------------------------------------------


async def test_a_lens_on_each_function(full):
    file = File(full, MODEL)
    shows = [x for x in await file.lenses() if x.command.title == "∂ derivative"]
    assert [x.range.start.line for x in shows] == [4, 10]
    assert {x.command.command for x in shows} == {"tangent.showDerivative"}
    assert list(shows[0].command.arguments) == [file.uri, "loss", {"mode": "reverse"}]


async def test_a_lens_on_each_line_of_a_requested_function(full):
    file = File(full, MODEL)
    lenses = await file.line_lenses()
    assert set(lenses) == {5, 6, 7}
    lens = lenses[file.line("    h = np.tanh(x * w)")]
    assert lens.command.command == "tangent.goToAdjoint"
    uri, where, source, primal = lens.command.arguments
    assert (uri, source) == (view_uri(file, "loss"), file.uri)
    assert primal["start"]["line"] == 5
    line = (await content(full, uri)).split("\n")[where["start"]["line"]]
    title = lens.command.title.removeprefix("→ ").partition(" (+")[0].rstrip("…")
    assert line.strip().startswith(title)


async def test_showing_a_derivative_gives_it_line_lenses(full):
    file = File(full, MODEL)
    assert file.line("    c = a * b") not in await file.line_lenses()
    count = full.lens_refreshes
    await content(full, view_uri(file, "other"))
    await until(lambda: full.lens_refreshes > count, "a refresh of lenses")
    assert file.line("    c = a * b") in await file.line_lenses()


async def test_lenses_move_with_an_edit_above(full):
    file = File(full, MODEL)
    before = await file.line_lenses()
    file.replace("import tangent\n", "import tangent\n\n# one more\n")
    after = await file.line_lenses()
    assert {n + 2: x.command.title for n, x in before.items()} == {
        n: x.command.title for n, x in after.items()
    }


async def test_settings_turn_lenses_off(full):
    file = File(full, MODEL)
    assert await file.line_lenses()
    count = full.lens_refreshes
    full.set_configuration({"lines": False}, section="tangent.codeLens")
    full.workspace_did_change_configuration(lsp.DidChangeConfigurationParams(settings=None))
    try:
        await until(lambda: full.lens_refreshes > count, "a refresh of lenses")
        assert not await file.line_lenses()
        assert await file.lenses()
    finally:
        full.set_configuration({"lines": True}, section="tangent.codeLens")
        full.workspace_did_change_configuration(lsp.DidChangeConfigurationParams(settings=None))
    await until(lambda: full.lens_refreshes > count + 1, "a refresh of lenses")


async def test_a_plain_client_gets_commands_of_the_server(plain):
    file = File(plain, MODEL)
    assert {x.command.command for x in await file.lenses()} == {
        "tangent.server.showDerivative",
        "tangent.server.showAdjoint",
    }


# --- hover, definition -------------------------------------------------------------------


async def test_hover_on_a_primal_line(full):
    file = File(full, MODEL)
    hover = await file.hover("h = np.|tanh")
    assert hover.contents.kind == lsp.MarkupKind.Markdown
    code = hover.contents.value.split("```")[1]
    assert code.startswith("python\n")
    text = await content(full, view_uri(file, "loss"))
    for line in code.splitlines()[1:]:
        assert line.strip() in text
    assert "(command:tangent.goToAdjoint?" in hover.contents.value
    assert hover.range.start == lsp.Position(5, 4)


async def test_no_hover_where_nothing_was_asked_for(full):
    file = File(full, MODEL)
    assert await file.hover("c = a |* b") is None
    assert await file.hover("import |numpy") is None


async def test_hover_for_a_plain_client(plain):
    file = File(plain, MODEL)
    hover = await file.hover("h = np.|tanh")
    assert hover.contents.kind == lsp.MarkupKind.PlainText
    assert "command:" not in hover.contents.value and "```" not in hover.contents.value


async def test_from_the_derivative_to_the_primal(full):
    file = File(full, MODEL)
    uri = view_uri(file, "loss")
    text = await content(full, uri)
    view = File(full, text, uri=uri)
    result = await file.derivative("loss")
    links = [x for x in result.map.links if x.role == "adjoint"]
    assert links
    for link in links:
        place = link.generated[0].start
        params = lsp.DefinitionParams(view.id, lsp.Position(place.line, place.character))
        found = await full.text_document_definition_async(params)
        assert found.uri == file.uri
        assert found.range.start.line == link.primal.start.line
        hover = await full.text_document_hover_async(lsp.HoverParams(view.id, params.position))
        assert file.text.split("\n")[link.primal.start.line].strip() in hover.contents.value
    header = lsp.DefinitionParams(view.id, lsp.Position(0, 3))
    assert await full.text_document_definition_async(header) is None


async def test_definitions_in_the_source_are_left_to_others(full):
    file = File(full, MODEL)
    params = lsp.DefinitionParams(file.id, file.position("tangent.grad(|loss)"))
    assert await full.text_document_definition_async(params) is None


# --- our own messages ------------------------------------------------------------------------


async def test_the_map_of_a_derivative(full):
    file = File(full, MODEL)
    result = await file.derivative("loss")
    assert (result.function, result.sourceVersion, result.state.kind) == ("loss", 1, "fresh")
    text = (await content(full, result.uri)).split("\n")
    for link in result.map.links:
        assert link.uri == file.uri
        for generated in link.generated:
            assert 2 <= generated.start.line <= generated.end.line < len(text)
    same = await full.protocol.send_request_async("tangent/map", {"uri": result.uri})
    assert len(same.links) == len(result.map.links)
    place = file.position("r = |h")
    by_place = await full.protocol.send_request_async(
        "tangent/derivative",
        {
            "textDocument": {"uri": file.uri},
            "position": {"line": place.line, "character": place.character},
        },
    )
    assert by_place.uri == result.uri
    assert await file.derivative("nothing") is None
    assert await full.protocol.send_request_async("tangent/map", {"uri": file.uri}) is None


async def test_a_changed_map_is_pushed(full):
    file = File(full, MODEL)
    uri = view_uri(file, "loss")
    await content(full, uri)
    file.replace("import tangent\n", "import tangent\n\n")
    await until(
        lambda: any(m.uri == uri and m.sourceVersion == file.version for m in full.maps), "a map"
    )
    last = [m for m in full.maps if m.uri == uri][-1]
    assert last.state.kind == "fresh"
    assert {x.primal.start.line for x in last.map.links} >= {6, 7, 8}


async def test_the_status_ends_quiet(full):
    file = File(full, MODEL)
    await file.derivative("loss")
    await until(lambda: full.statuses and full.statuses[-1].quiescent, "quiet")


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("tangent/derivative", None),
        ("tangent/derivative", {"textDocument": 3}),
        ("tangent/derivative", {"textDocument": {"uri": "file:///m.py"}, "function": 3}),
        ("tangent/map", []),
        ("tangent/unknown", {}),
        ("workspace/executeCommand", lsp.ExecuteCommandParams("no.such")),
        ("workspace/executeCommand", lsp.ExecuteCommandParams("tangent.server.showDerivative")),
        ("workspace/executeCommand", lsp.ExecuteCommandParams("tangent.server.showAdjoint", [1])),
    ],
)
async def test_bad_requests_get_an_answer_and_do_no_harm(full, method, params):
    with pytest.raises(JsonRpcException):
        await asyncio.wait_for(full.protocol.send_request_async(method, params), 10)
    file = File(full, MODEL)
    assert (await file.derivative("loss")).state.kind == "fresh"


# --- showing -------------------------------------------------------------------------------


async def test_show_derivative_opens_the_virtual_document(full):
    file = File(full, MODEL)
    full.shown_documents.clear()
    uri = await command(full, "tangent.server.showDerivative", file.uri, "loss", {"wrt": ["x"]})
    assert uri == view_uri(file, "loss", "reverse.x")
    (shown,) = full.shown_documents
    assert (shown.uri, shown.take_focus) == (uri, False)


async def test_show_derivative_of_the_function_around_a_place(full):
    file = File(full, MODEL)
    place = file.position("c = |a")
    where = {"line": place.line, "character": place.character}
    uri = await command(full, "tangent.server.showDerivative", file.uri, where)
    assert uri == view_uri(file, "other")


async def test_show_derivative_of_nothing_says_so(full):
    file = File(full, MODEL)
    full.messages.clear()
    assert await command(full, "tangent.server.showDerivative", file.uri, "absent") is None
    await until(lambda: full.messages, "a message")
    assert "no function absent" in full.messages[0].message


async def test_jumps_open_their_place(full):
    file = File(full, MODEL)
    lens = (await file.line_lenses())[5]
    full.shown_documents.clear()
    await command(full, "tangent.server.showAdjoint", *lens.command.arguments)
    await command(full, "tangent.server.showPrimal", *lens.command.arguments)
    there, back = full.shown_documents
    assert there.uri == view_uri(file, "loss")
    assert there.selection.start.line == lens.command.arguments[1]["start"]["line"]
    assert (back.uri, back.selection.start.line, back.take_focus) == (file.uri, 5, True)


async def test_a_plain_client_gets_a_file_that_follows(plain):
    file = File(plain, MODEL)
    plain.shown_documents.clear()
    uri = await command(plain, "tangent.server.showDerivative", file.uri, "loss")
    assert [s.uri for s in plain.shown_documents] == [uri]
    path = Path(uri.removeprefix("file://"))
    assert path.is_relative_to(CACHE.name)
    assert body(path.read_text()) == expected(MODEL, "loss")
    view = File(plain, path.read_text(), uri=uri)
    file.replace("np.tanh", "np.sin")
    await until(lambda: "np.cos" in path.read_text(), "the file to be renewed")
    assert body(path.read_text()) == expected(file.text, "loss")
    lines = path.read_text().split("\n")
    number = next(n for n, text in enumerate(lines) if "np.cos" in text and "=" in text)
    found = await plain.text_document_definition_async(
        lsp.DefinitionParams(view.id, lsp.Position(number, 8))
    )
    assert (found.uri, found.range.start.line) == (file.uri, 5)


# --- diagnostics -------------------------------------------------------------------------------

BROKEN = dedent("""\
    import tangent


    def f(x):
        a = x * x
        b = yield a
        return b


    def g(x):
        yield x


    tangent.grad(f)
    """)


async def test_diagnostics_are_pulled(full):
    file = File(full, BROKEN)
    found = await file.pulled()
    assert found
    assert {d.source for d in found} == {"tangent"}
    assert all(d.code and d.severity == lsp.DiagnosticSeverity.Error for d in found)
    assert all(3 <= d.range.start.line <= 6 for d in found)  # nobody asked for g
    file.replace("b = yield a", "b = 2.0 * a")
    assert await file.pulled() == []
    assert await File(full, MODEL).pulled() == []


async def test_diagnostics_are_published(plain):
    file = File(plain, BROKEN)
    await until(lambda: plain.diagnostics.get(file.uri), "diagnostics")
    file.replace("b = yield a", "b = 2.0 * a")
    await until(lambda: not plain.diagnostics[file.uri], "no diagnostics")


async def test_closing_takes_diagnostics_away(plain):
    file = File(plain, BROKEN)
    await until(lambda: plain.diagnostics.get(file.uri), "diagnostics")
    file.close()
    await until(lambda: not plain.diagnostics[file.uri], "no diagnostics")


# --- insert_grad_of ------------------------------------------------------------------------------


async def test_completion_of_a_snippet(full):
    file = File(full, MODEL.replace("    r = h", "    with ins\n    r = h"))
    items = await file.completions("with ins|")
    assert items[0].label == "insert_grad_of(h): print"
    assert {i.label.partition("(")[2].partition(")")[0] for i in items} == {"h", "x", "w"}
    item = next(i for i in items if i.label == "insert_grad_of(h): clip")
    assert item.insert_text_format == lsp.InsertTextFormat.Snippet
    text = apply(file.text, [item.text_edit, *(item.additional_text_edits or [])])
    assert "    with tangent.insert_grad_of(h) as ${1:dh}:\n        $1 = np.clip($1" in text
    assert not await file.completions("import num|py")


async def test_completion_for_a_plain_client_is_code_that_works(plain):
    text = MODEL.replace("import tangent\n", "from tangent import grad\n").replace(
        "tangent.grad", "grad"
    )
    file = File(plain, text.replace("    r = h", "    with insert_grad_of(h\n    r = h"))
    items = await file.completions("insert_grad_of(h|")
    item = next(i for i in items if i.label == "insert_grad_of(h): clip")
    assert item.insert_text_format == lsp.InsertTextFormat.PlainText
    text = apply(file.text, [item.text_edit, *item.additional_text_edits])
    assert "from tangent import grad\nfrom tangent import insert_grad_of\n" in text
    assert "    with insert_grad_of(h) as dh:\n        dh = np.clip(dh, -1.0, 1.0)\n" in text
    assert "np.clip(bh, -1.0, 1.0)" in expected(text, "loss")


async def test_code_actions_on_an_assignment(full):
    file = File(full, MODEL)
    actions = await file.actions("h = np.|tanh")
    # The client library takes an action with a command for a command: by title.
    assert actions[0].title == "Show derivative of loss"
    kinds = [a.kind for a in actions[1:]]
    assert kinds == [
        f"refactor.rewrite.tangent.insertGrad.{k}"
        for k in ("print", "break", "clip", "checkNaN", "stop")
    ]
    (document,) = actions[3].edit.document_changes
    assert document.text_document.version == 1
    text = apply(file.text, document.edits)
    assert (
        "    h = np.tanh(x * w)\n"
        "    with tangent.insert_grad_of(h) as ${1:dh}:\n"
        "        $1 = np.clip($1, -1.0, 1.0)$0\n"
        "    r = h - 1.0\n"
    ) in text
    rewrites = await file.actions("h = np.|tanh", only=["refactor.rewrite"])
    assert [a.kind for a in rewrites] == kinds
    assert [a.title for a in await file.actions("return np.|sum")] == [actions[0].title]
    shows = await file.actions("h = np.|tanh", only=["source.tangent"])
    assert [a.title for a in shows] == [actions[0].title]
    assert await file.actions("import |numpy") == []


async def test_code_actions_without_literals_are_commands(plain):
    file = File(plain, MODEL)
    (action,) = await file.actions("h = np.|tanh")
    assert isinstance(action, lsp.Command)
    assert action.command == "tangent.server.showDerivative"


# --- positions, texts, robustness ---------------------------------------------------------


async def test_characters_outside_the_basic_plane(full, plain):
    """UTF-16 for one client, UTF-8 for the other; the form feed ends no line."""
    text = MODEL.replace("    h = np.tanh", "    s = '🎉é'; h = np.tanh").replace(
        "import tangent\n", "import tangent\n\f# 🎉\n"
    )
    before = "    s = '🎉é'; "
    for client, width in ((full, len(before) + 1), (plain, len(before.encode()))):
        file = File(client, text)
        result = await file.derivative("loss")
        starts = {
            (x.primal.start.line, x.primal.start.character)
            for x in result.map.links
            if x.primal.start.line == 6
        }
        assert (6, width) in starts
        # An edit behind them arrives where it was meant.
        where = lsp.Range(lsp.Position(6, width + 7), lsp.Position(6, width + 11))
        file._change(lsp.TextDocumentContentChangePartial(where, "sin"))
        text_now = body(await content(client, view_uri(file, "loss")))
        assert text_now == expected(text.replace("np.tanh", "np.sin"), "loss")


async def test_windows_line_ends(full):
    file = File(full, MODEL.replace("\n", "\r\n"))
    assert set(await file.line_lenses()) == {5, 6, 7}
    actions = await file.actions("h = np.|tanh")
    edit = actions[1].edit.document_changes[0].edits[-1]
    assert edit.snippet.value.count("\r\n") == edit.snippet.value.count("\n") == 2


async def test_an_edit_of_a_file_read_from_disk_is_noticed(full, tmp_path):
    helper = tmp_path / "helper.py"
    helper.write_text("def double(x):\n    return x * 2.0\n")
    path = tmp_path / "model.py"
    text = "from helper import double\n\n\ndef f(x):\n    return double(x)\n"
    path.write_text(text)
    file = File(full, text, path=path)
    uri = view_uri(file, "f")
    assert "2.0" in await content(full, uri)
    helper.write_text("def double(x):\n    return x * 2.25\n")
    full.workspace_did_change_watched_files(
        lsp.DidChangeWatchedFilesParams(
            [lsp.FileEvent(helper.as_uri(), lsp.FileChangeType.Changed)]
        )
    )
    await until(lambda: uri in full.refreshed, "a refresh")
    assert "2.25" in await content(full, uri)


async def test_cancelling_answers_at_once(full):
    big = (
        "def big(x):\n" + "".join(f"    x = x * x + {n}.0\n" for n in range(800)) + "    return x\n"
    )
    file = File(full, big)
    request = full.protocol.send_request_async(
        "tangent/derivative", {"textDocument": {"uri": file.uri}, "function": "big"}, msg_id="c1"
    )
    waiting = asyncio.ensure_future(request)
    await asyncio.sleep(0.05)
    started = asyncio.get_running_loop().time()
    full.cancel_request(lsp.CancelParams("c1"))
    with pytest.raises(Exception, match="cancel"):
        await asyncio.wait_for(waiting, 10)
    assert asyncio.get_running_loop().time() - started < 5
    await until(lambda: full.statuses[-1].quiescent, "quiet")


@pytest.mark.parametrize(
    "text", ["", "\0", "def f(:\n", "\ud83d", "x" * 100_000, "(" * 2000, "def f(x):\n" * 300]
)
async def test_no_text_harms_the_server(full, text):
    file = File(full, text if text.isprintable() or text != "\ud83d" else "'�'")
    assert isinstance(await file.lenses(), list)
    assert await file.pulled() == []
    assert (await content(full, view_uri(file, "f"))).startswith("# Derivative of f")
    file.set(MODEL)
    assert body(await content(full, view_uri(file, "loss"))) == expected(MODEL, "loss")


async def test_a_change_of_an_unknown_document_does_no_harm(full):
    full.text_document_did_change(
        lsp.DidChangeTextDocumentParams(
            lsp.VersionedTextDocumentIdentifier(2, "file:///w/never-opened.py"),
            [lsp.TextDocumentContentChangeWholeDocument("x")],
        )
    )
    assert (await File(full, MODEL).derivative("loss")).state.kind == "fresh"


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.name)
async def test_the_same_bytes_as_the_api_for_every_example(full, path):
    """What `tangent.grad(f).source` is, for every derivative an example asks for."""
    import importlib.util

    text = path.read_text()
    file = File(full, text, path=path)
    lenses = [x for x in await file.lenses() if x.command.title == "∂ derivative"]
    spec = importlib.util.spec_from_file_location(f"example_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ImportError as error:
        pytest.skip(f"{path.name} needs {error.name}, which is not installed")
    compared = 0
    for lens in lenses:
        uri, name, options = lens.command.arguments
        result = await full.protocol.send_request_async(
            "tangent/derivative",
            {"textDocument": {"uri": uri}, "function": name, "options": options},
        )
        if result.state.kind != "fresh" or "." in name:
            continue
        wrt = options.get("wrt")
        if wrt is not None:
            wrt = tuple(wrt) if len(wrt) > 1 else wrt[0]
        chosen = {"wrt": wrt} if wrt is not None else {}
        made = tangent.grad(getattr(module, name), mode=options["mode"], **chosen)
        assert body(await content(full, result.uri)) == made.source
        compared += 1
    assert compared
