"""What the double offers besides the engine's wire: its line, its shadow package, its prompt and its control door."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.whatsapp import DoubleFailedError, WhatsAppDouble, libraries, patch_in_place
from tests.doubles.whatsapp.control import Control
from tests.doubles.whatsapp.shadow import ROOT, NotPatchableError, installed_package
from tests.harness.patience import PATIENCE
from tests.integration.whatsapp_double.conftest import Start

ROOT_OF_TREE = Path(__file__).parents[3]


@pytest.fixture
def control(double: WhatsAppDouble) -> Iterator[http.client.HTTPConnection]:
    control = Control(double)
    connection = http.client.HTTPConnection("127.0.0.1", control.start(), timeout=PATIENCE)
    yield connection
    connection.close()
    control.stop()


def ask(control: http.client.HTTPConnection, verb: str, **arguments: object) -> tuple[int, object]:
    control.request("POST", f"/control/{verb}", json.dumps(arguments))
    answer = control.getresponse()
    return answer.status, json.loads(answer.read())


def test_the_proxy_leads_to_whatsapp_and_nowhere_else(double: WhatsAppDouble) -> None:
    port = double.server.proxy.port
    for wanted in (b"CONNECT example.com:443 HTTP/1.1", b"CONNECT web.whatsapp.com:80 HTTP/1.1", b"GET / HTTP/1.1"):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
            line.sendall(wanted + b"\r\n\r\n")
            assert line.recv(100).startswith(b"HTTP/1.1 403")
    double.wait_for_event("host-refused", PATIENCE, host="example.com")


def test_the_installed_library_keeps_whatsapps_own_key(double: WhatsAppDouble) -> None:
    (installed,) = libraries(installed_package())
    shadow = Path(double.environment()["PYTHONPATH"].split(os.pathsep)[0])
    (patched,) = libraries(shadow)
    assert ROOT.public not in installed.read_bytes()
    assert ROOT.public in patched.read_bytes()
    assert (shadow / "neonize" / "client.py").resolve() == installed.parent / "client.py"


def test_a_frozen_programs_copy_is_patched_in_place(tmp_path: Path) -> None:
    (installed,) = libraries(installed_package())
    copy = tmp_path / "_internal" / "neonize" / installed.name
    copy.parent.mkdir(parents=True)
    shutil.copy2(installed, copy)
    assert libraries(tmp_path) == [copy]
    patch_in_place(copy)
    first = copy.read_bytes()
    patch_in_place(copy)
    assert copy.read_bytes() == first
    assert sum(a != b for a, b in zip(first, installed.read_bytes(), strict=True)) <= 32


def test_a_library_of_another_make_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "neonize-linux-amd64.so"
    other.write_bytes(b"\x7fELF and no key")
    with pytest.raises(NotPatchableError):
        patch_in_place(other)


def test_a_double_that_breaks_says_so_and_not_the_program() -> None:
    double = WhatsAppDouble().start()
    double.world.journal.fail("a bug of the double's own")
    with pytest.raises(DoubleFailedError, match="a bug of the double"):
        double.wait_for(lambda: None, 1)
    with pytest.raises(DoubleFailedError, match="a bug of the double"):
        double.stop()


def test_the_control_door_scans_and_shows_what_arrived(
    double: WhatsAppDouble, control: http.client.HTTPConnection, start: Start, picture: bytes
) -> None:
    engine = start()
    status, group = ask(control, "group", subject="Pela porta", members=2)
    assert status == 200
    assert ask(control, "scan", qr=engine.wait("qr")["text"]) == (
        200,
        {"result": f"{double.default_phone}:1@s.whatsapp.net"},
    )
    engine.wait("connected")
    assert isinstance(group, dict)
    engine.send_image(group["result"]["jid"], picture, "oi")
    double.wait_for_arrival(PATIENCE)
    status, received = ask(control, "received")
    assert isinstance(received, dict)
    assert [(a["text"], a["image_bytes"], len(a["read_by"])) for a in received["result"]] == [("oi", len(picture), 2)]


def test_the_control_door_says_what_is_wrong(control: http.client.HTTPConnection) -> None:
    assert ask(control, "scan", qr="nonsense") == (409, {"error": "ScanRefusedError: this is not a WhatsApp code"})
    assert ask(control, "leave", group="1@g.us") == (409, {"error": "UnknownError: no group 1@g.us"})
    assert ask(control, "dance")[0] == 404
    assert ask(control, "ban")[0] == 409


def test_by_hand_it_prints_what_to_export_and_takes_commands() -> None:
    commands = 'groups\nscan nonsense\ngroup "Mais uma" 1 pn 120363000000000002@g.us\nban soon\nscan "\nban 60\nquit\n'
    ran = subprocess.run(
        [sys.executable, "-m", "tests.doubles.whatsapp", "--group", "120363000000000001@g.us"],
        cwd=ROOT_OF_TREE,
        input=commands,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    exported = [line.split("=")[0] for line in ran.stdout.splitlines() if line.startswith("export ")]
    assert exported == ["export HTTPS_PROXY", "export NO_PROXY", "export SSL_CERT_FILE", "export PYTHONPATH"]
    for expected in (
        "# group 120363000000000001@g.us: Relatórios 1",
        "ScanRefusedError: this is not a WhatsApp code",
        '"jid": "120363000000000002@g.us"',
        "ValueError: invalid literal",
        "cannot read this line",
    ):
        assert expected in ran.stdout
