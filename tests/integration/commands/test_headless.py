"""The program without a screen: it starts, shows its QR, ends cleanly, and stays out of another one's way."""

import contextlib
import ctypes
import os
import signal
import socket
import stat
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import httpx
import psutil
import pytest
import qrcode

from tests.harness.environment import clean_environment
from tests.harness.files import wait_for_file
from tests.harness.fixtures import StartProgram
from tests.harness.patience import PATIENCE
from tests.harness.ports import quiet_port
from tests.harness.processes import still_running
from tests.harness.program import MAIN, Program
from tests.integration.commands.office import MARKET, Office


def port_of(program: Program) -> int:
    port: int = program.runtime()["port"]
    return port


def test_it_says_where_it_listens_and_how_it_can_be_called(office: Office) -> None:
    program = office.headless()
    info = program.runtime()
    assert info["url"] == f"http://127.0.0.1:{info['port']}"
    assert (info["pid"], f"Malote em {info['url']}" in program.lines("stdout")) == (program.pid, True)
    assert httpx.get(f"{info['url']}/health", trust_env=False).json() == {"status": "ok"}


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_nobody_else_may_look_into_its_home(office: Office) -> None:
    office.headless()
    assert stat.S_IMODE(office.home.stat().st_mode) == 0o700
    assert stat.S_IMODE(office.runtime_file.stat().st_mode) == 0o600


@pytest.mark.parametrize("end", [Program.terminate, Program.interrupt], ids=["SIGTERM", "Ctrl-C"])
def test_it_ends_cleanly_and_takes_its_address_away(office: Office, end: object) -> None:
    program = office.connected()
    port = port_of(program)
    children = program.descendants()
    assert callable(end)
    assert end(program) == 0
    assert not office.runtime_file.exists()
    assert not still_running(children, PATIENCE)
    assert "Traceback" not in program.text()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 5)


def test_what_the_simulator_took_is_marked_as_such(office: Office) -> None:
    program = office.connected()
    assert office.ended("enviar", "--cnpj", MARKET)[0] == 0
    program.wait_for_line("^SIMULAÇÃO · envio .+ · Mercado São João: enviado")
    assert program.terminate() == 0
    told = [line for line in program.lines("stdout") if "Mercado São João" in line]
    begun = next(number for number, line in enumerate(told) if "enviando" in line)
    assert all(line.startswith("SIMULAÇÃO · ") for line in told[begun:])


def test_its_end_is_not_told_as_a_disconnection_by_a_person(office: Office) -> None:
    program = office.connected()
    assert program.terminate() == 0
    said = program.lines("stdout")
    assert said[-1] == "Malote encerrado."
    assert not [line for line in said if "Desconectado por você" in line]


def test_a_database_that_was_set_aside_is_told_in_words(office: Office) -> None:
    (office.home / "malote.db").write_bytes(b"damaged" * 1000)
    program = office.headless()
    [kept] = office.home.glob("malote.db.corrompido-*")
    program.wait_for_line("O banco de dados do Malote estava danificado, por isso um novo foi criado.")
    program.wait_for_line(f"O antigo foi guardado, nada foi apagado: {kept}. Mostre-o ao suporte.")


def test_a_report_to_a_group_that_nobody_confirmed_is_told_at_the_terminal_and_in_the_log(office: Office) -> None:
    office.settle(groups__policy="warn")
    program = office.connected()
    assert office.ended("enviar", "--cnpj", MARKET)[0] == 0
    program.wait_for_line("Atenção · Mercado São João: foi para o grupo “.+”, que ninguém confirmou.")
    assert program.terminate() == 0
    log = (office.home / "logs" / "malote.log").read_text("utf-8")
    assert "a report went to group 120363041234567890@g.us, which nobody confirmed (first)" in log


@pytest.mark.skipif(sys.platform != "linux", reason="a signal for one thread")
def test_it_ends_whichever_of_its_threads_the_system_gives_the_signal_to(office: Office) -> None:
    program = office.connected()
    libc = ctypes.CDLL(None, use_errno=True)
    for thread in psutil.Process(program.pid).threads():
        if thread.id != program.pid:
            assert libc.tgkill(program.pid, thread.id, signal.SIGTERM) == 0
            break
    assert program.wait() == 0


def test_no_screen_library_is_loaded(office: Office) -> None:
    program = office.connected()
    maps = Path(f"/proc/{program.pid}/maps").read_text()
    assert "sqlite" in maps
    assert "Qt6" not in maps
    assert "PySide6" not in maps
    assert "shiboken6" not in maps


def test_the_qr_in_the_terminal_is_the_one_to_scan(office: Office) -> None:
    program = office.headless()
    program.wait_for_line("SIMULAÇÃO · principal: Leia o QR code")
    wanted = qrcode.QRCode(border=2)
    # What the simulator shows first; it is scanned, and gone, three seconds later.
    wanted.add_data("SIMULAÇÃO: este código não é do WhatsApp (principal, 1)")
    assert shown_squares(program) == wanted.get_matrix()


