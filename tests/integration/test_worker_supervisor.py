"""A worker that dies comes back, with back-off, and one that keeps dying is told as broken."""

import asyncio
import itertools
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

import pytest

from desktop.adapters.worker import CallError, CallTimeout, Worker, WorkerDied, WorkerNotRunning
from desktop.adapters.worker_supervisor import Death, RestartPolicy, Supervisor, SupervisorState
from tests.integration.workers import PATIENCE, Events, Probe, ProcessWatch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the probe uses FIFOs, /proc and pidfds")


class Time:
    """A clock that only a test moves; who sleeps wakes when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.sleeps = Events()
        self._wake = asyncio.Event()

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self._wake.clear()
        self.sleeps("sleep", {"seconds": seconds})
        await self._wake.wait()
        self.now += seconds

    async def slept(self, count: int) -> float:
        """How long the `count`-th sleep is to be, once it has begun."""
        seconds = (await self.sleeps.until("sleep", count))["seconds"]
        assert isinstance(seconds, float)
        return seconds

    def wake(self) -> None:
        self._wake.set()


class Supervised:
    """A supervisor whose n-th life is the n-th kind (the last one for ever), and what it told."""

    def __init__(self, kinds: Iterable[str], prepare: Callable[[Worker], Awaitable[None]] | None = None) -> None:
        self.time = Time()
        self.told = Events()
        self.probes: list[Probe] = []
        self._kinds = iter(kinds)
        self.supervisor = Supervisor(
            self._make,
            name="probe",
            prepare=prepare,
            on_ready=lambda life: self.told("ready", {"life": life}),
            on_died=lambda death: self.told("died", {"death": death}),
            clock=self.time.clock,
            sleep=self.time.sleep,
            roll=lambda: 0.0,
        )

    def _make(self) -> Worker:
        self.probes.append(Probe(next(self._kinds)))
        return self.probes[-1].worker

    async def call(self, method: str, /, **params: object) -> object:
        return await self.supervisor.call(method, deadline=PATIENCE, kill_on_timeout=False, **params)

    async def death(self, count: int) -> Death:
        death = (await self.told.until("died", count))["death"]
        assert isinstance(death, Death)
        return death

    def kill_child(self) -> None:
        assert self.supervisor.pid is not None
        os.kill(self.supervisor.pid, signal.SIGKILL)


Supervise = Callable[..., Supervised]


@pytest.fixture
async def supervise() -> AsyncIterator[Supervise]:
    made: list[Supervised] = []

    def start(
        kinds: Iterable[str] = itertools.repeat("plain"), prepare: Callable[[Worker], Awaitable[None]] | None = None
    ) -> Supervised:
        made.append(Supervised(kinds, prepare))
        made[-1].supervisor.start()
        return made[-1]

    yield start
    for each in made:
        await each.supervisor.stop()


async def test_a_call_waits_for_the_first_life(supervise: Supervise) -> None:
    supervised = supervise()
    assert await supervised.call("echo", value=1) == 1
    assert supervised.told.all == [("ready", {"life": 1})]


async def test_a_worker_that_was_killed_comes_back_and_a_waiting_call_gets_its_answer(supervise: Supervise) -> None:
    supervised = supervise()
    first = await supervised.call("pid")
    supervised.kill_child()
    death = await supervised.death(1)
    assert isinstance(death.error, WorkerDied)
    assert (death.error.exit_code, death.retry_in, death.broken) == (-signal.SIGKILL, 0.5, False)
    assert supervised.supervisor.state is SupervisorState.WAITING
    waiting = asyncio.ensure_future(supervised.call("pid"))
    assert await supervised.time.slept(1) == 0.5
    supervised.time.wake()
    assert await waiting != first
    assert await supervised.told.until("ready", 2) == {"life": 2}


async def test_a_call_that_was_running_when_the_worker_died_is_not_made_again(supervise: Supervise) -> None:
    supervised = supervise()
    with pytest.raises(WorkerDied) as died:
        await supervised.call("exit", code=3)
    assert died.value.sent


async def test_a_driver_killed_at_its_deadline_is_back_for_the_next_call(supervise: Supervise) -> None:
    supervised = supervise()
    await supervised.call("echo", value=1)
    with pytest.raises(CallTimeout):
        await supervised.supervisor.call("hang_without_gil", deadline=0.1, kill_on_timeout=True)
    following = asyncio.ensure_future(supervised.call("echo", value=2))
    await supervised.time.slept(1)
    supervised.time.wake()
    assert await following == 2


async def test_each_death_waits_longer_and_the_fifth_is_told_as_broken(supervise: Supervise) -> None:
    supervised = supervise(itertools.repeat("die"))
    for number, delay in enumerate([0.5, 1.0, 2.0, 4.0], 1):
        death = await supervised.death(number)
        assert (death.retry_in, death.broken) == (delay, False)
        assert await supervised.time.slept(number) == delay
        supervised.time.wake()
    death = await supervised.death(5)
    assert isinstance(death.error, WorkerDied)
    assert death.error.last_stderr == ("about to die",)
    assert (death.retry_in, death.broken) == (300.0, True)
    with pytest.raises(WorkerNotRunning, match="worker probe is broken") as refused:
        await supervised.call("echo", value=1)
    assert not refused.value.sent


async def test_a_broken_worker_is_tried_seldom_until_a_life_has_lasted(supervise: Supervise) -> None:
    supervised = supervise(["die"] * 6 + ["plain"] * 3)
    for number in range(1, 6):
        await supervised.time.slept(number)
        supervised.time.wake()
    assert (await supervised.death(6)).broken
    await supervised.time.slept(6)
    supervised.time.wake()

    await supervised.told.until("ready")
    supervised.time.now += 299.0
    supervised.kill_child()
    assert (await supervised.death(7)).broken
    await supervised.time.slept(7)
    supervised.time.wake()

    await supervised.told.until("ready", 2)
    supervised.time.now += 301.0
    supervised.kill_child()
    death = await supervised.death(8)
    assert (death.retry_in, death.broken) == (0.5, False)


async def test_a_call_whose_deadline_is_before_the_next_start_fails_at_once(supervise: Supervise) -> None:
    supervised = supervise()
    await supervised.call("echo", value=1)
    supervised.kill_child()
    await supervised.time.slept(1)
    with pytest.raises(WorkerNotRunning, match="worker probe is waiting"):
        await supervised.supervisor.call("echo", deadline=0.4, value=1)


async def test_a_call_does_not_wait_for_a_start_beyond_its_deadline(supervise: Supervise) -> None:
    supervised = supervise(["hang"])
    await asyncio.sleep(0)
    with pytest.raises(CallTimeout) as timeout:
        await supervised.supervisor.call("echo", deadline=0.05, value=1)
    assert not timeout.value.sent


async def test_each_life_is_prepared_before_any_call_reaches_it(supervise: Supervise) -> None:
    async def prepare(worker: Worker) -> None:
        await worker.call("remember", deadline=PATIENCE, what="prepared")

    supervised = supervise(prepare=prepare)
    assert await supervised.call("runs") == ["prepared"]
    supervised.kill_child()
    await supervised.time.slept(1)
    supervised.time.wake()
    assert await supervised.call("runs") == ["prepared"]


async def test_a_life_that_cannot_be_prepared_is_ended_and_tried_again(supervise: Supervise) -> None:
    async def prepare(worker: Worker) -> None:
        assert worker.pid is not None
        watches.append(ProcessWatch(worker.pid))
        await worker.call("known", deadline=PATIENCE)

    watches: list[ProcessWatch] = []
    supervised = supervise(prepare=prepare)
    death = await supervised.death(1)
    assert isinstance(death.error, CallError)
    assert death.error.code == "quota_exceeded"
    assert watches[0].ended()
    watches[0].close()
    assert await supervised.time.slept(1) == 0.5


@pytest.mark.expects_error_log("worker probe could not be prepared .*ZeroDivisionError")
async def test_a_bug_in_preparing_is_logged_and_counts_as_a_death(supervise: Supervise) -> None:
    async def prepare(worker: Worker) -> None:
        raise ZeroDivisionError

    supervised = supervise(prepare=prepare)
    assert isinstance((await supervised.death(1)).error, ZeroDivisionError)


async def test_a_restart_asked_for_is_no_death_and_waits_for_nothing(supervise: Supervise) -> None:
    supervised = supervise()
    first = await supervised.call("pid")
    await supervised.supervisor.restart()
    assert await supervised.call("pid") != first
    assert [event for event, _ in supervised.told.all] == ["ready", "ready"]
    assert supervised.time.sleeps.all == []


async def test_a_restart_ends_the_waiting_of_a_broken_worker(supervise: Supervise) -> None:
    supervised = supervise(["die"] * 5 + ["plain"])
    for number in range(1, 5):
        await supervised.time.slept(number)
        supervised.time.wake()
    assert (await supervised.death(5)).broken
    await supervised.supervisor.restart()
    assert await supervised.call("echo", value=1) == 1


async def test_a_restart_replaces_a_life_that_hangs_while_it_starts(supervise: Supervise) -> None:
    supervised = supervise(["hang", "plain"])
    await asyncio.sleep(0)
    await supervised.probes[0].events.until("holding")
    await supervised.supervisor.restart(grace=0.05)
    assert await supervised.call("echo", value=1) == 1
    assert supervised.told.all == [("ready", {"life": 2})]


async def test_a_stop_ends_the_worker_in_order_and_none_follows(supervise: Supervise) -> None:
    supervised = supervise()
    await supervised.call("echo", value=1)
    await supervised.supervisor.stop(grace=PATIENCE)
    assert (await supervised.probes[0].worker.ended()).exit_code == 0
    assert [event for event, _ in supervised.told.all] == ["ready"]
    with pytest.raises(WorkerNotRunning, match="worker probe is stopped"):
        await supervised.call("echo", value=1)
    with pytest.raises(WorkerNotRunning, match="worker probe is stopped"):
        await supervised.supervisor.restart()


async def test_a_stop_does_not_wait_for_a_start_or_for_the_next_try(supervise: Supervise) -> None:
    starting = supervise(["hang"])
    waiting = supervise(["die"])
    await waiting.time.slept(1)
    await starting.probes[0].events.until("holding")
    async with asyncio.timeout(PATIENCE):
        await starting.supervisor.stop(grace=600)
        await waiting.supervisor.stop(grace=600)
    assert (await starting.probes[0].worker.ended()).exit_code == -signal.SIGKILL


@pytest.mark.expects_error_log("telling 1 failed")
async def test_a_listener_that_fails_does_not_end_the_supervision() -> None:
    def fail(_: int) -> None:
        raise RuntimeError("a bug of the listener")

    supervisor = Supervisor(lambda: Probe().worker, name="probe", on_ready=fail)
    supervisor.start()
    assert await supervisor.call("echo", deadline=PATIENCE, value=1) == 1
    await supervisor.stop()


def test_a_delay_is_shortened_by_chance_so_that_many_do_not_start_at_once() -> None:
    policy = RestartPolicy(first=0.5, cap=30.0, slow=300.0, jitter=0.5)
    assert policy.delay(1, broken=False, roll=0.0) == 0.5
    assert policy.delay(1, broken=False, roll=0.5) == 0.375
    assert policy.delay(99, broken=False, roll=0.0) == 30.0
    assert policy.delay(5, broken=True, roll=0.0) == 300.0
