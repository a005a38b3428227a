"""What happens to sends, sessions and messages, a line each in the log: who and how far, never what was written."""

import logging
from uuid import UUID

from desktop.domain.events import Event, GroupWarned, MessageKept, SendChanged, SessionChanged, SessionRemoved
from desktop.domain.message import Direction
from desktop.domain.send import Send, SendState
from desktop.domain.session import Session, SessionState
from desktop.runtime.logs import Kind

logger = logging.getLogger(__name__)

_OUTCOMES = {
    # A receipt may be quicker than the acknowledgement: then nobody hears of SENT.
    SendState.SENT: Kind.SUCCESS,
    SendState.DELIVERED: Kind.SUCCESS,
    SendState.READ: Kind.SUCCESS,
    SendState.FAILED: Kind.ERROR,
    SendState.UNKNOWN: Kind.ERROR,
    SendState.CANCELLED: None,
    SendState.EXPIRED: Kind.ERROR,
}
STATE_KINDS = {
    SessionState.STARTING: Kind.RECONNECTION,
    SessionState.DISCONNECTED: Kind.RECONNECTION,
    SessionState.QR: Kind.QR,
    SessionState.PAIRING_CODE: Kind.QR,
    SessionState.CONNECTED: Kind.SUCCESS,
    SessionState.DEGRADED: Kind.ERROR,
    SessionState.NEEDS_HUMAN: Kind.ERROR,
    SessionState.BROKEN: Kind.ERROR,
}


_REMEMBERED = 1_000


class EventLog:
    def __init__(self) -> None:
        self._states: dict[str, SessionState] = {}
        """A QR that follows another is no news."""
        self._arrived: dict[UUID, None] = {}
        """The last sends that arrived: how far, their history says."""

    def hear(self, event: Event) -> None:
        """A bus handler."""
        if isinstance(event, SendChanged):
            self._tell_send(event.send)
        elif isinstance(event, SessionChanged):
            self._tell_session(event.session)
        elif isinstance(event, GroupWarned):
            logger.warning("a report went to group %s, which nobody confirmed (%s)", event.group.jid, event.doubt)
        elif isinstance(event, SessionRemoved):
            self._states.pop(event.session, None)
        elif isinstance(event, MessageKept) and event.new and not event.backlog:
            message = event.message
            if message.direction is Direction.IN:
                extra = {"kind": Kind.MESSAGE}
                logger.info("session %s: %s %s arrived", message.session, message.kind, message.id, extra=extra)

    def _tell_send(self, send: Send) -> None:
        if send.state not in _OUTCOMES or send.id in self._arrived:
            return
        if _OUTCOMES[send.state] is Kind.SUCCESS:
            self._arrived[send.id] = None
            while len(self._arrived) > _REMEMBERED:
                del self._arrived[next(iter(self._arrived))]
        about = f"company {send.cnpj}" if send.cnpj else f"{send.kind} to {send.recipient}"
        beside = f" as message {send.message_id}" if send.message_id else ""
        beside += f" ({send.error})" if send.error else ""
        extra = {"kind": _OUTCOMES[send.state]}
        logger.info("send %s of %s, %s: %s%s", send.id, send.session, about, send.state, beside, extra=extra)

    def _tell_session(self, session: Session) -> None:
        state = session.status.state
        if self._states.get(session.name) is not state:
            self._states[session.name] = state
            logger.info("session %s: %s", session.name, state, extra={"kind": STATE_KINDS.get(state)})
