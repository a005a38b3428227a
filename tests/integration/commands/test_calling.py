"""The command line that calls a running program: what it prints, and the exit codes that scripts decide by."""

import json
import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from desktop import __version__
from desktop.adapters.settings_file import SettingsFile
from desktop.commands.client import InstanceClient
from desktop.domain.errors import ConfigError
from desktop.runtime.paths import Home
from desktop.runtime.wording import describe_error
from tests.harness.patience import PATIENCE
from tests.harness.program import Program
from tests.integration.commands.office import BAKERY, MARKET, SILENT, WITHOUT_REPORT, Office, json_line
from tests.integration.reports.conftest import unprivileged


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A program that runs, connected, for the tests of this module that leave it running."""
    with ExitStack() as started:

        def start(*arguments: str, home: Path | None = None, **wishes: object) -> Program:
            assert home is not None
            return started.enter_context(Program(*arguments, home=home, **wishes))  # type: ignore[arg-type]

        office = Office(home=tmp_path_factory.mktemp("office") / "malote", start=start)
        office.settle()
        office.connected()
        yield office


def test_a_report_is_sent_and_the_second_time_said_to_be_sent_already(shared: Office) -> None:
    code, out, err = shared.ended("enviar", "--cnpj", "62.567.108/0001-01")
    assert (code, out, err) == (0, "SIMULAÇÃO · Enviado: Mercado São João → 120363041234567890@g.us", "")
    assert shared.ended("enviar", "--cnpj", MARKET)[:2] == (
        0,
        "SIMULAÇÃO · Já tinha sido enviado hoje: Mercado São João",
    )
    again = shared.malote("enviar", "--cnpj", MARKET, "--reenviar", "--legenda", "De novo", "--json")
    assert again.wait() == 0
    assert json_line(again)["duplicado"] is False


def test_one_line_of_json_says_what_the_door_says(shared: Office) -> None:
    command = shared.malote("enviar", "--cnpj", BAKERY, "--json")
    assert command.wait() == 0
    body = json_line(command)
    assert (body["status"], body["cnpj"], body["empresa"]) == ("enviado", BAKERY, "Padaria Três Irmãos")
    assert "ê" in command.text("stdout")


def test_what_is_not_sent_ends_with_1_and_says_why(shared: Office) -> None:
    code, out, err = shared.ended("enviar", "--cnpj", "123")
    assert (code, out) == (1, "")
    assert err.splitlines()[0] == "Este CNPJ tem 3 caracteres; o certo são 14."
    refused = shared.malote("enviar", "--cnpj", WITHOUT_REPORT, "--json")
    assert refused.wait() == 1
    assert json_line(refused)["mensagem"] == "não achou imagem"


def test_what_may_have_been_sent_ends_with_4(shared: Office) -> None:
    code, _, err = shared.ended("enviar", "--cnpj", SILENT)
    assert code == 4
    assert err.splitlines()[0] == "O WhatsApp não confirmou a mensagem a tempo; ela pode ter chegado."


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("enviar", "falta: --cnpj"),
        ("enviar --cnpj", "--cnpj: falta o valor"),
        ("enviar --cnpj 1 --fila=x", "--fila não leva um valor: 'x'"),
        ("enviar --cnpj 1 2", "não se entende: 2"),
        ("mandar", "COMANDO: 'mandar' não serve; pode ser 'enviar', "),
        ("chave", "falta: AÇÃO"),
        ("chave criar x --permissao tudo", "--permissao: 'tudo' não serve; pode ser 'enviar', 'ler', 'gerenciar'"),
        ("chave criar %20", "nome: use de 1 a 100 letras, sem espaço no começo ou no fim"),
        ("config credenciais", "falta um destes: --usuario --carteira --tokens"),
        ("config credenciais --tokens --carteira", "--carteira não pode vir junto com --tokens"),
        ("--he", "--he pode ser --help, --headless: escreva inteiro"),
    ],
)
def test_a_command_that_cannot_be_understood_ends_with_2_and_says_why(shared: Office, typed: str, told: str) -> None:
    code, out, err = shared.ended(*(word.replace("%20", " ") for word in typed.split()))
    assert (code, out) == (2, "")
    assert err.startswith("uso: malote ")
    assert f"\n{told}" in err
    assert err.splitlines()[-1].startswith("Veja a ajuda: malote ")
    assert "argument" not in err


def test_the_queue_and_a_key_work_from_the_command_line(shared: Office) -> None:
    first, second = (
        shared.ended("enviar", "--cnpj", MARKET, "--fila", "--reenviar", "--chave", "noite-1") for _ in range(2)
    )
    assert first == second
    assert first[0] == 0
    assert first[1].startswith("Na fila: ")


def test_the_state_is_told_in_words_and_as_json(shared: Office) -> None:
    code, out, _ = shared.ended("status")
    assert (code, out.splitlines()) == (0, ["principal: Conectado ao WhatsApp.  SIMULAÇÃO", "  Pronto para enviar."])
    told = shared.malote("status", "--json")
    assert told.wait() == 0
    [session] = json.loads(told.text("stdout"))["sessoes"]
    assert (session["nome"], session["estado"], session["simulacao"]) == ("principal", "connected", True)


def test_keys_are_made_listed_and_revoked(shared: Office) -> None:
    code, key, _ = shared.ended("chave", "criar", "ERP da loja/1")
    assert code == 0
    url = json.loads(shared.runtime_file.read_text())["url"]
    with httpx.Client(base_url=url, headers={"X-API-Key": key}, trust_env=False) as program:
        assert program.get("/api/envios").status_code == 200
        code, listed, _ = shared.ended("chave", "listar")
        assert code == 0
        assert re.fullmatch(r"ERP da loja/1  enviar, ler  último uso: \d\d/\d\d/20\d\d às \d\d:\d\d", listed)
        assert key not in listed
        assert shared.ended("chave", "revogar", "ERP da loja/1")[0] == 0
        assert program.get("/api/envios").status_code == 401
    code, _, err = shared.ended("chave", "revogar", "ERP da loja/1")
    assert (code, err.splitlines()[0]) == (1, "Não existe chave com o nome “ERP da loja/1”.")
    assert shared.ended("chave", "listar")[:2] == (0, "")
    assert not [path for path in shared.home.rglob("*") if path.is_file() and key.encode() in path.read_bytes()]


def test_a_key_is_not_made_for_a_number_that_does_not_exist(shared: Office) -> None:
    code, out, err = shared.ended("chave", "criar", "filial", "--sessao", "principal", "--sessao", "Principal")
    assert (code, out) == (1, "")
    assert err.splitlines()[0] == "Não existe um número de WhatsApp chamado “Principal”."
    assert shared.ended("chave", "listar")[1] == ""
    assert shared.ended("chave", "criar", "filial", "--sessao", "principal")[0] == 0
    assert shared.ended("chave", "revogar", "filial")[0] == 0


def test_a_changed_setting_holds_from_the_next_call_on(shared: Office) -> None:
    url = json.loads(shared.runtime_file.read_text())["url"]
    with httpx.Client(base_url=url, trust_env=False) as nobody:
        assert nobody.get("/api/envios").status_code == 401
        assert shared.ended("config", "set", "door.keyless_local", "sim")[0] == 0
        assert nobody.get("/api/envios").status_code == 200
        assert shared.ended("config", "set", "door.keyless_local", "não")[0] == 0
        assert nobody.get("/api/envios").status_code == 401


COMMANDS = [("enviar", "--cnpj", MARKET), ("status",), ("chave", "listar")]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_where_nothing_runs_it_ends_with_3_and_says_so(office: Office, command: tuple[str, ...]) -> None:
    code, out, err = office.ended(*command)
    assert (code, out) == (3, "")
    assert err.splitlines() == ["O Malote não está aberto.", "Abra o Malote e tente de novo."]


def test_where_nothing_runs_json_says_so_too(office: Office) -> None:
    command = office.malote("enviar", "--cnpj", MARKET, "--json")
    assert command.wait() == 3
    assert json_line(command)["codigo"] == "programa_fechado"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_home_that_cannot_be_looked_into_is_told_in_words(office: Office, command: tuple[str, ...]) -> None:
    no_folder = Office(home=office.home / "empresas.csv", start=office.start)
    code, out, err = no_folder.ended(*command)
    assert (code, out) == (3, "")
    assert err.splitlines() == ["O Malote não está aberto.", "Abra o Malote e tente de novo."]


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_another_user_s_malote_is_not_said_to_be_closed(office: Office) -> None:
    office.home.chmod(0)
    with unprivileged(), pytest.raises(ConfigError) as refused:
        InstanceClient(Home(office.home))
    assert describe_error(refused.value).text == "Este usuário não pode ler a pasta de dados do Malote."


def test_what_a_killed_program_left_behind_is_not_taken_for_a_running_one(office: Office) -> None:
    program = office.headless()
    program.kill9()
    assert office.runtime_file.exists()
    for command in COMMANDS:
        assert office.ended(*command)[0] == 3
    office.connected()
    assert office.ended("status")[0] == 0


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_another_program_on_the_dead_one_s_port_is_not_taken_for_it(
    office: Office, shared: Office, command: tuple[str, ...]
) -> None:
    info = json.loads(shared.runtime_file.read_text())
    office.runtime_file.write_text(json.dumps({**info, "token": "of-the-dead"}))
    assert office.ended(*command)[0] == 3


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\n\r\n<html>"])
def test_what_is_no_malote_at_all_on_the_port_is_not_taken_for_it(
    office: Office, shared: Office, answer: bytes
) -> None:
    called = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as stranger:

        def serve() -> None:
            line, _ = stranger.accept()
            with line:
                line.recv(65536)
                line.sendall(answer)
            called.set()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        info = json.loads(shared.runtime_file.read_text())
        url = f"http://127.0.0.1:{stranger.getsockname()[1]}"
        office.runtime_file.write_text(json.dumps({**info, "url": url}))
        assert office.ended("status")[0] == 3
        assert called.wait(PATIENCE)


def hold_back(office: Office) -> tuple[Program, Program]:
    """A program that has just sent, and a command whose send waits for its turn."""
    SettingsFile(office.home / "settings.json").change({"pace.minimum_gap": 60})
    program = office.connected()
    assert office.ended("enviar", "--cnpj", BAKERY)[0] == 0
    waiting = office.malote("enviar", "--cnpj", MARKET)
    program.wait_for_line("62.567.108/0001-01: na fila")
    return program, waiting


def test_a_program_killed_while_a_command_waits_leaves_the_outcome_open(office: Office) -> None:
    program, waiting = hold_back(office)
    program.kill9()
    assert waiting.wait() == 4
    assert "Não deu para confirmar" in waiting.text("stderr")


def test_a_program_ended_while_a_command_waits_tells_that_nothing_was_sent(office: Office) -> None:
    program, waiting = hold_back(office)
    assert program.terminate(30) == 0
    assert waiting.wait() == 1
    assert "nada foi enviado" in waiting.text("stderr")


def test_version_and_help_need_no_home(office: Office) -> None:
    assert office.ended("--version")[:2] == (0, f"Malote {__version__}")
    code, out, _ = office.ended("--help")
    assert code == 0
    assert not set(out.split()) & {"usage:", "options:", "show", "arguments:"}
    for help_of in (out, office.ended("enviar", "--help")[1]):
        for number in range(6):
            assert f"\n  {number}  " in help_of
