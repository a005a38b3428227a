"""How a worker starts, dies and stops, and that it never outlives its parent."""

import asyncio
import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from desktop.adapters import worker_process
from desktop.adapters.worker import CallError, CallTimeout, WorkerBug, WorkerDied, WorkerNotRunning, WorkerState
from desktop.adapters.worker_process import spawn_options
from tests.harness.patience import PATIENCE
from tests.harness.processes import Child
from tests.integration.workers import ENV, PROGRAMS, Probe, ProcessWatch, probe_command

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the probe uses FIFOs, /proc and pidfds")


async def test_a_child_that_ends_during_a_call_fails_the_call_with_its_exit_code_and_last_words() -> None:
    async with Probe() as probe:
        await probe.call("complain", lines=70)
        with pytest.raises(WorkerDied, match="ended by itself") as died:
            await probe.call("exit", code=3)
        assert (died.value.name, died.value.exit_code, died.value.sent) == ("probe", 3, True)
        assert died.value.last_stderr == tuple(f"complaint {number}" for number in range(20, 70))
        assert (await probe.worker.ended()).exit_code == 3


async def test_a_crash_in_c_says_where_it_was() -> None:
    async with Probe() as probe:
        with pytest.raises(WorkerDied) as died:
            await probe.call("abort")
        assert died.value.exit_code == -signal.SIGABRT
        assert any("in abort" in line for line in died.value.last_stderr)


async def test_a_line_of_stderr_without_end_is_kept_only_in_part() -> None:
    async with Probe() as probe:
        await probe.call("complain_at_length", count=5_000_000)
        with pytest.raises(WorkerDied) as died:
            await probe.call("exit", code=0)
        assert died.value.last_stderr == ("x" * 2_000,)


async def test_a_grandchild_that_keeps_stderr_open_does_not_hide_the_death() -> None:
    async with Probe() as probe:
        grandchild = await probe.call("leave_a_grandchild")
        assert isinstance(grandchild, int)
        with pytest.raises(WorkerDied) as died:
            await probe.call("exit", code=4)
        os.kill(grandchild, signal.SIGKILL)
        assert died.value.exit_code == 4


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"Hello from a library\n", "announces 1214606444 bytes"),
        (b"\x00\x00\x00\x03\xc1\xc1\xc1", "3 bytes are not msgpack"),
        (b"\x00\x00\x00\x01\x07", "a frame is a non-empty array"),
        (b"\x00\x00\x00\x05\x91\xa3new", "unknown kind of frame with 1 items"),
        (b"\x00\x00\x00\x09\x93\xa5value\x63\x07", "an answer to call 99, which is not open"),
        (b"\x00\x00\x00\x0c\x92\xa9cancelled\x01", "unknown kind of frame with 2 items"),
    ],
)
async def test_a_child_that_sends_garbage_is_killed_and_the_error_says_so(data: bytes, told: str) -> None:
    async with Probe() as probe:
        with pytest.raises(WorkerDied, match=f"was killed for sending garbage: .*{told}") as died:
            await probe.call("send_garbage", data=data)
        assert died.value.exit_code == -signal.SIGKILL


async def test_a_child_that_closes_its_pipe_and_goes_on_is_killed() -> None:
    async with Probe() as probe:
        with pytest.raises(WorkerDied, match="closed its stdout and went on"):
            await probe.call("close_stdout")


