"""A worker process takes calls, tells events, and fails without taking the service with it."""

import asyncio
import re
import signal
import sys

import pytest

from desktop.adapters.worker import CallError, CallTimeout, WorkerBug, WorkerDied, WorkerNotRunning, WorkerState
from desktop.adapters.worker_frames import MAX_FRAME
from tests.integration.workers import Events, Probe, ProcessWatch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the probe uses FIFOs, /proc and pidfds")


@pytest.mark.parametrize(
    "value",
    [None, True, -7, 2**63, 1.5, "relatório ✓", b"\xff\xd8\x00", [1, ["a", b"b"]], {"k": {"n": None}, 3: "int key"}],
)
async def test_a_value_comes_back_as_it_was_sent(value: object) -> None:
    async with Probe() as probe:
        assert probe.worker.state is WorkerState.READY
        assert await probe.call("echo", value=value) == value


async def test_a_blocked_call_does_not_stop_others_and_answers_come_in_any_order() -> None:
    async with Probe() as probe:
        first, second = probe.gate("first"), probe.gate("second")
        slow, quick = probe.begin("wait_at", gate=first.path), probe.begin("wait_at", gate=second.path)
        await probe.events.until("waiting", 2)
        second.open()
        assert await quick == "opened"
        assert await probe.call("echo", value=1) == 1
        assert not slow.done()
        first.open()
        assert await slow == "opened"


async def test_a_serial_handler_takes_one_call_at_a_time_in_order() -> None:
    async with Probe("serial") as probe:
        gates = [probe.gate(name) for name in "abc"]
        calls = [probe.begin("wait_at", gate=each.path) for each in gates]
        for number, each in enumerate(gates, 1):
            facts = await probe.events.until("waiting", number)
            assert facts == {"gate": each.path}
            assert len(probe.events.all) == number
            each.open()
            assert await calls[number - 1] == "opened"


async def test_no_more_calls_than_the_bound_are_with_the_child() -> None:
    async with Probe(max_calls=1) as probe:
        held = probe.gate("held")
        running = probe.begin("wait_at", gate=held.path)
        await probe.events.until("waiting")
        with pytest.raises(CallTimeout) as timeout:
            await probe.worker.call("echo", deadline=0.05, value=1)
        assert not timeout.value.sent
        waiting = probe.begin("echo", value=2)
        held.open()
        assert (await running, await waiting) == ("opened", 2)


async def test_an_error_the_handler_knows_is_raised_again_with_its_code_and_facts() -> None:
    async with Probe() as probe:
        with pytest.raises(CallError) as error:
            await probe.call("known")
        assert (error.value.code, error.value.facts) == ("quota_exceeded", {"limit": 3, "user": "joão"})


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("bug", "KeyError: 'nobody foresaw this'"),
        ("quit_interpreter", "SystemExit: 7"),
        ("unpackable", "can not serialize 'object' object"),
        ("no_such_call", "has no call 'no_such_call'"),
        ("_private", "has no call '_private'"),
        ("__init__", "has no call '__init__'"),
        ("close", "has no call 'close'"),
        ("echo", "missing 1 required positional argument: 'value'"),
    ],
)
async def test_what_nobody_foresaw_is_a_bug_with_the_childs_traceback(method: str, told: str) -> None:
    async with Probe() as probe:
        with pytest.raises(WorkerBug, match=re.escape(told)) as bug:
            await probe.call(method)
        assert bug.value.method == method
        assert bug.value.remote_traceback.startswith("Traceback")
        assert await probe.call("echo", value=1) == 1


async def test_a_picture_of_20_mb_goes_both_ways() -> None:
    async with Probe() as probe:
        data = await probe.call("filled", count=20 * 2**20)
        assert data == b"\xa5" * (20 * 2**20)
        assert await probe.call("size", data=data) == 20 * 2**20


async def test_what_is_over_the_frame_limit_is_refused_at_its_source() -> None:
    async with Probe() as probe:
        with pytest.raises(ValueError, match="over the limit"):
            await probe.call("size", data=bytes(MAX_FRAME))
        with pytest.raises(WorkerBug, match="over the limit"):
            await probe.call("filled", count=MAX_FRAME)
        assert await probe.call("echo", value=1) == 1


