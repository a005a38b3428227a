"""One customer's whole world on loopback: WhatsApp, an Oracle, a keyring, reports on disk, and Malote between them."""

import io
import itertools
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from desktop.adapters.settings_file import SettingsFile
from desktop.domain.cnpj import Cnpj
from tests.doubles.oracle import OracleDouble, Table
from tests.doubles.whatsapp import Arrival, Group, WhatsAppDouble
from tests.e2e.erp import Erp
from tests.harness.fixtures import StartProgram
from tests.harness.processes import still_running
from tests.harness.program import Program

CNPJ = "62567108000101"
COMPANY = "Mercado São João"
USER = "erp"
PASSWORD = "s3gredo-do-oracle"
CAPTION = "Relatório do dia"
SETTINGS: Mapping[str, object] = {
    "door.port": 0,
    "door.wait_limit": 45,
    "directory.oracle.host": "127.0.0.1",
    "directory.oracle.service_name": "XEPDB1",
    "directory.oracle.column_name": "RAZAO",
    # Longer than the ERP waits: what is given up in a test is given up because that test has said when.
    "directory.oracle.deadline": 120,
    "engine.connect_wait": 120,
    "engine.ack_deadline": 80,
    "pace.minimum_gap": 0,
    "groups.policy": "allow",
    "pace.jitter": 0,
    "pace.hourly_cap": 1000,
}
_TYPES = {"CNPJ_CO2": "VARCHAR2(14)", "NUMERO_WHATSAPP_GRUPO": "VARCHAR2(60)", "RAZAO": "VARCHAR2(80)"}


def picture(colour: str = "seagreen") -> bytes:
    """A JPEG of about 20 kB that no other call gives again."""
    buffer = io.BytesIO()
    Image.effect_noise((320, 400), 40).convert("RGB").save(buffer, "JPEG", comment=colour.encode())
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Company:
    """A row of the Oracle table, its group on WhatsApp and the place of its report."""

    cnpj: str
    name: str
    group: Group
    report_path: Path

    @property
    def report(self) -> bytes:
        return self.report_path.read_bytes()

    def put_report(self, content: bytes) -> None:
        """As the ERP makes it: whole, and of this moment."""
        self.report_path.parent.mkdir(parents=True, exist_ok=True)
        self.report_path.write_bytes(content)


@dataclass
class World:
    whatsapp: WhatsAppDouble
    oracle: OracleDouble
    start: StartProgram
    folder: Path
    keyring: Mapping[str, str]
    companies: dict[str, Company] = field(default_factory=dict)
    running: Program | None = None
    """The headless program that was started last."""
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def home(self) -> Path:
        return self.folder / "malote"

    @property
    def env(self) -> dict[str, str]:
        return {**self.whatsapp.environment(), **self.keyring}

    @property
    def group(self) -> Group:
        return self.companies[CNPJ].group

    @property
    def report(self) -> bytes:
        return self.companies[CNPJ].report

    @property
    def report_path(self) -> Path:
        return self.companies[CNPJ].report_path

    @property
    def program(self) -> Program:
        assert self.running is not None, "no program was started"
        return self.running

    @property
    def erp(self) -> Erp:
        return Erp(self.program)

    def settle(self) -> None:
        """Group, table, report and settings, as an administrator leaves them."""
        self.found_company(CNPJ, COMPANY, subject="Vendas do Mercado", members=3)
        self.home.mkdir(parents=True, exist_ok=True)
        self.settle_settings()

    def settle_settings(self) -> None:
        """The settings of this world, whatever a test has changed."""
        template = self.folder / "relatorios" / "ERP_{cnpj}_VENDAS_COMERCIO" / "RelatorioVendas.jpg"
        self.configure(
            {**SETTINGS, "directory.oracle.port": self.oracle.port, "report.template": str(template)},
        )

    def found_company(
        self, cnpj: str | None = None, name: str | None = None, *, subject: str = "Vendas", members: int = 2
    ) -> Company:
        """One more company, with a group of new people and a report of now."""
        number = next(self._numbers)
        cnpj = cnpj or Cnpj(f"33{number:06}000100").expected.value
        folder = self.folder / "relatorios" / f"ERP_{cnpj}_VENDAS_COMERCIO"
        group = self.whatsapp.add_group(subject, members)
        company = Company(cnpj, name or f"Loja {number}", group, folder / "RelatorioVendas.jpg")
        company.put_report(picture())
        self.companies[cnpj] = company
        self._put_table()
        return company

    def _put_table(self) -> None:
        rows = [
            {"CNPJ_CO2": one.cnpj, "NUMERO_WHATSAPP_GRUPO": one.group.jid, "RAZAO": one.name}
            for one in self.companies.values()
        ]
        self.oracle.put_table("D_EMPRESAS", Table.of(_TYPES, rows))

    def configure(self, values: dict[str, object]) -> None:
        """Change settings, also those of a program that runs."""
        SettingsFile(self.home / "settings.json").change(values)

    def put_report(self, content: bytes) -> None:
        self.companies[CNPJ].put_report(content)

    def keep_password(self, password: str = PASSWORD) -> None:
        """Type the password once, as `malote config credenciais` asks for it."""
        kept = self.malote("config", "credenciais", "--usuario", USER, stdin=password.encode() + b"\n")
        assert kept.wait() == 0, kept.text()

    def malote(self, *arguments: str, stdin: bytes | None = None, env: Mapping[str, str] | None = None) -> Program:
        """Run a command of the program on this home."""
        return self.start(*arguments, home=self.home, env=self.env if env is None else env, stdin=stdin)

    def headless(self, env: Mapping[str, str] | None = None) -> Program:
        """Start the program without a screen and wait until its door is open."""
        self.running = self.malote("--headless", env=env)
        self.running.wait_for_line("^Malote em http://127.0.0.1:")
        return self.running

    def linked(self) -> Program:
        """A headless program whose QR the phone has scanned, connected."""
        program = self.headless()
        program.wait_for_line("Leia o QR code")
        self.whatsapp.scan(self.qr(program))
        program.wait_for_line("Conectado ao WhatsApp")
        return program

    def connected(self, env: Mapping[str, str] | None = None) -> Program:
        """A headless program on a home that was linked before, connected."""
        program = self.headless(env)
        program.wait_for_line("Conectado ao WhatsApp")
        return program

    def kill(self) -> None:
        """The program dies (-9), and what it started dies with it."""
        workers = self.program.descendants()
        assert workers
        self.program.kill9()
        assert not still_running(workers)

    def client(self, program: Program, **headers: str) -> httpx.Client:
        """An HTTP client with the rights of the same user's command line."""
        return Erp(program).client(headers)

    def qr(self, program: Program) -> str:
        text: str = Erp(program).session()["qr"]
        return text

    def send(self, program: Program, **body: object) -> httpx.Response:
        """What the ERP does."""
        return Erp(program).send(str(body.pop("cnpj", CNPJ)), **body)

    def history(self, program: Program) -> list[dict[str, Any]]:
        return Erp(program).history()

    def stanzas(self) -> int:
        """How many different messages the double saw: the promise is at most one per report."""
        return len({arrival.message_id for arrival in self.whatsapp.received})

    def arrivals(self, company: Company) -> list[Arrival]:
        """What the double saw in a company's group."""
        return [arrival for arrival in self.whatsapp.received if arrival.chat == company.group.jid]


def make_old(path: Path, days: int = 1) -> None:
    """Set a file's time to days ago."""
    then = time.time() - days * 86_400
    os.utime(path, (then, then))
