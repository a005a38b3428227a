"""A real Chromium without a window, driven over DevTools' own pipe, with a profile of its own."""

from __future__ import annotations

import itertools
import json
import os
import select
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.harness.environment import PrivateHome, clean_environment
from tests.harness.patience import PATIENCE
from tests.harness.processes import Child

CHROMIUM = "/usr/bin/chromium"
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    # What it would tell and ask its makers, every one a refused connection on a machine without the internet.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--remote-debugging-pipe",
)
_MESSAGE_END = b"\0"
_COMMANDS, _ANSWERS = 3, 4
"""The descriptors on which Chromium reads commands and writes answers."""


class BrowserError(AssertionError):
    """The browser refused a command, a script of a page failed, or one of them took too long."""


class Browser:
    """One page; `hosts` are names that it takes for addresses, as a resolver under an attacker's control tells them."""

    def __init__(self, hosts: Mapping[str, str] | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="malote-browser-", ignore_cleanup_errors=True)
        home = PrivateHome.make(Path(self._folder.name))
        rules = ",".join(f"MAP {name} {address}" for name, address in (hosts or {}).items())
        # Root may not use Chromium's sandbox.
        unboxed = ["--no-sandbox"] if os.geteuid() == 0 else []
        commands, self._to_browser = os.pipe()
        self._from_browser, answers = os.pipe()
        # The shell moves the two ends to where Chromium looks for them.
        launch = f'exec "$0" "$@" {_COMMANDS}<&{commands} {_ANSWERS}>&{answers}'
        self._child = Child(
            [
                *("/bin/bash", "-c", launch, CHROMIUM, *_FLAGS, *unboxed),
                *(f"--user-data-dir={home.root / 'profile'}", f"--host-resolver-rules={rules}", "about:blank"),
            ],
            env={**clean_environment(), **home.env},
            name="chromium",
            pass_fds=(commands, answers),
        )
        os.close(commands)
        os.close(answers)
        self._numbers = itertools.count(1)
        self._received = b""
        self._session = ""
        pages = self._call("Target.getTargets")["targetInfos"]
        target = next(page["targetId"] for page in pages if page["type"] == "page")
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def open(self, url: str) -> None:
        """Go to an address, as if a person had typed it; BrowserError where nothing answers there."""
        failed = self._call("Page.navigate", url=url).get("errorText")
        # A refusal's status is an answer too.
        if failed and failed != "net::ERR_HTTP_RESPONSE_CODE_FAILURE":
            raise BrowserError(f"{url}: {failed}")

    def run(self, script: str, timeout: float = PATIENCE) -> Any:
        """What an expression of the page's own JavaScript comes to, once its promise is kept."""
        answer = self._call(
            "Runtime.evaluate", timeout=timeout, expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def close(self) -> None:
        self._child.stop()
        os.close(self._to_browser)
        os.close(self._from_browser)
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, method: str, timeout: float = PATIENCE, **parameters: object) -> Any:
        number = next(self._numbers)
        command: dict[str, object] = {"id": number, "method": method, "params": parameters}
        if self._session:
            command["sessionId"] = self._session
        os.write(self._to_browser, json.dumps(command).encode() + _MESSAGE_END)
        deadline = time.monotonic() + timeout
        while (answer := self._next(deadline, method)).get("id") != number:
            continue
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']}")
        return answer["result"]

    def _next(self, deadline: float, method: str) -> dict[str, Any]:
        while _MESSAGE_END not in self._received:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self._from_browser], [], [], max(0.0, left))
            part = os.read(self._from_browser, 1 << 16) if ready else b""
            if not part:
                raise BrowserError(f"{method}: no answer from Chromium; it said:\n{self._child.text()}")
            self._received += part
        message, _, self._received = self._received.partition(_MESSAGE_END)
        read: dict[str, Any] = json.loads(message)
        return read
