"""The events of the bus as contract B's WebSocket tells them: made once, for however many watch."""

import asyncio
import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

from desktop.api.contract import qr_data_url
from desktop.api.views_sessions import message_view, shown_jid, status_view
from desktop.domain.cnpj import Cnpj
from desktop.domain.events import Event, MessageKept, SendChanged, SessionChanged
from desktop.domain.send import Send
from desktop.domain.session import Qr, Session
from desktop.services.contract_words import ACK_NUMBERS

FrameKind = Literal["status", "status_change", "message", "qr", "ack", "send"]
_REMEMBERED = 16


@dataclass(frozen=True, slots=True)
class Frame:
    kind: FrameKind
    text: str
    """The whole message, JSON."""
    company: Cnpj | None = None
    """Whose send it tells of."""


class Frames:
    """Remembers the last few events' frames: every watcher asks for the same ones at almost the same time."""

    def __init__(self) -> None:
        self._made: OrderedDict[int, tuple[Event, asyncio.Task[list[Frame]]]] = OrderedDict()

    async def of(self, event: Event) -> list[Frame]:
        """What a watcher of the event's session is told."""
        # By identity, which holds for as long as the event is kept beside it.
        known = self._made.get(id(event))
        if known is None:
            known = self._made[id(event)] = event, asyncio.create_task(_frames(event), name="frames")
            if len(self._made) > _REMEMBERED:
                self._made.popitem(last=False)
        return await asyncio.shield(known[1])


async def _frames(event: Event) -> list[Frame]:
    match event:
        case SessionChanged(session):
            frames = [status_frame("status_change", session)]
            if isinstance(session.status, Qr):
                frames.append(await _qr_frame(session, session.status))
            return frames
        case MessageKept(message, new=True):
            return [_frame("message", message_view(message).model_dump())]
        case MessageKept(message):
            ack = {"id": message.id, "chatId": shown_jid(message.chat), "ack": ACK_NUMBERS[message.ack]}
            return [_frame("ack", ack)]
        case SendChanged(send):
            return [_frame("send", _send_view(send), send.cnpj)]
        case _:
            return []


def status_frame(kind: Literal["status", "status_change"], session: Session) -> Frame:
    return _frame(kind, status_view(session).model_dump(exclude_none=True))


async def _qr_frame(session: Session, status: Qr) -> Frame:
    assert session.profile is not None
    # Drawing it takes longer than the loop may stand still.
    picture = await asyncio.to_thread(qr_data_url, status.text)
    expires = status.expires_at.astimezone().isoformat()
    return _frame("qr", {"sessionId": str(session.profile.id), "qrCode": picture, "expiresAt": expires})


def _send_view(send: Send) -> dict[str, object]:
    to = send.recipient or send.addressee
    return {
        "id": str(send.id),
        "to": shown_jid(to) if to else None,
        "kind": send.kind.value,
        "status": send.state.value,
        "messageId": send.message_id,
        "error": send.error.value if send.error else None,
    }


def _frame(kind: FrameKind, data: dict[str, object], company: Cnpj | None = None) -> Frame:
    return Frame(kind, json.dumps({"type": kind, "data": data}, ensure_ascii=False), company)
