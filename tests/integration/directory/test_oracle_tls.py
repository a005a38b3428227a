"""TCPS: whom a line to Oracle trusts, and what is said of a server that it does not, before any password is sent."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop.adapters.directory.oracle_probe import Outcome, Probe, probe
from desktop.adapters.directory.oracle_tls import Tls, WalletError, context_for
from tests.doubles.oracle import Authority, OracleDouble

TIMEOUT = 30.0


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def ask(oracle: OracleDouble, tls: Tls | None, *, host: str = "localhost", timeout: float = TIMEOUT) -> Probe:
    context = context_for(tls, host) if tls else None
    return probe(host, oracle.port, sid="xe", service_name="", timeout=timeout, tls=context)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_server_that_the_wallet_trusts_is_asked_over_tls(authority: Authority, host: str) -> None:
    wallet = authority.wallet()
    with OracleDouble(tls=authority.server()) as oracle:
        for path in (wallet, wallet / "ewallet.pem"):
            assert ask(oracle, Tls(str(path)), host=host).suits_thin_mode


def test_an_authority_in_the_systems_store_needs_no_wallet(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.wallet() / "ewallet.pem"))
    with OracleDouble(tls=authority.server()) as oracle:
        assert ask(oracle, Tls()).suits_thin_mode


def test_a_stranger_is_refused(authority: Authority, tmp_path: Path) -> None:
    with OracleDouble(tls=Authority(tmp_path, name="Somebody else").server()) as oracle:
        for trusted in (Tls(str(authority.wallet())), Tls()):
            with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer certificate"):
                ask(oracle, trusted)
        assert oracle.connects == 0


def test_an_expired_certificate_and_one_of_another_name_say_so(authority: Authority) -> None:
    wallet = Tls(str(authority.wallet()))
    with (
        OracleDouble(tls=authority.server(expired=True)) as oracle,
        pytest.raises(ssl.SSLCertVerificationError, match="certificate has expired"),
    ):
        ask(oracle, wallet)
    with OracleDouble(tls=authority.server(["outro.example"])) as oracle:
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            ask(oracle, wallet)
        assert ask(oracle, Tls(wallet.wallet, match_name=False)).suits_thin_mode


def test_a_server_that_asks_for_our_certificate_gets_the_wallets(authority: Authority) -> None:
    with OracleDouble(tls=authority.server(asks_client=True)) as oracle:
        assert ask(oracle, Tls(str(authority.wallet()))).outcome is Outcome.CLOSED
        wallet = str(authority.wallet(password="da carteira"))
        assert ask(oracle, Tls(wallet, "da carteira")).suits_thin_mode


@pytest.mark.parametrize(
    ("make", "missing"),
    [
        (lambda folder: folder / "nada", True),
        (lambda folder: folder, True),
        (lambda folder: (folder / "lixo.pem", (folder / "lixo.pem").write_text("nada"))[0], False),
        (lambda folder: Authority(folder).wallet(password="certa"), False),
    ],
    ids=["no such folder", "no wallet in it", "no certificate in it", "wrong password"],
)
def test_a_wallet_of_no_use_is_told_without_a_connection(
    tmp_path: Path, make: Callable[[Path], Path], missing: bool
) -> None:
    with pytest.raises(WalletError) as caught:
        context_for(Tls(str(make(tmp_path)), "errada"), "localhost")
    assert caught.value.missing is missing
    assert "errada" not in f"{caught.value}{Tls('x', 'errada')!r}"


def test_tls_to_a_listener_without_it_and_the_other_way_round(authority: Authority) -> None:
    wallet = Tls(str(authority.wallet()))
    with OracleDouble() as oracle, pytest.raises(ssl.SSLError):
        ask(oracle, wallet)
    with OracleDouble(tls=authority.server()) as oracle:
        assert ask(oracle, None).outcome in (Outcome.WANTS_TLS, Outcome.CLOSED)


def test_a_listener_that_stays_silent_in_the_handshake_is_given_up_in_time(authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        context = context_for(Tls(str(authority.wallet())), "localhost")
        port = silent.getsockname()[1]
        answer = probe("127.0.0.1", port, sid="xe", service_name="", timeout=0.3, tls=context)
    assert answer.outcome is Outcome.SILENT
