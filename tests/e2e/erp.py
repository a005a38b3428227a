"""What an ERP does with the running program, and what a person reads in its history, over the real door."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx

from tests.harness.program import Program

PATIENCE = 60.0
_ASK_AGAIN_AFTER = 20.0


class Erp:
    """The local API of one running program, with the rights of the same user's command line."""

    def __init__(self, program: Program) -> None:
        runtime = program.runtime()
        self._url: str = runtime["url"]
        self._headers = {"Authorization": f"Bearer {runtime['token']}"}

    def client(self, headers: Mapping[str, str] | None = None) -> httpx.Client:
        return httpx.Client(
            base_url=self._url, headers={**self._headers, **(headers or {})}, timeout=PATIENCE, trust_env=False
        )

    def send(self, cnpj: str, **body: object) -> httpx.Response:
        with self.client() as client:
            return client.post("/api/enviar-relatorio", json={"cnpj": cnpj, **body})

    def begin(self, cnpj: str, **body: object) -> "Future[httpx.Response]":
        """The same, while the caller goes on; the future fails where the program ends before it answers."""
        pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="erp")
        answer = pool.submit(self.send, cnpj, **body)
        pool.shutdown(wait=False)
        return answer

    def history(self, cnpj: str = "") -> list[dict[str, Any]]:
        """Newest first; of one company where it is named."""
        with self.client() as client:
            answer = client.get("/api/envios", params={"cnpj": cnpj} if cnpj else {})
        answer.raise_for_status()
        sends: list[dict[str, Any]] = answer.json()["envios"]
        return sends

    def session(self) -> dict[str, Any]:
        with self.client() as client:
            answer = client.get("/api/sessoes")
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()["sessoes"][0]
        return found

    def wait_for_session(self, fits: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The session once it fits; the program holds each question back until there is something new to say."""
        end = time.monotonic() + PATIENCE
        found = self.session()
        with self.client() as client:
            while not fits(found):
                assert time.monotonic() < end, found
                question = {"versao": found["versao"], "espera": _ASK_AGAIN_AFTER}
                answer = client.get(f"/api/sessoes/{found['nome']}", params=question)
                answer.raise_for_status()
                found = answer.json()
        return found


def refused(answer: httpx.Response, code: str, says: str, todo: str) -> None:
    """The answer is contract A's failure with this code, sentence and next step."""
    body = answer.json()
    assert (answer.status_code, body["status"], body["codigo"]) == (400, "erro", code), answer.text
    assert (body["mensagem"], body["acao"]) == (says, todo)


def sent(answer: httpx.Response, group: str, *, duplicate: bool = False) -> dict[str, Any]:
    """The answer says that WhatsApp has it in this group; gives its body."""
    body: dict[str, Any] = answer.json()
    assert answer.status_code == 200, answer.text
    assert (body["status"], body["grupo"], body["duplicado"]) == ("enviado", group, duplicate)
    return body
