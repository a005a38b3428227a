"""What a person at a terminal sees of the sessions: states in words, the QR to scan and the code to type."""

from typing import TextIO
from uuid import UUID

import qrcode

from desktop.domain.events import Event, GroupWarned, SendChanged, SessionChanged
from desktop.domain.send import Send, SendState
from desktop.domain.session import PairingCode, Qr, Session
from desktop.runtime.event_log import STATE_KINDS
from desktop.runtime.logs import Kind, coloured
from desktop.runtime.session_wording import describe_session
from desktop.runtime.wording import describe
from desktop.services.catalogue import Notice

_STATES = {
    SendState.QUEUED: "na fila",
    SendState.SENDING: "enviando",
    SendState.SENT: "enviado",
    SendState.DELIVERED: "entregue",
    SendState.READ: "lido",
    SendState.FAILED: "falhou",
    SendState.UNKNOWN: "não confirmado",
    SendState.CANCELLED: "cancelado",
    SendState.EXPIRED: "expirado",
}
_SEND_KINDS = {
    SendState.SENT: Kind.SUCCESS,
    SendState.DELIVERED: Kind.SUCCESS,
    SendState.READ: Kind.SUCCESS,
    SendState.FAILED: Kind.ERROR,
    SendState.UNKNOWN: Kind.ERROR,
    SendState.EXPIRED: Kind.ERROR,
}
_REMEMBERED = 1000
_SIMULATED = "SIMULAÇÃO · "


class Terminal:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._ending = False
        self._arrived: dict[UUID, SendState] = {}
        """How far the last sends came: that one more person of a group has it is no new line."""

    def watch(self, event: Event) -> None:
        """A bus handler: shows every change of a session and of a send, and what a person should look at."""
        if isinstance(event, SessionChanged):
            # That the end stops a session is nobody's wish to disconnect it.
            if not self._ending:
                self.show(event.session)
        elif isinstance(event, GroupWarned):
            text = f"Atenção · {event.company}: foi para o grupo “{event.group.subject}”, que ninguém confirmou."
            self._say(text, Kind.ERROR)
        elif isinstance(event, SendChanged):
            self._tell(event.send)

    def end(self) -> None:
        """From here on sessions stop because the program ends."""
        self._ending = True

    def tell(self, notice: Notice) -> None:
        """What a person must know of the start."""
        if notice.code == "database_set_aside":
            self._say("O banco de dados do Malote estava danificado, por isso um novo foi criado.", Kind.ERROR)
            self._say(f"O antigo foi guardado, nada foi apagado: {notice.path}. Mostre-o ao suporte.", None)

    def show(self, session: Session) -> None:
        """Print the session's state and next action, and its QR or code while there is one."""
        kind = STATE_KINDS.get(session.status.state)
        if isinstance(session.status, Qr):
            print_qr(session.status.text, self._out)
        wording = describe_session(session)
        simulated = _SIMULATED if session.simulated else ""
        self._say(f"{simulated}{session.name}: {wording.text} {wording.action}", kind)
        if isinstance(session.status, PairingCode):
            print_code(session.status.code, self._out)

    def _tell(self, send: Send) -> None:
        if send.state in (SendState.DELIVERED, SendState.READ):
            if self._arrived.get(send.id) is send.state:
                return
            self._arrived[send.id] = send.state
            while len(self._arrived) > _REMEMBERED:
                del self._arrived[next(iter(self._arrived))]
        why = f" ({describe(send.error, send.facts).text})" if send.error else ""
        simulated = _SIMULATED if send.simulated else ""
        self._say(f"{simulated}envio {send.id} · {send.label}: {_STATES[send.state]}{why}", _SEND_KINDS.get(send.state))

    def _say(self, text: str, kind: Kind | None) -> None:
        print(coloured(text, kind, self._out), file=self._out, flush=True)


def print_qr(text: str, out: TextIO) -> None:
    code = qrcode.QRCode(border=2)
    code.add_data(text)
    code.print_ascii(out=out, invert=True)


def print_code(code: str, out: TextIO) -> None:
    print(f"\n    {code}\n", file=out, flush=True)
