"""What an earlier program kept is still there after an update."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from desktop.adapters.storage import preparing
from desktop.adapters.storage.database import make_engine
from desktop.adapters.storage.opening import open_storage
from desktop.adapters.storage.outbox import Step
from desktop.domain.content import Content
from desktop.domain.history import HistoryFilter
from desktop.domain.receipt import Proof
from desktop.domain.send import SendKind, SendState
from desktop.runtime.clock import SystemClock
from tests.integration.storage.sends import NOON, PADARIA, at

SEND = "01890a5dac96774bbcceb302099a8057"
DIGEST = "ab" * 32
# Microseconds since 1970.
MOMENT = int(NOON.timestamp()) * 1_000_000


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A database as the first released program left it, with one send that arrived."""
    path = tmp_path / "malote.db"
    config = Config()
    config.set_main_option("script_location", str(Path(preparing.__file__).with_name("migrations")))
    engine = make_engine(path, begin="BEGIN IMMEDIATE", foreign_keys=False)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with closing(sqlite3.connect(path)) as old:
        old.execute(
            "INSERT INTO sends (id, cnpj, session, origin, created_at, start_by, day, priority, state, "
            "idempotency_key, resend, attempts, company_name, recipient, report_sha256, message_id, facts, simulated, "
            "sending_at, sent_at) VALUES (?, ?, 'principal', 'erp', ?, ?, '2026-11-22', 0, 'sent', 'pedido-1', 0, 1, "
            "'Padaria São José', '120363041234567890@g.us', ?, '3EB0', '{}', 0, ?, ?)",
            (SEND, PADARIA.value, MOMENT, MOMENT, DIGEST, MOMENT, MOMENT),
        )
        old.execute("INSERT INTO steps VALUES (?, 0, 'queued', ?, NULL)", (SEND, MOMENT))
        old.execute("INSERT INTO names VALUES (?, 'padaria sao jose')", (PADARIA.value,))
        old.execute("INSERT INTO pictures VALUES (?, 'image/jpeg', 8, 6, ?, ?)", (DIGEST, MOMENT, b"picture"))
        old.commit()
    return path


async def test_what_was_sent_before_an_update_is_in_the_history_with_its_steps_and_picture(before: Path) -> None:
    opened = await open_storage(before, clock=SystemClock())
    assert opened.set_aside is None
    [send] = await opened.outbox.history(HistoryFilter(text="padaria"))
    assert (send.kind, send.cnpj, send.state, send.sent_at) == (SendKind.REPORT, PADARIA, SendState.SENT, NOON)
    assert (send.delivered_count, send.read_count, send.addressee, send.filename) == (0, 0, None, "")
    assert await opened.outbox.steps(send.id) == [Step(SendState.QUEUED, NOON, None)]
    assert await opened.outbox.content(DIGEST) == Content(
        content=b"picture", sha256=DIGEST, kind=SendKind.IMAGE, mimetype="image/jpeg", width=8, height=6
    )
    [read] = await opened.outbox.advance(
        "principal", [Proof(message_ids=("3EB0",), state=SendState.READ, at=at(1), member="77@lid")]
    )
    assert (read.read_count, (await opened.outbox.steps(send.id))[-1].state) == (1, SendState.READ)
    await opened.close()
    with closing(sqlite3.connect(before)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
