"""How the contract tests of an outbox lead sends through it."""

from __future__ import annotations

from datetime import datetime

from desktop.domain.receipt import Proof
from desktop.domain.send import (
    Send,
    SendState,
)
from desktop.ports.outbox import Began, Outbox
from tests.integration.storage.sends import at, make_report, prepared

QUEUE_LIMIT = 5
MESSAGE = "3EB0C0FFEE"
S = SendState


def told(state: SendState, when: datetime, *message_ids: str, member: str = "") -> Proof:
    return Proof(message_ids=message_ids, state=state, at=when, member=member)


class OutboxSteps:
    """Give a fixture `outbox` that bounds its queue to QUEUE_LIMIT sends."""

    async def begun(self, outbox: Outbox, send: Send) -> Send:
        await outbox.add(send)
        begun = await outbox.begin(prepared(send), make_report(), at(1))
        assert isinstance(begun, Began)
        return begun.send

    async def brought_to(self, outbox: Outbox, send: Send, state: SendState) -> Send:
        """Lead a new send to a state by the ways that the program takes."""
        if state is S.QUEUED:
            return await outbox.add(send)
        if state in (S.CANCELLED, S.EXPIRED):
            await outbox.add(send)
            found = await outbox.save(send.moved(state, at(2)), expected=S.QUEUED)
        else:
            found = await self.begun(outbox, send)
            await outbox.journal_id(send.id, MESSAGE)
            if state is not S.SENDING:
                found = await outbox.save(found.moved(state, at(2)), expected=S.SENDING)
        assert found is not None
        return found
