"""A program that sends for ever and says what is on disk: `python -m tests.integration.storage.writer DATABASE`.

Each line is `<id> <state>`, printed once the storage said that it is kept; `ready` comes first.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import UUID

from desktop.adapters.storage.opening import open_storage
from desktop.domain.receipt import Proof
from desktop.domain.send import SendState
from desktop.ports.outbox import Began
from desktop.runtime.clock import SystemClock
from tests.integration.storage.sends import make_report, make_send, prepared


def kept(send_id: UUID, state: SendState) -> None:
    print(send_id, state, flush=True)


async def send_for_ever(path: Path) -> None:
    print("opening", flush=True)
    opened = await open_storage(path, clock=SystemClock())
    print("ready", flush=True)
    outbox = opened.outbox
    for number in count():
        send = make_send((datetime.now(UTC) - make_send().created_at).total_seconds(), resend=True)
        await outbox.add(send)
        kept(send.id, SendState.QUEUED)
        begun = await outbox.begin(prepared(send), make_report(number.to_bytes(8) * 5_000), datetime.now(UTC))
        assert isinstance(begun, Began)
        kept(send.id, SendState.SENDING)
        await outbox.journal_id(send.id, send.id.hex)
        sent = await outbox.save(begun.send.moved(SendState.SENT, datetime.now(UTC)), expected=SendState.SENDING)
        assert sent is not None
        kept(send.id, SendState.SENT)
        await outbox.advance(
            send.session, [Proof(message_ids=(send.id.hex,), state=SendState.READ, at=datetime.now(UTC))]
        )
        kept(send.id, SendState.READ)


if __name__ == "__main__":
    asyncio.run(send_for_ever(Path(sys.argv[1])))
