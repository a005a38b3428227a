"""A world that several tests live in one after another, each with a company of its own."""

import re
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

import httpx

from desktop.domain.cnpj import Cnpj
from tests.doubles.oracle import OracleDouble
from tests.doubles.whatsapp import Arrival, WhatsAppDouble
from tests.e2e.erp import sent
from tests.e2e.world import PASSWORD, Company, World
from tests.harness.keyring_daemon import KeyringDaemon
from tests.harness.patience import PATIENCE

BUG = re.compile(r" ERROR |Traceback \(most recent call last\)")
"""What the program must not say about itself, whatever the world around it does."""


class Shop:
    """One world, the program that runs in it, and the company of the test that is running."""

    def __init__(self, world: World, keyring: KeyringDaemon) -> None:
        self.world = world
        self.keyring = keyring
        self.company: Company
        self._mark = 0

    @property
    def whatsapp(self) -> WhatsAppDouble:
        return self.world.whatsapp

    @property
    def oracle(self) -> OracleDouble:
        return self.world.oracle

    def open(self) -> None:
        """A company for the next test, and a program that runs and is connected, whatever the last test left."""
        self.company = self.world.found_company()
        if not self.world.program.running:
            self.world.connected()
        elif self.world.erp.session()["estado"] != "connected":
            self.world.program.stop()
            self.world.connected()
        self._mark = self.world.program.mark()

    def calm(self) -> None:
        """Ends every fault, and holds the program to its silence about bugs."""
        self.whatsapp.allow_login()
        self.whatsapp.accept_connections()
        self.whatsapp.answer_again()
        self.whatsapp.let_uploads_pass()
        self.whatsapp.auto_receipts = True
        self.oracle.clear_faults()
        self.oracle.config.password = PASSWORD
        self.world.settle_settings()
        self.whatsapp.forget()
        assert not [line for line in self.world.program.lines("stderr") if BUG.search(line)]

    def send(self, **body: object) -> httpx.Response:
        """The ERP asks for this test's company's report."""
        return self.world.erp.send(self.company.cnpj, **body)

    def begin(self, **body: object) -> "Future[httpx.Response]":
        return self.world.erp.begin(self.company.cnpj, **body)

    def rows(self) -> list[dict[str, Any]]:
        """The company's history, newest first."""
        return self.world.erp.history(self.company.cnpj)

    def row(self) -> dict[str, Any]:
        """The only row of the company's history."""
        [row] = self.rows()
        return row

    def arrivals(self) -> list[Arrival]:
        """The different messages that the double saw in the company's group."""
        return self.world.arrivals(self.company)

    def has_failed(self, code: str) -> None:
        """History has one failed send with this code, and nothing was seen on WhatsApp."""
        row = self.row()
        assert (row["estado"], row["codigo"]) == ("falhou", code)
        assert self.arrivals() == []

    def has_arrived(self) -> None:
        """History has one send that was read in the group, and WhatsApp saw it once."""
        self.wait_for_history("lido")
        row = self.row()
        [arrival] = self.arrivals()
        assert (row["estado"], row["codigo"], row["mensagem_id"]) == ("lido", None, arrival.message_id)
        assert arrival.image == self.company.report

    def has_an_open_outcome(self) -> None:
        """History has one send of which nobody knows whether it arrived."""
        row = self.row()
        assert (row["estado"], row["codigo"]) == ("nao_confirmado", "desfecho_desconhecido")

    def wait_for_state(self, words: str, timeout: float = PATIENCE, *, company: Company | None = None) -> None:
        """Until the terminal shows, after the test's begin, that a company's send came to a state («lido»)."""
        company = company or self.company
        # Before it was looked up, the program knows only its CNPJ.
        name = "|".join(re.escape(known) for known in (company.name, Cnpj(company.cnpj).masked))
        self.wait_for_line(f"envio [-0-9a-f]+ · (?:{name}): {words}", timeout)

    def wait_for_history(self, state: str, timeout: float = PATIENCE, *, company: Company | None = None) -> None:
        """Until a send of the company is in a state («lido»), also one that came there before anybody watched."""
        cnpj = (company or self.company).cnpj
        if state not in {row["estado"] for row in self.world.erp.history(cnpj)}:
            self.wait_for_state(state, timeout, company=company)

    def wait_for_line(self, pattern: str, timeout: float = PATIENCE) -> None:
        """Until the program prints or logs such a line, after the test's begin."""
        self.world.program.wait_for_line(pattern, timeout, since=self._mark)

    def wait_for_session(self, words: str, timeout: float = PATIENCE) -> None:
        self.wait_for_line(f"^principal: {words}", timeout)

    def restart(self, env: Mapping[str, str] | None = None) -> None:
        """Start the program again on its home, connected."""
        self.world.connected(env)
        self._mark = 0

    def still_sends(self) -> None:
        """Whatever happened, the next company's report goes out."""
        next_one = self.world.found_company()
        body = sent(self.world.erp.send(next_one.cnpj), next_one.group.jid)
        [arrival] = self.world.arrivals(next_one)
        assert (arrival.message_id, arrival.image) == (body["mensagem_id"], next_one.report)
