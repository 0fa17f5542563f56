"""How fast the language server answers: a real process over standard streams.

    python bench/server.py [--json | --markdown] [--quick]

The file it works on has 1,000 lines of functions as people write them, some of which ask for
their derivatives with `tangent.grad`. Measured: the time from starting the process to its answer
to `initialize`; hover on every primal line and CodeLens of the whole file, while nothing
changes; and after each edit of one function, the time until its new derivative is here: as a
client gets it that asks, and as one gets it that waits to be told (the server waits for a pause
in typing first).
"""

from __future__ import annotations

import random
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common import Table, arguments, median, percentile, quiet_process, show, verdict

from lsp_client import LspClient, LspError

READY_BUDGET = 1500.0  # ms
ANSWER_BUDGET = 20.0  # ms, of hover and CodeLens at the 95th percentile
LINES = 1000
ASKED = 20  # functions whose derivative the file asks for

_FUNCTIONS = '''
def loss_{n}(w1, b1, w2, b2, x, label):
    """The mean squared error of a perceptron with one hidden layer."""
    h = np.tanh(np.dot(x, w1) + b1)
    out = np.dot(h, w2) + b2
    residual = out - label
    penalty = {c} * (np.sum(w1 ** 2) + np.sum(w2 ** 2))
    return np.mean(residual ** 2) + penalty

def likelihood_{n}(mean, scale, x):
    z = (x - mean) / scale
    density = -0.5 * z * z - np.log(scale)
    weight = np.exp(-{c} * np.abs(z))
    total = np.sum(weight * density)
    if total > 0.0:
        total = np.log(1.0 + total)
    else:
        total = total * {c}
    return total

def recurrent_{n}(w, u, xs, target):
    h = np.zeros(w.shape[0])
    total = 0.0
    for t in range(len(xs)):
        h = np.tanh(np.dot(w, h) + np.dot(u, xs[t]))
        error = h - target[t]
        total = total + np.sum(error * error)
    return total / len(xs) + {c} * np.sum(w * w)

def diffuse_{n}(k, u, measured, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        u[0] = u[0] + {c} * (u[1] - u[0])
    return np.sum((u - measured) ** 2)

def root_{n}(a, tolerance):
    """Newton's method for the square root."""
    x = a
    while abs(x * x - a) > tolerance:
        x = 0.5 * (x + a / x)
    # how far from the guess
    scale = 1.0 + {c} * x
    return x * scale

def report_{n}(history, path):
    lines = []
    for step, value in enumerate(history):
        if value > {c}:
            lines.append(f"{{step}}: {{value:.4f}}")
    with open(path, "w") as file:
        file.write("\\n".join(lines))
    return len(lines)
'''


def big_file(lines: int, asked: int) -> str:
    """The text of a file of exactly so many lines; always the same."""
    choose = random.Random(0)
    templates = [part.strip("\n") for part in re.split(r"\n(?=def )", _FUNCTIONS) if part.strip()]
    tail = [""]
    out = ["import numpy as np", "", "import tangent", ""]
    number = 0
    while True:
        template = templates[number % len(templates)]
        body = template.format(n=number, c=f"0.{choose.randint(1, 99):02}").splitlines()
        name = body[0].split()[1].partition("(")[0]
        request = [f"d{name} = tangent.grad({name})"] if len(tail) <= asked else []
        if name.startswith("report"):
            request = []
        if len(out) + len(body) + 2 + len(tail) + len(request) > lines:
            break
        out += ["", *body, ""]
        tail += request
        number += 1
    out += [f"# {'.' * 70}"] * (lines - len(out) - len(tail))
    return "\n".join([*out, *tail]) + "\n"


def milliseconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def start_server(folder: Path) -> LspClient:
    client = LspClient([sys.executable, "-m", "tangent_ls", "--stdio"], folder)
    client.initialize(
        workspace={"textDocumentContent": {}, "codeLens": {"refreshSupport": True}},
        textDocument={"hover": {"contentFormat": ["markdown"]}},
        experimental={"tangent": {"map": True}},
    )
    return client


