"""A browser's own WebSocket follows a session from its QR code to the phone that scanned it.

The browser is a real Chromium, the program runs with its real engine, and the page is of the program's own origin: the
only one whose scripts are let in, and with a key alone.
"""

import base64
import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import zxingcpp
from PIL import Image

from tests.e2e.world import World
from tests.harness.browser import Browser
from tests.harness.program import Program

PHONE = "5511977770001"

_WATCH = r"""
(() => {
  const heard = [], waiting = [];
  const put = told => { heard.push(told); for (const look of waiting.splice(0)) look(); };
  const line = new WebSocket(%(url)s);
  line.onopen = () => line.send(JSON.stringify({type: 'auth', token: %(key)s}));
  line.onmessage = event => put(JSON.parse(event.data));
  line.onclose = event => put({type: 'close', data: {code: event.code, reason: event.reason}});
  window.heard = heard;
  window.hear = async (type, status) => {
    const wanted = told => told.type === type && (!status || told.data.status === status);
    while (!heard.some(wanted)) {
      const end = heard.find(told => told.type === 'close');
      if (end) throw new Error('closed: ' + JSON.stringify(end));
      await new Promise(done => waiting.push(done));
    }
    return heard.find(wanted).data;
  };
})()
"""
"""Opens the line as a page does, which can set no header; `url` and `key` are JavaScript texts."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


@pytest.fixture
def headless(bare_world: World) -> Program:
    """A headless program; the double knows the phone that will scan."""
    bare_world.whatsapp.add_account(PHONE)
    return bare_world.headless()


def watch(browser: Browser, url: str, session: str, key: str) -> None:
    """Have a page of the program's own origin open the session's line."""
    browser.open(f"{url}/health")
    wire = f"{url.replace('http', 'ws', 1)}/ws/whatsapp/{session}"
    browser.run(_WATCH % {"url": json.dumps(wire), "key": json.dumps(key)})


def hear(browser: Browser, kind: str, status: str = "") -> dict[str, Any]:
    """The data of the first message of this kind (with this status), once it was told."""
    data: dict[str, Any] = browser.run(f"hear({json.dumps(kind)}, {json.dumps(status)})", 40)
    return data


def heard(browser: Browser) -> list[tuple[str, str]]:
    """Everything that the page was told so far, in order: the kind and, where it has one, the status."""
    return [(told["type"], told["data"].get("status", "")) for told in browser.run("heard")]


def qr_text(data_url: str) -> str:
    picture = Image.open(io.BytesIO(base64.b64decode(data_url.removeprefix("data:image/png;base64,"))))
    [found] = zxingcpp.read_barcodes(picture.convert("L"))
    text: str = found.text
    return text


def ask(client: httpx.Client, method: str, path: str, **body: object) -> dict[str, Any]:
    answer = client.request(method, path, json=body or None)
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_page_s_own_websocket_sees_the_qr_code_and_the_phone_that_scanned_it(
    headless: Program, bare_world: World, browser: Browser, name: str
) -> None:
    url = f"http://{name}:{headless.runtime()['port']}"
    with bare_world.client(headless) as client:
        key = ask(client, "POST", "/api/chaves", nome="painel", permissoes=["gerenciar", "ler"])["chave"]
        session = ask(client, "POST", "/sessions", Session_Name="loja", Company_Id=1)["id"]
        watch(browser, url, session, key)
        assert hear(browser, "status") == {"sessionId": session, "status": "disconnected", "isConnected": False}

        ask(client, "POST", f"/whatsapp/sessions/{session}/start")
        bare_world.whatsapp.scan(qr_text(hear(browser, "qr")["qrCode"]), PHONE)
        assert hear(browser, "status_change", "connected")["isConnected"]
        told = heard(browser)
        assert [kind for kind, _ in told].count("status") == 1
        assert told[0] == ("status", "disconnected")
        turns = [turn for turn in told if turn in {("status_change", "qr"), ("qr", ""), ("status_change", "connected")}]
        assert turns == [("status_change", "qr"), ("qr", ""), ("status_change", "connected")]

        ask(client, "DELETE", f"/whatsapp/sessions/{session}")
        assert hear(browser, "close")["code"] == 1000
    assert headless.terminate() == 0


def test_a_page_is_told_why_its_line_was_closed(headless: Program, bare_world: World, browser: Browser) -> None:
    runtime = headless.runtime()
    with bare_world.client(headless) as client:
        session = ask(client, "POST", "/sessions", Session_Name="loja", Company_Id=1)["id"]
    watch(browser, runtime["url"], session, "malote_adivinhada")
    assert hear(browser, "close") == {"code": 1008, "reason": "chave_invalida"}
    assert heard(browser) == [("close", "")]
