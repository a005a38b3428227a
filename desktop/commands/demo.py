"""`malote demo`: the main job on the simulator, with companies and a report that ship with the program."""

import json
import os
import shutil
import sys
import threading
from pathlib import Path

from desktop.adapters.settings_file import SettingsFile
from desktop.commands.client import InstanceClient, print_error
from desktop.domain.errors import AppError
from desktop.domain.session import SessionState
from desktop.runtime.logs import start_logging
from desktop.runtime.loop import ServiceThread
from desktop.runtime.paths import Home
from desktop.runtime.resources import resource
from desktop.services.catalogue import Services

_CNPJ = "62567108000101"
_WITHOUT_REPORT = "04252011000110"
_READY_WITHIN = 30.0


def demo(home_folder: Path | None) -> int:
    """Open the window where there is a screen, else send once over HTTP and show it; 0 where it arrived."""
    home = Home(home_folder.expanduser().absolute()) if home_folder else _demo_home()
    on_screen = _has_screen()
    try:
        prepare(home)
    except AppError as error:
        if on_screen:
            from desktop.commands.tray import cannot_start

            return cannot_start(error)
        print_error(error)
        return 5
    if on_screen:
        from desktop.commands.tray import run_tray

        return run_tray(home, open_window=True)
    return _send_once(home)


def prepare(home: Home) -> None:
    """Settings, companies and today's reports of the demonstration, made afresh in its home.

    Raises what Home.prepare and SettingsFile.change raise.
    """
    home.prepare()
    reports = home.folder / "relatorios"
    for line in resource("demo/empresas.csv").read_text("utf-8").splitlines()[1:]:
        cnpj = line.partition(";")[0]
        if cnpj != _WITHOUT_REPORT:
            folder = reports / f"ERP_{cnpj}_VENDAS_COMERCIO"
            folder.mkdir(parents=True, exist_ok=True)
            # copyfile leaves the time of the copy, so the report is of today.
            shutil.copyfile(resource("demo/RelatorioVendas.jpg"), folder / "RelatorioVendas.jpg")
    SettingsFile(home.settings).change(
        {
            "engine.kind": "simulator",
            "groups.policy": "allow",
            "directory.kind": "table",
            "directory.table.path": str(resource("demo/empresas.csv")),
            "report.template": str(reports / "ERP_{cnpj}_VENDAS_COMERCIO" / "RelatorioVendas.jpg"),
        }
    )


def _demo_home() -> Home:
    from platformdirs import user_cache_path

    return Home(user_cache_path("Malote", appauthor=False) / "demo")


def _has_screen() -> bool:
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _send_once(home: Home) -> int:
    from desktop.app import serve

    start_logging(home.log)
    connected = threading.Event()

    def ready(services: Services) -> None:
        def look(_: object = None) -> None:
            if any(session.state is SessionState.CONNECTED for session in services.sessions.all()):
                connected.set()

        services.bus.subscribe(look)
        look()

    thread = ServiceThread()
    finished = thread.start(lambda stop: serve(home, ready, stop))
    finished.add_done_callback(lambda _: connected.set())
    try:
        connected.wait(_READY_WITHIN)
        if not finished.done():
            return _show(InstanceClient(home))
    except AppError as error:
        print_error(error)
    finally:
        thread.stop()
    try:
        finished.result()
    except AppError as error:
        print_error(error)
    return 5


def _show(client: InstanceClient) -> int:
    # Sent again on purpose: a second demonstration on the same day shall show the same.
    body: dict[str, object] = {"cnpj": _CNPJ, "reenviar": True}
    print("SIMULAÇÃO: nenhum WhatsApp de verdade recebe isto.\n")
    print("POST /api/enviar-relatorio", json.dumps(body))
    answer = client.post("/api/enviar-relatorio", body)
    print(answer.status, json.dumps(answer.body, ensure_ascii=False), "\n")
    if not answer.ok:
        return 1
    print("GET /api/envios/" + answer.body["id"])
    history = client.get("/api/envios/" + answer.body["id"])
    print(history.status, json.dumps(history.body, ensure_ascii=False))
    return 0 if history.ok else 1