def shown_squares(program: Program) -> list[list[bool]]:
    """The last QR printed as blocks, as dark and light squares; each character holds one square above another."""
    lines = program.lines("stdout")
    end = max(number for number, line in enumerate(lines) if "Leia o QR code" in line)
    start = end
    while start and set(lines[start - 1]) <= set("█▀▄ \xa0"):
        start -= 1
    # On a dark screen the printed part is light.
    light = {"█": (True, True), "▀": (True, False), "▄": (False, True), " ": (False, False), "\xa0": (False, False)}
    rows = []
    for line in lines[start:end]:
        rows.append([not light[square][0] for square in line])
        rows.append([not light[square][1] for square in line])
    width = len(rows[0])
    assert width > 20
    return rows[:width]


def test_a_terminal_that_knows_no_blocks_does_not_end_it(office: Office) -> None:
    program = office.headless(env={"PYTHONIOENCODING": "ascii"})
    program.wait_for_line("Leia o QR code")
    program.wait_for_line("Conectado ao WhatsApp")
    assert office.ended("enviar", "--cnpj", MARKET)[0] == 0
    assert program.terminate() == 0


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_a_terminal_that_stands_still_holds_up_neither_a_send_nor_the_end(office: Office) -> None:
    office.link()
    nobody_reads, terminal = os.pipe()
    os.set_blocking(terminal, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(terminal, b"full")
    os.set_blocking(terminal, True)
    command = [sys.executable, str(MAIN), "--home", str(office.home), "--headless"]
    program = subprocess.Popen(command, env=clean_environment(), stdout=terminal, stderr=terminal)
    try:
        wait_for_file(office.runtime_file)
        assert office.ended("enviar", "--cnpj", MARKET)[0] == 0
        program.terminate()
        assert program.wait(PATIENCE) == 0
    finally:
        program.kill()
        program.wait()
        os.close(nobody_reads)
        os.close(terminal)


def test_what_happens_to_a_send_is_told_on_the_terminal(office: Office) -> None:
    program = office.connected()
    assert office.ended("enviar", "--cnpj", MARKET)[0] == 0
    for state in ("enviando", "enviado", "entregue", "lido"):
        program.wait_for_line(f"Mercado São João: {state}")
    assert office.ended("enviar", "--cnpj", "00000000000191")[0] == 1
    program.wait_for_line(r"00\.000\.000/0001-91: falhou \(Não há empresa com este CNPJ no cadastro\.")


def test_a_second_one_on_the_same_home_is_told_that_it_is_open(office: Office) -> None:
    first = office.headless()
    second = office.malote("--headless")
    assert second.wait() == 5
    assert second.lines("stderr")[-2:] == [
        "O Malote já está aberto neste computador.",
        "Use o que já está aberto: o ícone fica perto do relógio.",
    ]
    assert first.running
    assert office.ended("status")[0] == 0


def test_two_homes_side_by_side_take_different_ports(office: Office, program: StartProgram, tmp_path: Path) -> None:
    other = Office(home=tmp_path / "other", start=program)
    port = quiet_port()
    for one in (office, other):
        one.settle(door__port=port)
    ports = [port_of(one.headless()) for one in (office, other)]
    assert ports[0] == port
    assert port < ports[1] <= port + 50
    for one in (office, other):
        assert one.ended("status")[0] == 0


def test_it_comes_back_on_the_same_port_after_calls_that_just_ended(office: Office) -> None:
    office.settle(door__port=quiet_port())
    ports = []
    for _ in range(3):
        program = office.headless()
        ports.append(port_of(program))
        # The side that closes first keeps the port in TIME_WAIT.
        with socket.create_connection(("127.0.0.1", ports[-1]), 20) as line:
            line.sendall(f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{ports[-1]}\r\nConnection: close\r\n\r\n".encode())
            while line.recv(65536):
                continue
        assert program.terminate() == 0
    assert all(before == after for before, after in pairwise(ports))


def test_after_a_kill_it_starts_again_on_the_same_home(office: Office) -> None:
    program = office.headless()
    program.wait_for_line("Conectado ao WhatsApp")
    program.kill9()
    again = office.connected()
    assert again.runtime()["pid"] == again.pid
    # The link was kept: no QR a second time.
    assert not [line for line in again.lines("stdout") if "Leia o QR code" in line]


def refused(office: Office) -> list[str]:
    """What a start that must not succeed says last."""
    program = office.malote("--headless")
    assert program.wait() == 5, program.text()
    assert "Traceback" not in program.text()
    assert not office.runtime_file.exists()
    return program.lines("stderr")[-2:]


def test_settings_that_cannot_be_read_are_named_with_their_line(office: Office) -> None:
    (office.home / "settings.json").write_text('{\n "door.port": 3000,\n}')
    assert refused(office)[0] == "O arquivo settings.json está errado na linha 3."


def test_a_setting_that_does_not_fit_is_named(office: Office) -> None:
    (office.home / "settings.json").write_text('{"door.port": "muitas"}')
    assert refused(office)[0] == "A configuração “door.port” é um número inteiro."


def test_without_a_free_port_it_says_so(office: Office) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 65535))
        taken.listen()
        office.settle(door__port=65535)
        assert refused(office)[0] == "Nenhuma porta livre foi encontrada para receber os pedidos do ERP."


def test_a_home_that_cannot_be_one_is_told(office: Office) -> None:
    blocked = Office(home=office.home / "empresas.csv" / "malote", start=office.start)
    assert refused(blocked)[0] == "O Malote não conseguiu gravar os dados no disco."
