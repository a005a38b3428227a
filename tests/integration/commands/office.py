"""A home with a table of companies, today's reports and the simulator in the place of WhatsApp."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from desktop.adapters.settings_file import SettingsFile
from tests.harness.fixtures import StartProgram
from tests.harness.processes import Child
from tests.harness.program import RUNTIME_FILE, Program

MARKET = "62567108000101"
BAKERY = "11222333000181"
SILENT = "11444777000161"
"""Its group never acknowledges."""
WITHOUT_REPORT = "04252011000110"
ROWS = f"""cnpj;nome;grupo
{MARKET};Mercado São João;120363041234567890@g.us
{BAKERY};Padaria Três Irmãos;120363041234567891@g.us
{SILENT};Loja Muda;120363000000000408@g.us
{WITHOUT_REPORT};Livraria Página Um;120363041234567893@g.us
"""


@dataclass
class Office:
    home: Path
    start: StartProgram
    keyring: Mapping[str, str] = field(default_factory=dict)
    """What a program finds the user's keyring by, where there is one."""

    def settle(self, **settings: object) -> None:
        """Companies, reports and settings, as an administrator leaves them; `door__port` stands for `door.port`."""
        self.home.mkdir(parents=True, exist_ok=True)
        table = self.home / "empresas.csv"
        table.write_text(ROWS, encoding="utf-8")
        for number, cnpj in enumerate((MARKET, BAKERY, SILENT)):
            self.put_report(cnpj, number)
        usual = {
            "engine.kind": "simulator",
            "door.port": 0,
            "directory.kind": "table",
            "directory.table.path": str(table),
            "report.template": str(self.home / "relatorios" / "{cnpj}" / "RelatorioVendas.jpg"),
            "pace.minimum_gap": 0,
            "groups.policy": "allow",
            "pace.jitter": 0,
        }
        chosen = {name.replace("__", "."): value for name, value in settings.items()}
        SettingsFile(self.home / "settings.json").change({**usual, **chosen})

    def put_report(self, cnpj: str, colour: int) -> None:
        buffer = io.BytesIO()
        Image.new("RGB", (64, 48), (colour, 90, 90)).save(buffer, "JPEG")
        path = self.home / "relatorios" / cnpj / "RelatorioVendas.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(buffer.getvalue())

    def malote(self, *arguments: str, stdin: bytes | None = None, env: dict[str, str] | None = None) -> Program:
        """Run a command of the program on this home."""
        return self.start(*arguments, home=self.home, stdin=stdin, env=env)

    def ended(
        self, *arguments: str, stdin: bytes | None = None, env: Mapping[str, str] | None = None
    ) -> tuple[int, str, str]:
        """Run a command to its end; gives exit code, stdout and stderr."""
        command = self.malote(*arguments, stdin=stdin, env=dict(env or {}))
        return command.wait(60), command.text("stdout"), command.text("stderr")

    def headless(self, *, env: dict[str, str] | None = None) -> Program:
        """Start the program without a screen and wait until its door is open."""
        program = self.malote("--headless", env=env)
        program.wait_for_line("^Malote em http://127.0.0.1:")
        return program

    def link(self) -> None:
        """As it is after a link, which spares the seconds until the simulator's phone scans."""
        link = self.home / "sessions" / "simulacao-principal.json"
        if not link.exists():
            link.parent.mkdir(mode=0o700, exist_ok=True)
            link.write_text('{"simulated": true}')

    def connected(self) -> Program:
        """A headless program that was linked before."""
        self.link()
        program = self.headless()
        program.wait_for_line("Conectado ao WhatsApp")
        return program

    @property
    def runtime_file(self) -> Path:
        return self.home / RUNTIME_FILE


def json_line(command: Child) -> dict[str, object]:
    """The one line of JSON that a command printed."""
    [line] = command.lines("stdout")
    body: dict[str, object] = json.loads(line)
    return body
