"""A web page in the user's own browser cannot make the running program send, nor read anything from it.

The browser is a real Chromium and the program runs on real drivers; the owner even lets programs of this machine call
without a key, so that nothing but where a call comes from stands between the page and the group.
"""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.erp import sent
from tests.e2e.hostile_site import ATTACK, HostileSite
from tests.e2e.shop import Shop
from tests.harness.browser import Browser
from tests.harness.patience import PATIENCE

EVIL = "evil.example"
ATTEMPTS = 18
REACHED_NOTHING = frozenset({"TypeError", "opaque", "error", "shown", True})
"""What a page may see: a failure without a reason, an answer it cannot read, a frame it cannot look into, a beacon
that was sent off."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser whose resolver gives this machine's address for a name of the attacker's."""
    with Browser({EVIL: "127.0.0.1", f"*.{EVIL}": "127.0.0.1"}) as browser:
        yield browser


@pytest.fixture(scope="module")
def site() -> Iterator[HostileSite]:
    with HostileSite() as site:
        yield site


@pytest.fixture
def open_shop(shop: Shop) -> Shop:
    """Programs of this machine need no key here."""
    shop.world.configure({"door.keyless_local": True})
    return shop


def port_of(shop: Shop) -> int:
    port: int = shop.world.program.runtime()["port"]
    return port


def attack(browser: Browser, shop: Shop, url: str) -> dict[str, Any]:
    """What each attempt showed to the page; every one of them came as far as the door, and was refused there."""
    before = len(log_of(shop))
    texts = {"url": url, "cnpj": shop.company.cnpj, "group": shop.company.group.jid}
    seen: dict[str, Any] = browser.run(ATTACK % {name: json.dumps(text) for name, text in texts.items()}, 120)
    assert len(seen) == ATTEMPTS
    end = time.monotonic() + PATIENCE
    # A page is told that its beacon was sent before it was.
    while len(refused_of(refusals := log_of(shop)[before:])) < ATTEMPTS:
        assert time.monotonic() < end, refusals
    assert not [line for line in refusals if re.search(r"→ [1-35]\d\d|opened", line)]
    return seen


def log_of(shop: Shop) -> list[str]:
    """The lines so far about calls and sockets."""
    mark = shop.world.program.mark()
    shop.world.erp.session()
    shop.world.program.wait_for_line("GET /api/sessoes → 200", since=mark)
    lines = shop.world.program.lines("stderr")
    return [line for line in lines if re.search(r" (→ \d|WS /)", line) and "GET /api/sessoes" not in line]


def refused_of(lines: list[str]) -> list[str]:
    return [line for line in lines if "→ 403" in line or "refused: " in line]


def nothing_was_sent(shop: Shop) -> None:
    """And it was not because the door was shut: the ERP's own call, without a key, goes through."""
    assert shop.rows() == []
    assert shop.whatsapp.received == []
    url = shop.world.program.runtime()["url"]
    answer = httpx.post(f"{url}/api/enviar-relatorio", json={"cnpj": shop.company.cnpj}, timeout=60, trust_env=False)
    sent(answer, shop.company.group.jid)
    assert len(shop.rows()) == 1


@pytest.mark.parametrize("page", [EVIL, "127.0.0.1", "localhost"])
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_page_from_elsewhere_reaches_nothing(
    open_shop: Shop, browser: Browser, site: HostileSite, page: str, name: str
) -> None:
    browser.open(f"http://{page}:{site.port}/")
    seen = attack(browser, open_shop, f"http://{name}:{port_of(open_shop)}")
    assert {what: outcome for what, outcome in seen.items() if outcome not in REACHED_NOTHING} == {}
    nothing_was_sent(open_shop)


def test_a_name_that_is_bound_anew_to_this_machine_is_refused(open_shop: Shop, browser: Browser) -> None:
    """To the browser the page and the program are one origin: only the name in Host tells them apart."""
    url = f"http://{EVIL}:{port_of(open_shop)}"
    browser.open(f"{url}/")
    seen = attack(browser, open_shop, url)
    answered = {"simple fetch", "simple fetch that reads", "preflighted fetch", "fetch with a key", "reading fetch"}
    assert {seen[what] for what in answered} == {403}
    assert {outcome for what, outcome in seen.items() if what not in answered} <= REACHED_NOTHING | {403}
    body = browser.run("fetch('/api/envios').then(answer => answer.json())")
    assert body["codigo"] == "host_recusado"
    nothing_was_sent(open_shop)
