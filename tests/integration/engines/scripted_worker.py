"""A worker in whatsmeow's place that tells what it is told to: `python -m … '[["online", {"phone": …}], …]' ["hangs"]`.

For what the double of WhatsApp cannot bring about, or only after minutes. Of a send it tells `submitting` if its text
says so, then does what the text says: `bug`, `die` or `hang`.
"""

from __future__ import annotations

import json
import os
import sys
import threading

from desktop.adapters.worker_child import CallError, Emit, serve


class ScriptedHandler:
    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._sends = False

    def ping(self) -> bool:
        match sys.argv[2:]:
            case ["hangs"]:
                threading.Event().wait()
            case ["hangs once it sends"] if self._sends:
                threading.Event().wait()
            case ["has no line"]:
                return False
        return True

    def connect(self, folder: str, file: str, phone: str, release: float) -> None:
        os.chdir(folder)
        for event, facts in json.loads(sys.argv[1]):
            self._emit(event, **facts)

    def clear(self, send: int, may_go: bool) -> None:
        pass

    def send_text(self, send: int, jid: str, text: str) -> dict[str, object]:
        self._sends = True
        if "submitting" in text:
            self._emit("submitting", send=send)
        if "bug" in text:
            raise RuntimeError("nobody foresaw this")
        if "die" in text:
            os._exit(7)
        if "hang" in text:
            threading.Event().wait()
        return {"message_id": "3EB0", "at": -62135596800}

    def groups(self) -> list[dict[str, object]]:
        raise RuntimeError("nobody foresaw this")

    def group(self, jid: str) -> dict[str, object]:
        threading.Event().wait()
        return {}

    def log_out(self) -> None:
        """WhatsApp cuts the line before it answers."""
        self._emit("logged_out", reason="logged_out")
        lost = {"kind": "Transient", "retry_after": None, "facts": {"detail": "websocket disconnected"}}
        raise CallError("whatsapp_desconectado", lost)


if __name__ == "__main__":
    serve(ScriptedHandler)
