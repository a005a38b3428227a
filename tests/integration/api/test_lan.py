"""The local network is served only where the owner chose it, over TLS and with a key; each user's door is their own."""

import hashlib
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from desktop.adapters.certificates import made_certificate, owners_certificate
from desktop.api.handshake import Handshakes
from desktop.api.protocol import DoorProtocol
from desktop.commands.status import status
from desktop.domain.errors import AppError, Code
from desktop.runtime import listening
from desktop.runtime.runtime_file import RuntimeInfo
from tests.harness.ports import quiet_port
from tests.integration.api.door import MARKET, Door, head, open_door, read_all, stays_silent, talk

ADDRESS = "127.0.0.2"
"""Stands for the machine's address in the network: no name of the loopback door's."""
LISTS = "/api/empresas"
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
LAN = {"door.lan": True, "door.lan_port": 0, "door.address": ADDRESS}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """An instance that serves the network, and whose owner lets local programs in without a key."""
    with open_door(tmp_path_factory.mktemp("office"), settings={**LAN, "door.keyless_local": True}) as door:
        yield door


def trusting(path: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(path))


def from_the_network(door: Door, *, key: str | None, **headers: str) -> httpx.Client:
    """A program on another computer, which knows the certificate."""
    shown = {"X-API-Key": key} if key else {}
    return httpx.Client(
        base_url=door.info.lan_url,
        headers={**shown, **headers},
        verify=trusting(door.home.certificates / "lan.crt"),
        timeout=30,
        trust_env=False,
    )


def lan_port(door: Door) -> int:
    return int(door.info.lan_url.rpartition(":")[2])


def test_the_network_is_not_served_unless_the_owner_says_so(shared_door: Door) -> None:
    assert (shared_door.info.lan_url, shared_door.info.fingerprint) == ("", "")
    assert not shared_door.home.certificates.exists()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((ADDRESS, shared_door.info.port), 5)


def test_a_program_in_the_network_sends_with_a_key_over_tls(office: Door) -> None:
    with from_the_network(office, key=office.key) as client:
        assert client.get(LISTS).status_code == 200
        assert client.post("/api/enviar-relatorio", json={"cnpj": MARKET}).json()["status"] == "enviado"


@pytest.mark.parametrize("shown", ["nothing", "another user's token", "the owner's own token"])
def test_without_a_key_the_network_gets_nothing_whatever_local_programs_may_do(office: Door, shown: str) -> None:
    key = {"nothing": None, "another user's token": "x" * 43, "the owner's own token": office.info.token}[shown]
    with from_the_network(office, key=key) as client:
        assert client.get(LISTS).status_code == 401
        assert client.get("/openapi.json").status_code == 401
        assert client.get("/health").json() == {"status": "ok"}
    with office.client(key=None) as local:
        assert local.get(LISTS).status_code == 200


@pytest.mark.parametrize(
    ("header", "value"),
    [("Host", "127.0.0.1:{port}"), ("Host", "evil.example:{port}"), ("Origin", "https://{address}:{port}")],
)
def test_names_and_pages_are_checked_in_the_network_too(office: Door, header: str, value: str) -> None:
    told = value.format(port=lan_port(office), address=ADDRESS)
    with from_the_network(office, key=office.key, **{header: told}) as client:
        assert client.get(LISTS).status_code == 403


def test_the_network_s_names_open_nothing_on_the_loopback_door(office: Door) -> None:
    answer = talk(
        office.info.port, head("GET", LISTS, f"X-API-Key: {office.key}", host=f"{ADDRESS}:{office.info.port}")
    )
    assert answer.startswith(b"HTTP/1.1 403 ")


