"""`malote config`: what a person types is kept or refused in words, and no password is ever typed into a command."""

import errno
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import httpx
import jwt
import pytest

from desktop.adapters.settings_file import SettingsFile
from desktop.runtime import runtime_file
from tests.harness.environment import clean_environment
from tests.harness.keyring_daemon import KeyringDaemon
from tests.harness.patience import PATIENCE
from tests.harness.program import MAIN
from tests.harness.session_bus import SessionBus
from tests.integration.commands.office import Office

SECRET = "s3gredo-do-oracle"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("door.port", "3100", "3100"),
        ("door.keyless_local", "sim", "sim"),
        ("report.caption", "Relatório de {empresa} — {data}", "Relatório de {empresa} — {data}"),
        ("report.folders", "/srv/a; /srv/b", "/srv/a;/srv/b"),
        ("pace.minimum_gap", "2,5", "2.5"),
        ("directory.kind", "oracle", "oracle"),
        ("report.template", "http://relatorios/{cnpj}/x.jpg", "http://relatorios/{cnpj}/x.jpg"),
    ],
)
def test_what_is_set_is_what_is_shown(office: Office, name: str, value: str, shown: str) -> None:
    assert office.ended("config", "set", name, value) == (0, "", "")
    assert office.ended("config", "get", name) == (0, shown, "")


def test_all_settings_are_shown_by_name(office: Office) -> None:
    code, out, _ = office.ended("config", "get")
    names = [line.partition(" = ")[0] for line in out.splitlines()]
    assert code == 0
    assert names == SettingsFile(office.home / "settings.json").names()
    assert "engine.kind = simulator" in out.splitlines()


