"""From an unknown program to a linked one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doubles.whatsapp import PairingRefusedError, ScanRefusedError, WhatsAppDouble
from tests.integration.whatsapp_double.conftest import Start, link
from tests.integration.whatsapp_double.engine import Engine


def test_scanning_links_the_program(double: WhatsAppDouble, start: Start) -> None:
    engine = start()
    companion = double.scan(engine.wait("qr")["text"])
    engine.wait("login", status="success")
    engine.wait("connected")
    assert companion is not None
    assert companion.account.pn.user == double.default_phone
    assert companion.registration_id > 0


def test_a_first_login_leaves_keys_for_those_who_write_first(tmp_path: Path) -> None:
    with WhatsAppDouble() as double:
        engine = Engine(double, tmp_path / "desk.db")
        try:
            link(double, engine)
        finally:
            engine.kill()
        (companion,) = double.account().companions.values()
        assert len(companion.prekeys) == 812


def test_a_code_that_nobody_shows_is_refused(double: WhatsAppDouble, start: Start) -> None:
    text = start().wait("qr")["text"]
    with pytest.raises(ScanRefusedError, match="no program shows"):
        double.scan(text.replace("#2@", "#2@x"))
    with pytest.raises(ScanRefusedError, match="not a WhatsApp code"):
        double.scan("https://example.com/")


def test_the_program_refuses_an_answer_that_was_tampered_with(double: WhatsAppDouble, start: Start) -> None:
    engine = start()
    with pytest.raises(PairingRefusedError, match="hmac-mismatch"):
        double.scan(engine.wait("qr")["text"], tampered=True)
    engine.wait("login", status="error")
    assert not double.account().companions


def test_a_phone_without_linked_devices_is_told_apart(double: WhatsAppDouble, start: Start) -> None:
    engine = start()
    double.scan_with_old_phone(engine.wait("qr")["text"])
    engine.wait("login", status="err-scanned-without-multidevice")


def test_an_account_that_must_show_a_passkey_is_not_linked(double: WhatsAppDouble, start: Start) -> None:
    double.require_passkey()
    engine = start()
    assert double.scan(engine.wait("qr")["text"]) is None
    engine.wait("login", status="passkey-request")
    assert not double.account().companions


def test_eight_letters_link_as_well_as_a_code(double: WhatsAppDouble, start: Start) -> None:
    engine = start()
    engine.wait("qr")
    letters = engine.call("pair_code", phone=double.default_phone)["code"]
    double.type_code(letters)
    engine.wait("connected")


def test_a_version_that_whatsapp_no_longer_takes_never_shows_a_code(double: WhatsAppDouble, start: Start) -> None:
    double.outdate()
    engine = start()
    engine.wait("login", status="err-client-outdated")
    assert engine.count("qr") == 0


def test_a_line_that_breaks_while_the_code_is_shown_ends_the_linking(double: WhatsAppDouble, start: Start) -> None:
    engine = start()
    engine.wait("qr")
    double.drop_connection()
    engine.wait("login", status="timeout")


def test_two_accounts_are_linked_at_once(double: WhatsAppDouble, start: Start) -> None:
    first, second = start("first"), start("second")
    double.scan(second.wait("qr")["text"], "5521900000001")
    double.scan(first.wait("qr")["text"])
    first.wait("connected")
    second.wait("connected")
    assert len(double.account("5521900000001").companions) == len(double.account().companions) == 1