async def test_a_child_whose_end_is_noticed_late_is_still_said_to_have_ended_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A busy machine: the pipe's end is seen, and the time for the child's own has passed before it is seen, too."""
    monkeypatch.setattr(worker_process, "_LAST_BYTES_WAIT", 0.0)
    async with Probe() as probe:
        assert probe.worker.pid is not None
        watch = ProcessWatch(probe.worker.pid)
        child = probe.worker._child
        closed, seen = child.pipe_connection_lost, asyncio.Event()

        def closed_late(fd: int, error: Exception | None) -> None:
            # Of its stdout, by which a child's end is known.
            assert fd != 1 or watch.ended()
            closed(fd, error)
            if fd == 1:
                seen.set()

        monkeypatch.setattr(child, "pipe_connection_lost", closed_late)
        with pytest.raises(WorkerDied, match="ended by itself") as died:
            await probe.call("exit", code=3)
        assert died.value.exit_code == 3
        async with asyncio.timeout(PATIENCE):
            await seen.wait()
        watch.close()


async def test_a_handler_that_cannot_be_built_for_a_known_reason_says_it() -> None:
    probe = Probe("refuse")
    with pytest.raises(CallError) as error:
        await probe.worker.start()
    assert (error.value.code, error.value.facts) == ("no_driver", {"path": "/opt/driver"})
    assert probe.worker.state is WorkerState.DEAD


async def test_a_handler_that_fails_to_import_its_driver_is_a_bug_with_its_traceback() -> None:
    probe = Probe("fail")
    with pytest.raises(WorkerBug, match=r"ImportError: libdriver\.so is not there"):
        await probe.worker.start()
    assert probe.worker.state is WorkerState.DEAD


async def test_a_child_that_dies_while_starting_is_told_with_its_last_words() -> None:
    with pytest.raises(WorkerDied) as died:
        await Probe("die").worker.start()
    assert (died.value.exit_code, died.value.last_stderr) == (9, ("about to die",))


async def test_a_child_that_is_not_ready_in_time_is_killed() -> None:
    probe = Probe("hang", start_deadline=0.3)
    with pytest.raises(CallTimeout, match=r"did not answer start within 0\.3 s"):
        await probe.worker.start()
    assert (await probe.worker.ended()).exit_code == -signal.SIGKILL


async def test_a_program_that_is_not_there_is_a_death_without_exit_code(tmp_path: Path) -> None:
    probe = Probe(command=[str(tmp_path / "nothing")])
    with pytest.raises(WorkerDied, match=r"could not be started: .*No such file") as died:
        await probe.worker.start()
    assert died.value.exit_code is None


async def test_giving_up_a_start_ends_the_child() -> None:
    probe = Probe("hang")
    starting = asyncio.ensure_future(probe.worker.start())
    await probe.events.until("holding")
    starting.cancel()
    await asyncio.wait({starting})
    assert starting.cancelled()
    assert probe.worker.state is WorkerState.DEAD


@pytest.mark.parametrize("steps", range(8))
async def test_giving_up_a_start_at_any_step_leaves_no_process_and_no_pipe(steps: int) -> None:
    pipes = set(os.listdir("/proc/self/fd"))
    probe = Probe()
    starting = asyncio.ensure_future(probe.worker.start())
    for _ in range(steps):
        await asyncio.sleep(0)
    starting.cancel()
    await asyncio.wait({starting})
    if steps:
        assert (await probe.worker.ended()).exit_code in (None, -signal.SIGKILL)
    assert set(os.listdir("/proc/self/fd")) <= pipes


async def test_nothing_can_be_called_before_the_start() -> None:
    with pytest.raises(WorkerNotRunning, match="worker probe is new"):
        await Probe().call("echo", value=1)


async def test_an_idle_worker_stops_when_asked() -> None:
    async with Probe() as probe:
        await probe.worker.stop(grace=PATIENCE)
        death = await probe.worker.ended()
        assert (death.exit_code, death.reason) == (0, "was stopped")
        await probe.worker.stop()


async def test_a_busy_worker_ends_its_call_before_it_stops() -> None:
    async with Probe() as probe:
        running = probe.begin("wait_at", gate=probe.gate("held").path)
        await probe.events.until("waiting")
        await probe.worker.stop(grace=PATIENCE)
        assert await running == "closed"
        assert (await probe.worker.ended()).exit_code == 0


@pytest.mark.parametrize(("kind", "signal_number"), [("stuck", signal.SIGTERM), ("stubborn", signal.SIGKILL)])
async def test_a_worker_that_does_not_stop_is_terminated_then_killed(kind: str, signal_number: int) -> None:
    async with Probe(kind) as probe:
        await probe.worker.stop(grace=0.1)
        assert (await probe.worker.ended()).exit_code == -signal_number


async def test_a_handler_that_fails_to_close_ends_all_the_same() -> None:
    async with Probe("sloppy") as probe:
        await probe.worker.stop(grace=PATIENCE)
        death = await probe.worker.ended()
        assert death.exit_code == 1
        assert death.last_stderr[-1] == "ValueError: could not close"


async def test_a_worker_can_be_stopped_while_it_starts() -> None:
    probe = Probe("hang")
    starting = asyncio.ensure_future(probe.worker.start())
    await probe.events.until("holding")
    await probe.worker.stop(grace=0.05)
    with pytest.raises(WorkerDied, match="was stopped"):
        await starting


async def test_a_worker_is_stopped_at_once_while_its_process_is_being_made() -> None:
    probe = Probe()
    starting = asyncio.ensure_future(probe.worker.start())
    await asyncio.sleep(0)  # one turn of the loop: the process is asked for
    assert (probe.worker.state, probe.worker.pid) == (WorkerState.STARTING, None)
    async with asyncio.timeout(PATIENCE):
        await probe.worker.stop(grace=600)
    with pytest.raises(WorkerDied, match="was stopped"):
        await starting


async def test_a_worker_that_is_stopped_just_as_it_gets_ready_is_gone_when_its_start_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    probe = Probe()
    child, stopping = probe.worker._child, list[asyncio.Task[None]]()
    heard = child.pipe_data_received

    def heard_too_late(fd: int, data: bytes) -> None:
        if fd == 1 and not stopping:
            stopping.append(asyncio.create_task(probe.worker.stop(grace=PATIENCE)))
        heard(fd, data)

    monkeypatch.setattr(child, "pipe_data_received", heard_too_late)
    with pytest.raises(WorkerDied, match="was stopped") as died:
        await probe.worker.start()
    assert (died.value.exit_code, probe.worker.state) == (0, WorkerState.DEAD)
    await asyncio.gather(*stopping)


async def test_a_worker_that_was_never_started_stops_too() -> None:
    probe = Probe()
    await probe.worker.stop()
    assert probe.worker.state is WorkerState.DEAD


@pytest.mark.parametrize(
    ("kind", "call"), [("plain", "hang_without_gil"), ("plain", "hold_gil"), ("hang", "none, it hangs as it starts")]
)
def test_no_worker_outlives_a_parent_killed_by_force(kind: str, call: str) -> None:
    command = [sys.executable, "-m", f"{PROGRAMS}.middle", *probe_command(kind), call]
    with Child(command, env=ENV, name="middle") as middle:
        pid = int(middle.wait_for_line(r"^busy (\d+)$")[1])
        watch = ProcessWatch(pid)
        middle.kill9()
        assert watch.ended()
        watch.close()


async def test_ctrl_c_in_the_terminal_leaves_the_worker_to_its_parent() -> None:
    async with Probe() as probe:
        assert probe.worker.pid is not None
        assert os.getsid(probe.worker.pid) == probe.worker.pid
        os.kill(probe.worker.pid, signal.SIGINT)
        assert await probe.call("echo", value=1) == 1


def test_on_windows_a_worker_has_no_console_and_no_part_in_ctrl_c() -> None:
    assert spawn_options("win32") == {"creationflags": 0x0800_0200}
    assert spawn_options("linux") == spawn_options("darwin") == {"start_new_session": True}


def test_workers_live_in_a_loop_that_is_not_on_the_main_thread() -> None:
    outcome: list[object] = []

    async def use() -> None:
        async with Probe() as probe:
            outcome.append(await probe.call("echo", value=threading.current_thread().name))
            with pytest.raises(WorkerDied) as died:
                await probe.call("exit", code=5)
            outcome.append(died.value.exit_code)

    thread = threading.Thread(target=lambda: asyncio.run(use()), name="service")
    thread.start()
    thread.join(PATIENCE)
    assert outcome == ["service", 5]