@pytest.mark.parametrize(
    ("name", "value", "sentence", "action"),
    [
        ("door.prot", "3000", "Não existe a configuração “door.prot”.", "Você quis dizer “door.port”?"),
        ("senha", SECRET, "Não existe a configuração “senha”.", "Veja os nomes com: malote config get"),
        ("directory.oracle.password", SECRET, "Não existe a configuração “directory.oracle.password”.", None),
        ("door.port", "70000", "O valor de “door.port” está fora dos limites.", "Use um valor entre 0 e 65535."),
        (
            "pace.hourly_cap",
            "0",
            "O valor de “pace.hourly_cap” está fora dos limites.",
            "Use um valor entre 1 e 1000000.",
        ),
        ("door.port", "três mil", "A configuração “door.port” é um número inteiro.", None),
        ("pace.jitter", "pouco", "A configuração “pace.jitter” é um número.", None),
        ("door.keyless_local", "talvez", "A configuração “door.keyless_local” é de sim ou não.", "Use sim ou não."),
        (
            "engine.kind",
            "carta",
            "A configuração “engine.kind” não tem essa opção.",
            "Use uma destas: whatsmeow, simulator.",
        ),
        (
            "report.template",
            "C:\\Relatorio.jpg",
            "Em “report.template” falta cnpj entre chaves: todas as empresas receberiam a mesma imagem.",
            None,
        ),
        ("report.caption", "{nome}", "Em “report.caption” não existe o campo “nome”.", None),
        ("report.caption", "{", "As chaves em “report.caption” não fecham ou têm algo que não serve.", None),
        (
            "directory.oracle.table",
            "X; DROP TABLE Y",
            "O valor de “directory.oracle.table” não é um nome de tabela ou coluna do Oracle.",
            None,
        ),
        (
            "directory.oracle.host",
            "http://banco/",
            "O valor de “directory.oracle.host” não é um endereço de servidor.",
            None,
        ),
        ("directory.oracle.secret", "", "A configuração “directory.oracle.secret” não pode ficar vazia.", None),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_changed(
    office: Office, name: str, value: str, sentence: str, action: str | None
) -> None:
    before = (office.home / "settings.json").read_bytes()
    code, out, err = office.ended("config", "set", name, value)
    assert (code, out, err.splitlines()[0]) == (1, "", sentence)
    assert action is None or err.splitlines()[1] == action
    assert (office.home / "settings.json").read_bytes() == before


def test_a_name_that_is_none_cannot_be_read_either(office: Office) -> None:
    assert office.ended("config", "get", "door")[0] == 1


def test_a_password_comes_by_standard_input_and_stays_in_the_keyring(
    office: Office, keyring_daemon: KeyringDaemon
) -> None:
    kept = office.malote(
        "config", "credenciais", "--usuario", "erp", stdin=SECRET.encode() + b"\r\n", env=dict(keyring_daemon.env)
    )
    assert (kept.wait(), kept.text()) == (0, "")
    assert not [path for path in office.home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


def test_a_wallets_password_is_kept_beside_the_users(office: Office, keyring_daemon: KeyringDaemon) -> None:
    env = dict(keyring_daemon.env)
    kept = office.malote("config", "credenciais", "--carteira", stdin=SECRET.encode() + b"\n", env=env)
    assert (kept.wait(), kept.text()) == (0, "")
    code, _, err = office.ended("config", "credenciais", "--carteira", "--usuario", "erp", stdin=b"x\n")
    assert code == 2
    assert "--carteira" in err


def test_a_login_service_s_secret_opens_the_door_to_its_tokens(office: Office, keyring_daemon: KeyringDaemon) -> None:
    env, shared = dict(keyring_daemon.env), "o segredo que o login e o Malote dividem"
    office.settle(door__jwt__issuer="https://login.example")
    kept = office.malote("config", "credenciais", "--tokens", stdin=f"{shared}\n".encode(), env=env)
    assert (kept.wait(), kept.text()) == (0, "")
    office.headless(env=env)
    door = runtime_file.read(office.runtime_file)
    assert door is not None

    def status(secret: str) -> int:
        token = jwt.encode({"iss": "https://login.example", "exp": time.time() + 60}, secret, "HS256")
        shown = {"Authorization": f"Bearer {token}"}
        return httpx.get(f"{door.url}/whatsapp/stats", headers=shown, trust_env=False).status_code

    assert (status(shared), status(f"não é {shared}")) == (200, 401)


def test_there_is_no_way_to_write_a_password_into_the_command(office: Office) -> None:
    for option in ("--senha", "--password", "-p"):
        assert office.ended("config", "credenciais", "--usuario", "erp", option, SECRET)[0] == 2
    code, _, err = office.ended("config", "credenciais", "--usuario", "erp", stdin=b"\n")
    assert (code, err.splitlines()[0]) == (1, "A configuração “senha” não pode ficar vazia.")


def test_without_a_keyring_the_password_is_kept_nowhere(office: Office, session_bus: SessionBus) -> None:
    refused = office.malote(
        "config", "credenciais", "--usuario", "erp", stdin=SECRET.encode() + b"\n", env=dict(session_bus.env)
    )
    assert refused.wait() == 1
    assert refused.lines("stderr")[0] == "O cofre de senhas deste usuário ainda não foi criado."
    for folder in (office.home, Path(session_bus.env["HOME"])):
        assert not [path for path in folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


# Makes the terminal it is given on stdin its own, as a login does, and becomes the program.
_AT_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def test_a_person_is_asked_for_the_password_and_does_not_see_it(office: Office, keyring_daemon: KeyringDaemon) -> None:
    near, far = os.openpty()
    command = [str(MAIN), "--home", str(office.home), "config", "credenciais", "--usuario", "erp"]
    asked = subprocess.Popen(
        [sys.executable, "-c", _AT_A_TERMINAL, *command],
        stdin=far,
        stdout=far,
        stderr=far,
        env={**clean_environment(), **keyring_daemon.env},
        start_new_session=True,
    )
    os.close(far)
    with open(near, "r+b", buffering=0) as terminal:
        assert read_until(terminal, b"Senha: ").endswith(b"Senha: ")
        terminal.write(SECRET.encode() + b"\n")
        assert SECRET.encode() not in read_until(terminal, None)
    assert asked.wait(PATIENCE) == 0


def read_until(terminal: IO[bytes], end: bytes | None) -> bytes:
    """What the terminal shows, up to a text or until the program has ended."""
    shown = b""
    while end is None or not shown.endswith(end):
        assert select.select([terminal], [], [], PATIENCE)[0], shown
        try:
            part = terminal.read(1024)
        except OSError as error:
            # This is how Linux says that nobody is at the other end any more.
            if error.errno != errno.EIO:
                raise
            return shown
        if not part:
            return shown
        shown += part
    return shown
