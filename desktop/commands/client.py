"""Calls the running instance of the same home, with the token of its runtime file."""

import json
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from typing import Any

from desktop.api.failure import body_of
from desktop.domain.errors import AppError, Code, ConfigError, OutcomeUnknown
from desktop.runtime import runtime_file
from desktop.runtime.paths import Home

_DEADLINE = 3700.0
"""Seconds; longer than the longest wait that can be set for a send (`door.wait_limit`)."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any

    @property
    def ok(self) -> bool:
        return self.status < HTTPStatus.BAD_REQUEST


class InstanceClient:
    """Raises ConfigError(NOT_RUNNING) where no instance runs on this home (`reason` no_permission where this user may
    not know), OutcomeUnknown(NOT_RUNNING) where it ended before it answered."""

    def __init__(self, home: Home) -> None:
        try:
            info = runtime_file.read(home.runtime_file)
        except OSError as error:
            raise ConfigError(Code.NOT_RUNNING, home=str(home.folder), reason="no_permission") from error
        if info is None:
            raise ConfigError(Code.NOT_RUNNING, home=str(home.folder))
        self._home = home
        self.info = info
        # No proxy of the environment may stand between a machine and itself.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(self, path: str) -> Answer:
        return self._call("GET", path, None)

    def post(self, path: str, body: dict[str, object]) -> Answer:
        return self._call("POST", path, body)

    def delete(self, path: str) -> Answer:
        return self._call("DELETE", path, None)

    def _call(self, method: str, path: str, body: dict[str, object] | None) -> Answer:
        request = urllib.request.Request(  # the URL is the loopback address we wrote ourselves
            self.info.url + path,
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Authorization": f"Bearer {self.info.token}", "Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=_DEADLINE) as response:
                return self._read(response.status, response)
        except urllib.error.HTTPError as error:
            with error:
                return self._read(error.code, error)
        except urllib.error.URLError as error:
            # The file of an instance that was killed stays behind.
            raise ConfigError(Code.NOT_RUNNING, home=str(self._home.folder)) from error
        except (HTTPException, OSError) as error:
            raise OutcomeUnknown(Code.NOT_RUNNING, home=str(self._home.folder)) from error

    def _read(self, status: int, response: HTTPResponse | urllib.error.HTTPError) -> Answer:
        try:
            body = json.load(response)
        except ValueError as error:
            raise ConfigError(Code.NOT_RUNNING, home=str(self._home.folder)) from error
        if status == HTTPStatus.UNAUTHORIZED:
            # Another instance has the port of one that was killed: it does not know the dead one's token.
            raise ConfigError(Code.NOT_RUNNING, home=str(self._home.folder))
        return Answer(status, body)


def print_error(error: AppError) -> None:
    """Say on stderr what happened and what to do."""
    print_failure(body_of(error))


def print_failure(body: dict[str, Any]) -> None:
    """Say on stderr what an answer says went wrong and what to do."""
    print(f"{body['mensagem']}\n{body['acao']}", file=sys.stderr)
