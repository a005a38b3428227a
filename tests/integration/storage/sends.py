"""Sends and reports as the services make them, for tests of what is kept of them."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from desktop.domain.cnpj import Cnpj
from desktop.domain.report import ImageFormat, Report
from desktop.domain.send import Origin, Send, new_send_id
from desktop.domain.session import DEFAULT_SESSION

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PADARIA = Cnpj("62567108000101")
MERCADO = Cnpj("11222333000181")


def at(seconds: float) -> datetime:
    """So many seconds after noon of the tests' day."""
    return NOON + timedelta(seconds=seconds)


def make_send(asked_at: float = 0, **changes: Any) -> Send:
    """A queued send asked for so many seconds after noon, as an ERP would."""
    created = at(asked_at)
    send = Send(
        id=new_send_id(created, os.urandom(10)),
        cnpj=PADARIA,
        session=DEFAULT_SESSION,
        origin=Origin.ERP,
        created_at=created,
        start_by=created + timedelta(seconds=45),
        day=created.date(),
    )
    return replace(send, **changes)


def make_report(content: bytes = b"\xff\xd8 picture \xff\xd9") -> Report:
    return Report(
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        format=ImageFormat.JPEG,
        width=800,
        height=1200,
        modified_at=NOON,
        source=r"C:\relatorios\RelatorioVendas.jpg",
    )


def prepared(send: Send) -> Send:
    """The send once its company, group and caption are known."""
    return replace(
        send,
        company_name="Padaria São José",
        recipient="120363041234567890@g.us",
        caption="Relatório do dia",
        attempts=send.attempts + 1,
    )
