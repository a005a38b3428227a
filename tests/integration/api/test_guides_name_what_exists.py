"""Every link, address, setting, command, code and number that the guides name is there, as they say."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.adapters.settings_file import SettingsFile
from desktop.api.contract import status_of
from desktop.api.errors import status_of as status_in_bridge
from desktop.api.gate import MAX_BODY, MAX_MEDIA_BODY
from desktop.api.protocol import DoorProtocol
from desktop.api.schemas import BatchBody, SendBody
from desktop.cli import _parser
from desktop.domain.errors import Code
from desktop.domain.settings import Settings
from tests.harness.program import ROOT
from tests.integration.api.door import Door
from tests.integration.api.test_guides import GUIDES

# What a version changed may be gone in a later one.
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")} - {ROOT / "CHANGELOG.md"})
PROGRAM = r"(?:malote|(?:python|\.venv\S+) main\.py|main\.py)"
DOOR = Settings().door


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def code_of(text: str) -> Iterator[str]:
    """What a page shows as code: each line of its blocks, and what stands between back-ticks."""
    block = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    for lines in block.findall(text):
        yield from lines.splitlines()
    yield from re.findall(r"`([^`]+)`", block.sub("", text))


def anchors(page: Path) -> set[str]:
    """What a link can point at inside a page, spelled as its headings' links are."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#?([^)]*)\)", page.read_text("utf-8")):
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), f"{target} of {named(page)}"
        assert not anchor or anchor in anchors(there), f"#{anchor} of {named(page)}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_is_understood(page: Path) -> None:
    for code in code_of(page.read_text("utf-8")):
        if typed := re.fullmatch(rf"{PROGRAM}\s+([a-z-][^#>]*?)\s*([#>].*)?", code, re.DOTALL):
            _parser().parse_args(shlex.split(typed[1]))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_setting_is_one(page: Path, tmp_path: Path) -> None:
    names = set(SettingsFile(tmp_path / "settings.json").names())
    groups = "|".join({name.partition(".")[0] for name in names})
    text = page.read_text("utf-8")
    shown = re.findall(rf"`((?:{groups})\.[a-z_.]+)`", text) + re.findall(r"config set ([a-z][a-z_.]+)", text)
    assert set(shown) - {"message.received", "message.sent", "message.ack"} <= names


def test_every_address_is_one_of_the_door_s(shared_door: Door) -> None:
    document = shared_door.get("/openapi.json").json()["paths"]
    # Where a page shows an example's value, the document has a name in braces.
    routes = [
        (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path)))
        for path in document
        for method in document[path]
    ]
    shown = {
        call
        for page in PAGES
        for code in code_of(page.read_text("utf-8"))
        for call in re.findall(r"\b(GET|POST|DELETE) (/[^\s?]+)", code)
    }
    unknown = {call for call in shown if not any(call[0] == verb and path.fullmatch(call[1]) for verb, path in routes)}
    assert unknown <= {("GET", "/openapi.json"), ("GET", "/health")}
    with shared_door.client() as client:
        assert all(client.get(path).status_code == 200 for _, path in unknown)
    assert len(shown) > 15


def test_the_codes_of_the_other_contracts_have_the_status_that_is_told() -> None:
    guide = (GUIDES / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d{3}) \| (`.+`) \|$", guide, re.MULTILINE)
    told = {code: int(status) for status, codes in rows for code in re.findall(r"`(\w+)`", codes)}
    assert told == {code.value: status_of(code) for code in Code if status_of(code) != status_in_bridge(code)}


@pytest.mark.parametrize(
    ("page", "phrase"),
    [
        ("README", f"A porta é a {DOOR.port};"),
        ("README", f"responde em até {DOOR.wait_limit:.0f} (`door.wait_limit`)"),
        ("README", f"O limite é de {MAX_BODY // 1024} KB, e o pedido tem de chegar inteiro"),
        ("README", f"inteiro em {DoorProtocol.arrives_within:.0f} segundos"),
        ("README", f"mais de {MAX_BODY // 1024} KB"),
        ("README", f"a porta da rede, {DOOR.lan_port};"),
        ("README", f"até {DOOR.requests_per_minute // 1000}.000 chamadas por minuto (`door.requests_per_minute`)"),
        ("contrato-d", f"até {MAX_MEDIA_BODY // 1_000_000} MB"),
        ("contrato-b", f"até {MAX_MEDIA_BODY * 3 // 4 // 1_000_000} MB de arquivo"),
    ],
)
def test_a_number_is_the_program_s(page: str, phrase: str) -> None:
    assert phrase in (GUIDES / f"{page}.md").read_text("utf-8")


def test_the_longest_texts_and_lists_are_told() -> None:
    guide = (GUIDES / "README.md").read_text("utf-8")
    properties = SendBody.model_json_schema()["properties"]
    for field in ("legenda", "chave"):
        [longest] = (kind["maxLength"] for kind in properties[field]["anyOf"] if "maxLength" in kind)
        assert re.search(rf"^\| `{field}` \| .+ até {longest} caracteres \|$", guide, re.MULTILINE)
    [most] = (kind["maxItems"] for kind in BatchBody.model_json_schema()["properties"]["cnpjs"]["anyOf"][:1])
    assert f"(até {most // 1000}.000)" in guide
    assert set(re.findall(r"^\| `(\w+)` \| (?!\d{3})", guide, re.MULTILINE)) >= set(properties)