class Session:
    """A server with the file open, and what a person does with it."""

    def __init__(self, client: LspClient, path: Path, text: str):
        self.client, self.uri, self.lines, self.version = client, path.as_uri(), text.split("\n"), 1
        document = {"uri": self.uri, "languageId": "python", "version": 1, "text": text}
        client.notify("textDocument/didOpen", textDocument=document)

    def lenses(self) -> Any:
        return self.client.request("textDocument/codeLens", textDocument={"uri": self.uri})

    def hover(self, line: int) -> Any:
        where = {"line": line, "character": 4}
        return self.client.request(
            "textDocument/hover", textDocument={"uri": self.uri}, position=where
        )

    def show(self, function: str) -> str:
        """Opens a derivative; its URI."""
        answer = self.client.request(
            "tangent/derivative", textDocument={"uri": self.uri}, function=function
        )
        self.content(answer["uri"])
        return answer["uri"]

    def content(self, uri: str) -> str:
        text = self.client.request("workspace/textDocumentContent", uri=uri)["text"]
        if "# up to date" not in text:
            raise LspError(f"no derivative: {text}")
        return text

    def change(self, line: int, text: str) -> None:
        """Replaces a line, unsaved."""
        end = {"line": line, "character": len(self.lines[line])}
        change = {"range": {"start": {"line": line, "character": 0}, "end": end}, "text": text}
        self.version += 1
        self.lines[line] = text
        self.client.notify(
            "textDocument/didChange",
            textDocument={"uri": self.uri, "version": self.version},
            contentChanges=[change],
        )


def main() -> None:
    options = arguments(__doc__).parse_args()
    starts, rounds, edits = (1, 1, 2) if options.quick else (9, 5, 25)
    text = big_file(LINES, ASKED)
    measured: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        path = folder / "model.py"
        path.write_text(text)
        ready = measured.setdefault("ready: answer to initialize", [])
        for _ in range(starts):
            begin = time.perf_counter()
            with start_server(folder):
                ready.append((time.perf_counter() - begin) * 1000)

        with start_server(folder) as client:
            begin = time.perf_counter()
            session = Session(client, path, text)
            session.lenses()
            measured["first CodeLens after opening the file"] = [
                (time.perf_counter() - begin) * 1000
            ]
            asked = re.findall(r"tangent\.grad\((\w+)\)", text)
            shown = {function: session.show(function) for function in asked[:3]}
            places = [n for n, line in enumerate(session.lines) if re.match(r"    \w+ = ", line)]
            places = [line for line in places if session.hover(line) is not None]
            if len(places) < len(asked) or len(session.lenses()) < len(asked):
                raise LspError("the server has no answers")
            measured["hover on a primal line"] = [
                milliseconds(lambda line=line: session.hover(line))
                for _ in range(rounds)
                for line in places
            ]
            measured["CodeLens of the file"] = [
                milliseconds(session.lenses) for _ in range(40 * rounds)
            ]
            function = asked[0]
            row = next(i for i, one in enumerate(session.lines) if f"def {function}(" in one)
            row = next(i for i in range(row, LINES) if "np.tanh(" in session.lines[i])
            original = session.lines[row]
            pulled = measured.setdefault("edit to derivative, when asked", [])
            pushed = measured.setdefault("edit to derivative, when told", [])
            hovered = measured.setdefault("edit to hover", [])
            lensed = measured.setdefault("edit to CodeLens", [])
            for _ in range(edits):
                for measure, get in (
                    (pulled, lambda: session.content(shown[function])),
                    (pushed, lambda: refreshed(session, shown[function])),
                    (hovered, lambda: session.hover(row)),
                    (lensed, session.lenses),
                ):
                    new = f"{original} * 1.{session.version}"  # a text not seen before
                    start = time.perf_counter()
                    session.change(row, new)
                    get()
                    measure.append((time.perf_counter() - start) * 1000)
                    time.sleep(0.0 if options.quick else 0.25)  # what follows an edit has its time

    columns = ("", "p50 ms", "p95 ms", "p99 ms", "n")
    table = Table(
        f"The server on a file of {len(text.splitlines()):,} lines, "
        f"{text.count('def ')} functions, {len(asked)} derivatives asked for",
        columns,
    )
    for what, times in measured.items():
        table.add(what, *(percentile(times, p) for p in (50, 95, 99)), len(times))
    p95 = {what: percentile(times, 95) for what, times in measured.items()}
    lines = [
        f"ready: {verdict(median(ready), READY_BUDGET, 'ms')}",
        f"hover, p95: {verdict(p95['hover on a primal line'], ANSWER_BUDGET, 'ms')}",
        f"CodeLens, p95: {verdict(p95['CodeLens of the file'], ANSWER_BUDGET, 'ms')}",
    ]
    data = {
        what: {f"p{p}_ms": percentile(times, p) for p in (50, 95, 99)} | {"n": len(times)}
        for what, times in measured.items()
    }
    show(options, [table], lines, {"server": data})


def refreshed(session: Session, uri: str) -> None:
    session.client.wait_for("workspace/textDocumentContent/refresh")
    session.content(uri)


if __name__ == "__main__":
    quiet_process()
    main()
