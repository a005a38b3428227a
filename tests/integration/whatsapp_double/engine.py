"""A test's hold on the driver: it starts the real engine, calls it and waits for its events."""

from __future__ import annotations

import base64
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.doubles.whatsapp import WhatsAppDouble
from tests.harness.patience import PATIENCE

DRIVER = Path(__file__).with_name("driver.py")


class CallError(Exception):
    """The engine's own words."""


class Engine:
    """One process with one session, its store in the given file."""

    def __init__(self, double: WhatsAppDouble, store: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(DRIVER), str(store)],
            env=os.environ | double.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._changed = threading.Condition()
        self._ids = itertools.count(1)
        self.events: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self.events.append(json.loads(line))
                self._changed.notify_all()
        with self._changed:
            self.events.append({"event": "ended"})
            self._changed.notify_all()

    def count(self, kind: str, **facts: Any) -> int:
        return len(self._matching(kind, facts))

    def wait(self, kind: str, timeout: float = PATIENCE, *, nth: int = 1, **facts: Any) -> dict[str, Any]:
        """The nth event of a kind with these facts, past ones too."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while len(found := self._matching(kind, facts)) < nth:
                left = deadline - time.monotonic()
                if left <= 0 or self.events[-1:] == [{"event": "ended"}]:
                    raise TimeoutError(f"no {kind} {facts} (number {nth}) among {self.events[-12:]}")
                self._changed.wait(left)
            return found[nth - 1]

    def _matching(self, kind: str, facts: dict[str, Any]) -> list[dict[str, Any]]:
        wanted = {"event": kind, **facts}
        return [event for event in list(self.events) if wanted.items() <= event.items()]

    def begin(self, call: str, **args: Any) -> int:
        """Starts a call; `finish` waits for its answer."""
        number = next(self._ids)
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"id": number, "call": call, "args": args}) + "\n")
        self._process.stdin.flush()
        return number

    def finish(self, number: int, timeout: float = PATIENCE) -> dict[str, Any]:
        """Raises CallError with what the engine said."""
        answer = self.wait("answer", timeout, id=number)
        if "error" in answer:
            raise CallError(answer["error"])
        result: dict[str, Any] = answer["result"]
        return result

    def call(self, call: str, **args: Any) -> dict[str, Any]:
        return self.finish(self.begin(call, **args))

    def begin_image(self, to: str, picture: bytes, caption: str) -> int:
        return self.begin("send_image", to=to, picture=base64.b64encode(picture).decode(), caption=caption)

    def send_image(self, to: str, picture: bytes, caption: str) -> dict[str, Any]:
        return self.finish(self.begin_image(to, picture, caption))

    def kill(self) -> None:
        """As kill -9 does: nothing is said to anybody."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
