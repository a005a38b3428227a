"""What a person at a terminal sees of the sessions: states in words, and the QR to scan."""

from typing import TextIO

import qrcode

from desktop.domain.events import Event, SessionChanged
from desktop.domain.session import Qr, Session
from desktop.runtime.session_wording import describe_session


class Terminal:
    def __init__(self, out: TextIO) -> None:
        self._out = out

    def watch(self, event: Event) -> None:
        """A bus handler: shows every change of a session."""
        if isinstance(event, SessionChanged):
            self.show(event.session)

    def show(self, session: Session) -> None:
        """Print the session's state and next action, and its QR while there is one."""
        if isinstance(session.status, Qr):
            code = qrcode.QRCode(border=2)
            code.add_data(session.status.text)
            code.print_ascii(out=self._out, invert=True)
        wording = describe_session(session)
        simulated = "SIMULAÇÃO · " if session.simulated else ""
        print(f"{simulated}{session.name}: {wording.text} {wording.action}", file=self._out, flush=True)
