"""The parent's side of a worker: one child process, for what can hang or crash, called with deadlines.

A `Worker` is one life of one child. Who owns it begins the next one: only they know what has to be made good first.
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from desktop.adapters.worker_errors import CallTimeout, WorkerBug, WorkerDied, WorkerError, WorkerNotRunning
from desktop.adapters.worker_frames import (
    BUG,
    CALL,
    CANCEL,
    CANCELLED,
    ERROR,
    EVENT,
    START_ID,
    STOP,
    VALUE,
    CallError,
    FrameError,
    encode,
)
from desktop.adapters.worker_process import ChildProcess

__all__ = [
    "CallError",
    "CallTimeout",
    "OnEvent",
    "Worker",
    "WorkerBug",
    "WorkerDied",
    "WorkerError",
    "WorkerNotRunning",
    "WorkerState",
]

OnEvent = Callable[[str, dict[str, object]], None]

_KILL_WAIT: Final = 5.0
"""Seconds for the kernel to end a killed child; one that is stuck in the kernel itself may take longer."""
_TERMINATE_WAIT: Final = 1.0

_log = logging.getLogger(__name__)


class WorkerState(StrEnum):
    NEW = "new"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    answer: asyncio.Future[object]


class Worker:
    """One life of a child process; every method belongs to the loop that starts it, in whichever thread that runs.

    `env` is the child's whole environment (None: the parent's). `on_event` is called in the loop and must not block.
    At most `max_calls` are with the child at once, those it never answered included; further ones wait their turn.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        name: str,
        env: Mapping[str, str] | None = None,
        on_event: OnEvent,
        start_deadline: float = 30.0,
        max_calls: int = 32,
    ) -> None:
        self.name = name
        self._command = tuple(command)
        self._env = env
        self._on_event = on_event
        self._start_deadline = start_deadline
        self._state = WorkerState.NEW
        self._child = ChildProcess(_log.getChild(name), self._received, self._finish)
        self._slots = asyncio.Semaphore(max_calls)
        self._ids = itertools.count(START_ID + 1)
        self._pending: dict[int, _Call | None] = {}
        """None: its caller has left, but the child still owes the answer."""
        self._over = asyncio.Event()
        self._exit_code: int | None = None
        self._reason = ""

    @property
    def state(self) -> WorkerState:
        return self._state

    @property
    def alive(self) -> bool:
        """Whether calls are taken."""
        return self._state is WorkerState.READY

    @property
    def pid(self) -> int | None:
        return self._child.pid

    async def ended(self) -> WorkerDied:
        """Waits for the end of this life, however it comes, and tells how it came."""
        await self._over.wait()
        return self._died()

    async def start(self) -> None:
        """Returns once the child's handler is built; whenever this raises, the child is gone.

        Raises what building the handler raised (CallError, WorkerBug), or WorkerDied, CallTimeout.
        """
        if self._state is not WorkerState.NEW:
            raise WorkerNotRunning(self.name, self._state)
        self._state = WorkerState.STARTING
        call = self._pending[START_ID] = _Call("start", asyncio.get_running_loop().create_future())
        call.answer.add_done_callback(_seen)
        try:
            async with asyncio.timeout(self._start_deadline):
                await self._child.spawn(self._command, self._env)
                await call.answer
                if self._state is not WorkerState.STARTING:
                    raise await self.ended()  # asked to end just as it got ready
        except TimeoutError as exc:
            await self.kill(f"was killed: not ready within {self._start_deadline:g} s")
            raise CallTimeout(self.name, "start", self._start_deadline, sent=True) from exc
        except OSError as exc:
            raise self._died() from exc
        except BaseException:
            await self.kill("was killed: its start failed")
            raise
        self._state = WorkerState.READY

    async def call(self, method: str, /, *, deadline: float, kill_on_timeout: bool = False, **params: object) -> object:
        """The handler's value, within `deadline` seconds. A call given up before the child began it never runs.

        `kill_on_timeout` is for drivers that hang: the child is killed, and its other calls with it. Raises CallError,
        WorkerBug, CallTimeout, WorkerDied, WorkerNotRunning; TypeError or ValueError for what cannot be packed.
        """
        if deadline <= 0:
            raise CallTimeout(self.name, method, deadline, sent=False)
        call: _Call | None = None
        call_id = next(self._ids)
        data = encode([CALL, call_id, method, params])
        del params
        try:
            async with asyncio.timeout(deadline):
                await self._take_slot()
                call = self._pending[call_id] = _Call(method, asyncio.get_running_loop().create_future())
                self._child.write(data)
                del data
                return await call.answer
        except TimeoutError as exc:
            if kill_on_timeout and call is not None:
                await self.kill(f"was killed: no answer to {method} within {deadline:g} s")
            raise CallTimeout(self.name, method, deadline, sent=call is not None) from exc
        finally:
            if call is not None and self._pending.get(call_id) is call:
                self._pending[call_id] = None
                self._child.write(encode([CANCEL, call_id]))

    async def stop(self, grace: float = 5.0) -> None:
        """Asks the child to end, terminates it after `grace` seconds, then kills it; returns once it is reaped."""
        if self._state is WorkerState.NEW:
            self._finish(None, "was never started")
        if self._state is WorkerState.DEAD:
            return
        self._state = WorkerState.STOPPING
        self._child.blame("was stopped")
        try:
            if self._child.pid is None:
                return  # its process is still being made: nothing could be told to it, and there is nothing to end
            self._child.write(encode([STOP]))
            if not await self._over_within(grace):
                _log.warning("worker %s did not stop within %g s", self.name, grace)
                self._child.terminate()
                await self._over_within(_TERMINATE_WAIT)
        finally:
            await self.kill("was stopped")

    async def kill(self, reason: str = "was killed") -> None:
        """Ends the child at once and waits for the kernel to say so, 5 s at most."""
        if self._state not in (WorkerState.NEW, WorkerState.DEAD):
            self._state = WorkerState.STOPPING
            self._child.kill(reason)
            if not await self._over_within(_KILL_WAIT):
                _log.error("worker %s (pid %s) was killed but does not end", self.name, self.pid)

    async def _over_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        return self._over.is_set()

    async def _take_slot(self) -> None:
        self._require_ready()
        await self._slots.acquire()
        try:
            self._require_ready()  # it may have died while this call waited its turn
        except WorkerNotRunning:
            self._slots.release()
            raise

    def _require_ready(self) -> None:
        if not self.alive:
            raise WorkerNotRunning(self.name, self._state)

    def _received(self, frame: list[object]) -> None:
        match frame:
            case [str(kind), str(event), dict(facts)] if kind == EVENT:
                try:
                    self._on_event(event, facts)
                except Exception:  # the listener's bug, not the child's: the frames behind it are still owed
                    _log.exception("worker %s: handling its event %s failed", self.name, event)
            case [str(kind), int(call_id), value] if kind == VALUE:
                call = self._answered(call_id)
                if call is not None:
                    call.answer.set_result(value)
            case [str(kind), int(call_id), str(code), dict(facts)] if kind == ERROR:
                call = self._answered(call_id)
                if call is not None:
                    call.answer.set_exception(CallError(code, facts))
            case [str(kind), int(call_id), str(text)] if kind == BUG:
                call = self._answered(call_id)
                if call is not None:
                    call.answer.set_exception(WorkerBug(self.name, call.method, text))
                else:
                    _log.error("worker %s failed in a call that was given up:\n%s", self.name, text)
            case [str(kind), int(call_id)] if kind == CANCELLED and self._pending.get(call_id, frame) is None:
                self._answered(call_id)
            case _:
                raise FrameError(f"an unknown kind of frame with {len(frame)} items")

    def _answered(self, call_id: int) -> _Call | None:
        """The call whose answer has come; None if nobody waits for it any more."""
        if call_id not in self._pending:
            raise FrameError(f"an answer to call {call_id}, which is not open")
        call = self._pending.pop(call_id)
        if call_id != START_ID:
            self._slots.release()
        return None if call is None or call.answer.done() else call

    def _finish(self, exit_code: int | None, reason: str) -> None:
        self._state = WorkerState.DEAD
        self._exit_code = exit_code
        self._reason = reason
        for call_id in tuple(self._pending):
            call = self._answered(call_id)
            if call is not None:
                call.answer.set_exception(self._died())
        self._over.set()
        _log.debug("%s", self._died())

    def _died(self) -> WorkerDied:
        """A new exception for every raiser: a shared one would gather all their tracebacks."""
        return WorkerDied(self.name, self._exit_code, self._child.last_stderr, self._reason)


def _seen(answer: asyncio.Future[object]) -> None:
    """Marks a failure as retrieved: `start` may have one of its own to tell, and then never looks at this one."""
    if not answer.cancelled():
        answer.exception()
