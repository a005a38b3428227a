"""The frozen program does what the one from source does: what its build forgot to take along shows here."""

import re
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from desktop import __version__
from desktop.adapters.worker import Worker
from desktop.adapters.worker_frames import CallError
from desktop.commands import demo
from desktop.domain.errors import Code
from desktop.runtime.paths import Home
from tests.e2e import frozen
from tests.e2e.frozen import FrozenProgram
from tests.e2e.world import CAPTION, CNPJ, COMPANY, World
from tests.harness.display import Display, Tray
from tests.harness.environment import PrivateHome, clean_environment
from tests.harness.fixtures import StartProgram
from tests.harness.hands import Hands
from tests.harness.patience import PATIENCE
from tests.harness.processes import Child
from tests.harness.program import MAIN

# The first of them waits for the build.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def built() -> Path:
    return frozen.build()


@pytest.fixture(scope="module")
def folder(built: Path) -> Iterator[Path]:
    """The built program, whose engine takes the double for WhatsApp."""
    # Beside what was built: hard links do not cross file systems.
    with tempfile.TemporaryDirectory(dir=built.parent) as place:
        yield frozen.patched(built, Path(place) / "malote")


@pytest.fixture
def program(folder: Path, tmp_path: Path) -> Iterator[StartProgram]:
    """Stands in for the harness's own wherever the program is started."""
    with ExitStack() as started:

        def start(
            *arguments: str,
            home: Path | None = None,
            env: Mapping[str, str] | None = None,
            stdin: bytes | None = None,
            script: Path = MAIN,
        ) -> FrozenProgram:
            place = home or tmp_path / "malote"
            return started.enter_context(FrozenProgram(*arguments, folder=folder, home=place, env=env, stdin=stdin))

        yield start


def test_it_tells_its_version(built: Path, tmp_path: Path) -> None:
    with Child([str(frozen.executable(built)), "--version"], env=clean_environment(), cwd=tmp_path) as malote:
        assert malote.wait() == 0
        assert malote.text() == f"Malote {__version__}"


def test_a_qr_from_its_engine_is_scanned_and_the_report_arrives_in_the_group(world: World) -> None:
    program = world.linked()

    answer = world.send(program)

    assert answer.status_code == 200, answer.text
    arrival = world.whatsapp.wait_for_arrival(PATIENCE)
    assert (arrival.chat, arrival.image, arrival.caption) == (world.group.jid, world.report, CAPTION)
    program.wait_for_line(f"{COMPANY}: lido")
    # The Oracle driver brings its own cryptography, and has logged in with it.
    assert world.oracle.logins.accepted == 1
    # Neither the service nor its workers pay for a window that nobody sees.
    pids = [program.pid, *(worker.pid for worker in program.descendants())]
    assert [pid for pid in pids if "libQt6" in Path(f"/proc/{pid}/maps").read_text()] == []
    assert len(pids) == 3
    assert program.terminate() == 0


def test_the_demonstration_and_the_service_run_on_the_files_it_ships(program: StartProgram) -> None:
    shown = program("demo")
    assert shown.wait() == 0, shown.text()
    assert '"status": "enviado"' in shown.text()

    served = program("--headless")
    served.wait_for_line("Conectado ao WhatsApp")
    runtime = served.runtime()
    answer = httpx.post(
        f"{runtime['url']}/api/enviar-relatorio",
        json={"cnpj": CNPJ, "reenviar": True},
        headers={"Authorization": f"Bearer {runtime['token']}"},
        timeout=PATIENCE,
        trust_env=False,
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "enviado"), answer.text
    assert served.terminate() == 0


async def test_where_no_oracle_listens_its_driver_says_so_and_not_that_it_lacks_cryptography(built: Path) -> None:
    worker = Worker(
        [str(frozen.executable(built)), "--worker", "oracle"], name="oracle", on_event=lambda name, facts: None
    )
    await worker.start()
    try:
        # Taken, so that nobody else listens there, and nobody listens.
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            with pytest.raises(CallError) as refused:
                await worker.call(
                    "connect",
                    deadline=PATIENCE,
                    host="127.0.0.1",
                    port=deaf.getsockname()[1],
                    service_name="XEPDB1",
                    user="erp",
                    password="segredo",
                    timeout=PATIENCE,
                )
    finally:
        await worker.stop()
    assert refused.value.code == Code.ORACLE_UNAVAILABLE.value
    assert refused.value.facts["driver_code"] == "DPY-6005"


def test_its_icon_opens_the_window(
    program: StartProgram,
    display: Display,
    tray_host: Tray,
    hands: Hands,
    private_home: PrivateHome,
    artifact: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    demo.prepare(Home(tmp_path / "malote"))
    malote = program(env={**private_home.env, **display.env})
    hands.click(tray_host.wait_for_icon())
    display.screen.wait_for_window("^Malote$")
    display.screenshot(artifact("janela.png"))
    assert malote.terminate() == 0
    tray_host.wait_for_no_icon()
    assert not re.search("(?i)qt\\.|plugin|warning|error", malote.text()), malote.text()
