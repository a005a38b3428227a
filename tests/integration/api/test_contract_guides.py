"""What the pages on contracts B and D show is what works: their own lines are run against the door, in their order."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from desktop.domain.access import EVERYTHING, Access
from desktop.ports import engine as said
from tests.harness.environment import clean_environment
from tests.integration.api.door import Door
from tests.integration.api.test_guides import GUIDES, KEY, PORT, blocks, ran
from tests.integration.api.told import INCOMING

ID, PERSON = "COLE_O_ID_AQUI", "5511999999999"


class Reader:
    """Somebody who pastes a page's lines into a shell, one after the other."""

    def __init__(self, door: Door, page: str, folder: Path) -> None:
        rights = Access(name="", scopes=EVERYTHING)
        self._key = door.run(door.services.keys.create("guia", rights)).text
        self._host = door.host
        self._folder = folder
        self._page = page
        self.lines = blocks(page, "sh")
        self.id = ""

    def run(self, number: int) -> Any:
        """What the line of this number, counted from 1, answers."""
        line = self.lines[number - 1]
        assert line.startswith(f"# {number}. ")
        return json.loads(ran(["sh", "-c", f"cd '{self._folder}'\n{self._own(line)}"]))

    @contextmanager
    def listens(self, packages: Path) -> Iterator[Iterator[str]]:
        """The page's program for Node.js while it runs, line by line of what it prints; it ends with its socket."""
        [program] = blocks(self._page, "javascript")
        (packages / "guia.js").write_text(self._own(program), "utf-8")
        with subprocess.Popen(
            ["node", "guia.js"], cwd=packages, env=clean_environment(), stdout=subprocess.PIPE, text=True
        ) as running:
            assert running.stdout is not None
            try:
                yield (line.rstrip("\n") for line in running.stdout)
            finally:
                running.terminate()

    def _own(self, text: str) -> str:
        for shown, real in ((f"127.0.0.1:{PORT}", self._host), (KEY, self._key), (ID, self.id)):
            text = text.replace(shown, real)
        return text


@pytest.fixture
def door_of_people(door: Door) -> Door:
    """Every engine knows the person of the examples."""
    door.engine.accounts[PERSON] = f"{PERSON}@s.whatsapp.net"
    return door


def test_the_lines_of_contract_b(door_of_people: Door, tmp_path: Path) -> None:
    reader = Reader(door_of_people, "contrato-b", tmp_path)
    reader.id = reader.run(1)["id"]
    assert reader.run(2)["status"] == "connected"
    assert reader.run(3) == {"sessionId": reader.id, "status": "connected", "isConnected": True}
    assert reader.run(4)["result"]["to"] == f"{PERSON}@c.us"
    door_of_people.run(door_of_people.services.inbox.settled())
    assert [chat["id"] for chat in reader.run(5)["chats"]] == [f"{PERSON}@c.us"]
    assert len(reader.lines) == 5


def test_the_lines_of_contract_d(door_of_people: Door, tmp_path: Path) -> None:
    (tmp_path / "nota.pdf").write_bytes(b"%PDF-1.7 nota")
    reader = Reader(door_of_people, "contrato-d", tmp_path)
    reader.id = reader.run(1)["id"]
    assert reader.run(2)["status"] == "connected"
    assert [one["id"] for one in reader.run(3)] == [reader.id]
    assert reader.run(4)["content"] == "Olá"
    assert (reader.run(5)["content"], reader.run(5)["type"]) == ("A nota", "document")
    door_of_people.run(door_of_people.services.inbox.settled())
    assert [chat["contact"] for chat in reader.run(6)] == [f"{PERSON}@c.us"]
    assert len(reader.lines) == 6


def test_the_live_line_of_contract_b(door: Door, tmp_path: Path, node_client: Path) -> None:
    reader = Reader(door, "contrato-b", tmp_path)
    reader.id = reader.run(1)["id"]
    with reader.listens(node_client) as heard:
        assert next(heard) == "agora: disconnected"
        assert reader.run(2)["status"] == "connected"
        assert next(line for line in heard if line != "agora: connecting") == "agora: connected"
        somebody_writes(door)
        assert next(heard) == "Ana escreveu: Olá"
        door.run(door.services.sessions.remove("loja-centro"))
        assert [line for line in heard if "fechado" in line] == ["fechado: 1000 sessao_nao_encontrada"]


def test_the_live_line_of_contract_d(door: Door, tmp_path: Path, node_client: Path) -> None:
    reader = Reader(door, "contrato-d", tmp_path)
    reader.id = reader.run(1)["id"]
    with reader.listens(node_client) as heard:
        assert next(heard) == "empresa { companyId: '7' }"
        assert reader.run(2)["status"] == "connected"
        assert next(line for line in heard if line != "loja-centro connecting") == "loja-centro connected"
        somebody_writes(door)
        assert next(heard) == "Ana escreveu: Olá"


def somebody_writes(door: Door) -> None:
    """To the session that was made last."""

    async def tell() -> None:
        door.engines[-1].say(said.MessageReceived(INCOMING, backlog=False, history=False))

    door.run(tell())


@pytest.mark.parametrize("page", ["contrato-b", "contrato-d"])
def test_the_start_page_leads_to_them(page: str) -> None:
    assert f"]({page}.md)" in (GUIDES / "README.md").read_text("utf-8")