async def test_a_call_without_an_answer_ends_at_its_deadline_and_the_worker_goes_on() -> None:
    async with Probe() as probe:
        held = probe.gate("held")
        with pytest.raises(CallTimeout, match=r"did not answer wait_at within 0\.05 s") as timeout:
            await probe.worker.call("wait_at", deadline=0.05, gate=held.path)
        assert timeout.value.sent
        held.open()
        assert await probe.call("echo", value=1) == 1


@pytest.mark.parametrize("by", ["its deadline", "whoever asked"])
async def test_a_call_given_up_before_it_began_never_runs(by: str) -> None:
    # Two calls at most: another one reaches the child only after it has dropped the one that was given up.
    async with Probe("serial", max_calls=2) as probe:
        held, given_up = probe.gate("held"), probe.gate("given_up")
        running = probe.begin("wait_at", gate=held.path)
        await probe.events.until("waiting")
        if by == "its deadline":
            with pytest.raises(CallTimeout):
                await probe.worker.call("wait_at", deadline=0.05, gate=given_up.path)
        else:
            asked = probe.begin("wait_at", gate=given_up.path)
            await asyncio.sleep(0)  # one turn of the loop: the call is with the child
            asked.cancel()
            await asyncio.wait({asked})
        reached_the_child = False
        while not reached_the_child:
            with pytest.raises(CallTimeout) as late:
                await probe.worker.call("echo", deadline=0.05, value=0)
            reached_the_child = late.value.sent
        held.open()
        assert await running == "opened"
        assert await probe.call("runs") == [held.path]


async def test_a_deadline_that_has_passed_sends_nothing() -> None:
    async with Probe() as probe:
        with pytest.raises(CallTimeout) as timeout:
            await probe.worker.call("wait_at", deadline=0, gate="x")
        assert not timeout.value.sent
        assert await probe.call("runs") == []


@pytest.mark.parametrize("hang", ["hang_without_gil", "hold_gil"])
async def test_a_driver_that_hangs_is_killed_at_the_deadline(hang: str) -> None:
    async with Probe() as probe:
        other = probe.begin("wait_at", gate=probe.gate("held").path)
        await probe.events.until("waiting")
        assert probe.worker.pid is not None
        watch = ProcessWatch(probe.worker.pid)
        with pytest.raises(CallTimeout) as timeout:
            await probe.worker.call(hang, deadline=0.1, kill_on_timeout=True)
        assert timeout.value.sent
        assert watch.ended(timeout=0)
        watch.close()
        with pytest.raises(WorkerDied, match=f"was killed: no answer to {hang} within 0.1 s") as died:
            await other
        assert died.value.exit_code == -signal.SIGKILL
        with pytest.raises(WorkerNotRunning, match="dead") as refused:
            await probe.call("echo", value=1)
        assert not refused.value.sent


async def test_output_that_libraries_print_by_themselves_does_not_reach_the_frames() -> None:
    async with Probe() as probe:
        printing = probe.begin("print_in_c", lines=3_000)
        for number in range(300):
            assert await probe.call("echo", value=number) == number
        assert await printing is None
        with pytest.raises(WorkerDied) as died:
            await probe.call("exit", code=0)
        kinds = {re.sub(r"\d+$", "", line) for line in died.value.last_stderr}
        assert kinds == {"printed by C, line ", "written to fd ", "printed by Python"}


async def test_a_library_that_reads_stdin_gets_nothing_of_ours() -> None:
    async with Probe() as probe:
        assert await probe.call("read_stdin") == b""


async def test_events_come_in_order_from_a_thread_that_python_did_not_start() -> None:
    async with Probe() as probe:
        await probe.call("emit_from_go", count=2_000)
        assert probe.events.all == [("tick", {"number": number}) for number in range(2_000)]


@pytest.mark.expects_error_log("handling its event waiting failed")
async def test_a_listener_that_fails_does_not_stop_the_worker() -> None:
    class Failing(Events):
        def __call__(self, event: str, facts: dict[str, object]) -> None:
            super().__call__(event, facts)
            raise RuntimeError("a bug of the listener")

    async with Probe(events=Failing()) as probe:
        held = probe.gate("held")
        held.open()
        assert await probe.call("wait_at", gate=held.path) == "opened"


async def test_the_child_does_not_load_asyncio() -> None:
    async with Probe() as probe:
        modules = await probe.call("modules")
        assert isinstance(modules, list)
        assert {"asyncio", "ssl", "socket", "inspect"}.isdisjoint(modules)