def test_nothing_is_said_in_the_clear(office: Door) -> None:
    with socket.create_connection((ADDRESS, lan_port(office)), 20) as line:
        line.sendall(head("GET", "/health", host=f"{ADDRESS}:{lan_port(office)}"))
        try:
            assert b"HTTP" not in read_all(line)
        except ConnectionResetError:
            return


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01"], ids=["nothing", "half a greeting"])
def test_who_connects_and_says_nothing_is_let_go(office: Door, monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    assert Handshakes.within <= 10
    monkeypatch.setattr(Handshakes, "within", 0.5)
    with socket.create_connection((ADDRESS, lan_port(office)), 20) as line:
        line.sendall(said)
        assert ended(line)


def test_many_who_say_nothing_keep_no_program_out(office: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handshakes, "most", 3)
    # None of them goes because its time is over.
    monkeypatch.setattr(Handshakes, "within", 3600.0)
    with ExitStack() as stack:
        silent = [
            stack.enter_context(socket.create_connection((ADDRESS, lan_port(office)), 20))
            for _ in range(Handshakes.most + 1)
        ]
        assert ended(silent[0])
        with from_the_network(office, key=office.key) as client:
            assert client.get(LISTS).status_code == 200
        assert ended(silent[1])
        assert all(stays_silent(line, 0.2) for line in silent[2:])


def test_many_who_rest_keep_no_program_out(office: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DoorProtocol, "most_connections", 2)
    with ExitStack() as stack:
        resting = [stack.enter_context(from_the_network(office, key=None)) for _ in range(4)]
        for client in resting:
            assert client.get("/health").status_code == 200
        with from_the_network(office, key=office.key) as program:
            assert program.get(LISTS).status_code == 200


def test_who_says_nothing_is_let_go_when_the_program_ends(tmp_path: Path) -> None:
    with open_door(tmp_path, settings=LAN) as door:
        line = socket.create_connection((ADDRESS, lan_port(door)), 20)
        assert door.get(LISTS).status_code == 200
    with line:
        assert ended(line)


def ended(line: socket.socket) -> bool:
    """True once the other side closed, having said nothing."""
    try:
        return read_all(line) == b""
    except ConnectionResetError:
        return True


def test_the_certificate_is_the_one_whose_fingerprint_is_shown(
    office: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        socket.create_connection((ADDRESS, lan_port(office)), 20) as line,
        trusting(office.home.certificates / "lan.crt").wrap_socket(line, server_hostname=ADDRESS) as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
        assert secured.version() in {"TLSv1.2", "TLSv1.3"}
    assert shown is not None
    assert hashlib.sha256(shown).hexdigest() == office.info.fingerprint.replace(":", "").lower()
    assert office.services.door.fingerprint == office.info.fingerprint
    assert status(office.home, as_json=False) == 0
    told = capsys.readouterr().out
    assert f"Na rede: {office.info.lan_url}\n  Certificado (SHA-256): {office.info.fingerprint}\n" in told


def test_only_its_user_may_read_the_made_key(office: Door) -> None:
    folder = office.home.certificates
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {"lan.crt": 0o600, "lan.key": 0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_made_certificate_stays_until_it_ends_or_other_names_are_asked_for(tmp_path: Path) -> None:
    made = made_certificate(tmp_path, names=["loja.exemplo"], also=["192.168.0.7"], now=NOW)
    found = x509.load_pem_x509_certificate(made.path.read_bytes())
    assert found.not_valid_after_utc - found.not_valid_before_utc == timedelta(days=825)
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(name.value) for name in names} == {"loja.exemplo", "192.168.0.7", "localhost", "127.0.0.1"}
    again = made_certificate(tmp_path, names=["loja.exemplo"], also=["192.168.0.8"], now=NOW + timedelta(days=700))
    assert again == made
    other = made_certificate(tmp_path, names=["filial.exemplo"], now=NOW)
    late = made_certificate(tmp_path, names=["filial.exemplo"], now=NOW + timedelta(days=800))
    (tmp_path / "lan.key").write_text("damaged")
    mended = made_certificate(tmp_path, names=["filial.exemplo"], now=NOW)
    assert len({one.fingerprint for one in (made, other, late, mended)}) == 4


def test_the_owner_s_own_certificate_is_shown_where_there_is_one(tmp_path: Path) -> None:
    own = made_certificate(tmp_path / "own", names=["loja.exemplo"], now=datetime.now(UTC))
    chosen = {**LAN, "door.hosts": "loja.exemplo", "door.certificate": str(own.path), "door.private_key": str(own.key)}
    with open_door(tmp_path / "home", settings=chosen) as door:
        assert door.info.fingerprint == own.fingerprint
        assert door.info.lan_url == f"https://loja.exemplo:{lan_port(door)}"
        with (
            socket.create_connection((ADDRESS, lan_port(door)), 20) as line,
            trusting(own.path).wrap_socket(line, server_hostname="loja.exemplo") as secured,
        ):
            key = f"X-API-Key: {door.key}"
            secured.sendall(head("GET", LISTS, key, host=f"LOJA.exemplo:{lan_port(door)}"))
            assert secured.recv(1000).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("damage", ["missing", "not PEM", "the key of another"])
def test_a_certificate_that_does_not_serve_is_told_at_start(tmp_path: Path, damage: str) -> None:
    own = made_certificate(tmp_path / "own", names=["loja.exemplo"], now=NOW)
    other = made_certificate(tmp_path / "other", names=["loja.exemplo"], now=NOW)
    path, key = own.path, own.key
    if damage == "missing":
        path = tmp_path / "nothing.pem"
    elif damage == "not PEM":
        path.write_text("hello")
    else:
        key = other.key
    with pytest.raises(AppError) as failed:
        owners_certificate(path, key)
    assert (failed.value.code, failed.value.facts["name"]) == (Code.SETTING_INVALID, "door.certificate")


def test_the_machine_s_names_are_served_where_the_owner_names_none(tmp_path: Path) -> None:
    with open_door(tmp_path, settings={"door.lan": True, "door.lan_port": 0}) as door:
        port = lan_port(door)
        assert door.info.lan_url == f"https://{listening.machine_name()}:{port}"
        certificate = door.home.certificates / "lan.crt"
        for address in [one for one in listening.machine_addresses() if ":" not in one]:
            with httpx.Client(verify=trusting(certificate), trust_env=False) as client:
                answer = client.get(f"https://{address}:{port}{LISTS}", headers={"X-API-Key": door.key})
                assert answer.status_code == 200


def test_two_users_of_one_machine_have_a_door_each_and_neither_opens_the_other_s(tmp_path: Path) -> None:
    """As on a Terminal Server: the same settings for both, and the same first port."""
    port = quiet_port()
    with ExitStack() as users:
        ana, rui = (
            users.enter_context(open_door(tmp_path / name, settings={"door.port": port})) for name in ("ana", "rui")
        )
        assert ana.info.port == port
        assert rui.info.port > port
        assert keys_of(ana.info).isdisjoint(keys_of(rui.info))
        for one, other in ((ana, rui), (rui, ana)):
            for shown in (other.key, other.info.token):
                with one.client(key=shown) as stranger:
                    assert stranger.get(LISTS).status_code == 401
            assert one.get(LISTS).status_code == 200
            assert one.home.runtime_file.stat().st_mode & 0o777 == 0o600
        ana.send()
        assert len(ana.history()) == 1
        assert rui.history() == []


def keys_of(info: RuntimeInfo) -> set[str]:
    return {info.token, info.url}
