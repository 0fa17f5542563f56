"""Running derivations beside the protocol: one worker thread, each derivation once."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import queue
import threading
from collections.abc import Callable

from tangent_ls.analysis.host import AnalysisHost, Job, Key, Outcome
from tangent_ls.analysis.uris import DerivativeId
from tangent_ls.analysis.view import View

_STACK = 64 * 1024 * 1024  # deep expressions recurse; the default of some systems is small
_QUIET = 1.5  # seconds without work after which there is time to tidy up
_ATTEMPTS = 3  # a text that changes faster than it is derived: then the newest known


class Scheduler:
    """Brings views up to date. Belongs to the event loop's thread.

    The thread is a daemon's: a derivation that hangs keeps neither the loop nor the exit.
    """

    def __init__(self, host: AnalysisHost, on_busy: Callable[[bool], None] = lambda _: None):
        self._host = host
        self._on_busy = on_busy
        self._queue: queue.SimpleQueue[tuple[Job, asyncio.Future[Outcome | None]]] | None = None
        self._running: dict[Key, asyncio.Future[Outcome | None]] = {}
        self._latest: dict[Key, Job] = {}
        self._tidying: asyncio.TimerHandle | None = None

    async def fresh(self, identity: DerivativeId, timeout: float | None = None) -> View:
        """The view, up to date; after `timeout` seconds what is known by then."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._update(identity), timeout)
        return self._host.view(identity)

    async def _update(self, identity: DerivativeId) -> None:
        for _ in range(_ATTEMPTS):
            job = self._host.pending(identity)
            if job is None:
                return
            # Shielded: others may wait for the same derivation when one request is cancelled.
            await asyncio.shield(self._start(job))

    def _start(self, job: Job) -> asyncio.Future[Outcome | None]:
        known = self._running.get(job.key)
        if known is not None:
            return known
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome | None] = loop.create_future()
        if not self._running:
            self._on_busy(True)
        if self._tidying is not None:
            self._tidying.cancel()
        self._running[job.key] = future
        self._latest[job.identity.key] = job
        if self._queue is None:
            self._queue = _start_worker(loop, self._is_latest, self._done)
        self._queue.put((job, future))
        return future

    def _is_latest(self, job: Job) -> bool:
        return self._latest.get(job.identity.key) is job

    def _done(
        self, job: Job, future: asyncio.Future[Outcome | None], outcome: Outcome | None
    ) -> None:
        self._running.pop(job.key, None)
        if self._is_latest(job):
            del self._latest[job.identity.key]
        if outcome is not None:
            self._host.finish(job, outcome)
        if not future.done():
            future.set_result(outcome)
        if not self._running:
            self._on_busy(False)
            self._tidying = future.get_loop().call_later(_QUIET, gc.collect)


def _start_worker(
    loop: asyncio.AbstractEventLoop,
    wanted: Callable[[Job], bool],
    done: Callable[[Job, asyncio.Future[Outcome | None], Outcome | None], None],
) -> queue.SimpleQueue[tuple[Job, asyncio.Future[Outcome | None]]]:
    jobs: queue.SimpleQueue[tuple[Job, asyncio.Future[Outcome | None]]] = queue.SimpleQueue()

    def work() -> None:
        while True:
            job, future = jobs.get()
            outcome = job.run() if wanted(job) else None
            try:
                loop.call_soon_threadsafe(done, job, future, outcome)
            except RuntimeError:  # the loop is closed: the server ends
                return

    before = threading.stack_size(_STACK)
    try:
        threading.Thread(target=work, name="derivatives", daemon=True).start()
    finally:
        threading.stack_size(before)
    return jobs
