"""One company's whole world on loopback: WhatsApp, an Oracle, a keyring, a report on disk, and Malote between them."""

import io
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from desktop.adapters.settings_file import SettingsFile
from PIL import Image

from tests.doubles.oracle import OracleDouble, Table
from tests.doubles.whatsapp import WhatsAppDouble
from tests.harness.fixtures import StartProgram
from tests.harness.program import Program

CNPJ = "62567108000101"
COMPANY = "Mercado São João"
ELSEWHERE = "11222333000181"
"""A company whose group the number does not belong to."""
PASSWORD = "s3gredo-do-oracle"
CAPTION = "Relatório do dia"


def picture(colour: str = "seagreen") -> bytes:
    """A JPEG of about 20 kB that no other colour equals."""
    buffer = io.BytesIO()
    Image.effect_noise((320, 400), 40).convert("RGB").save(buffer, "JPEG", comment=colour.encode())
    return buffer.getvalue()


@dataclass
class World:
    whatsapp: WhatsAppDouble
    oracle: OracleDouble
    start: StartProgram
    folder: Path
    keyring: Mapping[str, str]
    group: Any = None
    report: bytes = b""
    programs: list[Program] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.folder / "malote"

    @property
    def report_path(self) -> Path:
        return self.folder / "relatorios" / f"ERP_{CNPJ}_VENDAS_COMERCIO" / "RelatorioVendas.jpg"

    @property
    def env(self) -> dict[str, str]:
        return {**self.whatsapp.environment(), **self.keyring}

    def settle(self) -> None:
        """Group, table, report and settings, as an administrator leaves them."""
        self.group = self.whatsapp.add_group("Vendas do Mercado", members=3)
        rows = [
            {"CNPJ_CO2": CNPJ, "NUMERO_WHATSAPP_GRUPO": self.group.jid, "RAZAO": COMPANY},
            {"CNPJ_CO2": ELSEWHERE, "NUMERO_WHATSAPP_GRUPO": "120363000000000001@g.us", "RAZAO": "Loja de fora"},
        ]
        types = {"CNPJ_CO2": "VARCHAR2(14)", "NUMERO_WHATSAPP_GRUPO": "VARCHAR2(60)", "RAZAO": "VARCHAR2(80)"}
        self.oracle.put_table("D_EMPRESAS", Table.of(types, rows))
        self.put_report(picture())
        self.home.mkdir(parents=True, exist_ok=True)
        self.configure(
            {
                "door.port": "0",
                "door.wait_limit": 20,
                "directory.oracle.host": "127.0.0.1",
                "directory.oracle.port": self.oracle.port,
                "directory.oracle.service_name": "XEPDB1",
                "directory.oracle.column_name": "RAZAO",
                "report.template": str(self.report_path).replace(CNPJ, "{cnpj}"),
                "pace.minimum_gap": 0,
                "pace.jitter": 0,
            }
        )

    def configure(self, values: dict[str, object]) -> None:
        SettingsFile(self.home / "settings.json").change(values)

    def put_report(self, content: bytes) -> None:
        self.report = content
        self.report_path.parent.mkdir(parents=True, exist_ok=True)
        self.report_path.write_bytes(content)

    def keep_password(self, password: str = PASSWORD) -> None:
        """Type the password once, as `malote config credenciais` asks for it."""
        kept = self.malote("config", "credenciais", "--usuario", "erp", stdin=password.encode() + b"\n")
        assert kept.wait() == 0, kept.text()

    def malote(self, *arguments: str, stdin: bytes | None = None) -> Program:
        """Run a command of the program on this home."""
        return self.start(*arguments, home=self.home, env=self.env, stdin=stdin)

    def headless(self) -> Program:
        """Start the program without a screen and wait until its door is open."""
        program = self.malote("--headless")
        program.wait_for_line("^Malote em http://127.0.0.1:")
        self.programs.append(program)
        return program

    def linked(self) -> Program:
        """A headless program whose QR the phone has scanned, connected."""
        program = self.headless()
        program.wait_for_line("Leia o QR code")
        self.whatsapp.scan(self.qr(program))
        program.wait_for_line("Conectado ao WhatsApp")
        return program

    def client(self, program: Program, **headers: str) -> httpx.Client:
        """An HTTP client with the rights of the same user's command line."""
        runtime = program.runtime()
        auth = {"Authorization": f"Bearer {runtime['token']}"}
        return httpx.Client(base_url=runtime["url"], headers={**auth, **headers}, timeout=60, trust_env=False)

    def qr(self, program: Program) -> str:
        with self.client(program) as client:
            text: str = client.get("/api/sessoes").json()["sessoes"][0]["qr"]
        return text

    def send(self, program: Program, **body: object) -> httpx.Response:
        """What the ERP does."""
        with self.client(program) as client:
            return client.post("/api/enviar-relatorio", json={"cnpj": CNPJ, **body})

    def history(self, program: Program) -> list[dict[str, Any]]:
        with self.client(program) as client:
            sends: list[dict[str, Any]] = client.get("/api/envios").json()["envios"]
        return sends

    def stanzas(self) -> int:
        """How many different messages the double saw: the promise is at most one per report."""
        return len({arrival.message_id for arrival in self.whatsapp.received})


def make_old(path: Path, days: int = 1) -> None:
    """Set a file's time to days ago."""
    then = time.time() - days * 86_400
    os.utime(path, (then, then))
