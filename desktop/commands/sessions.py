"""`malote sessoes`: the WhatsApp numbers of a running instance, made, linked and ended from a terminal."""

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from desktop.commands.client import Answer, InstanceClient, print_error, print_failure
from desktop.commands.terminal import print_code, print_qr
from desktop.domain.errors import AppError
from desktop.domain.session import SessionState
from desktop.runtime.paths import Home

_GOES_ON = frozenset({SessionState.STARTING, SessionState.QR, SessionState.PAIRING_CODE, SessionState.DISCONNECTED})
_CONNECTED = frozenset({SessionState.CONNECTED, SessionState.DEGRADED})
_WAIT = 25
"""Seconds that the instance holds a question back; it is asked again for as long as it takes."""


def sessions(home: Home, options: argparse.Namespace) -> int:
    """List the sessions or do one thing to one of them; 1 where it is refused, 3 where nothing runs."""
    try:
        client = InstanceClient(home)
        if options.action == "conectar":
            return _connect(client, options)
        if options.action == "remover" and not _sure(options):
            return 1
        answer = _asked(client, options)
    except AppError as error:
        print_error(error)
        return 3
    if not answer.ok:
        print_failure(answer.body)
        return 1
    _print(answer.body, options)
    return 0


def _asked(client: InstanceClient, options: argparse.Namespace) -> Answer:
    match options.action:
        case None:
            return client.get("/api/sessoes")
        case "adicionar":
            return client.post(
                "/api/sessoes",
                {"nome": options.nome, "empresa": options.empresa, "guarda_mensagens": options.guardar_mensagens},
            )
        case "limpar-tudo":
            return client.post("/api/sessoes/limpar", {"desvincular": options.desvincular})
        case "remover":
            return client.delete(_path(options.nome))
        case "renomear":
            return client.post(f"{_path(options.nome)}/renomear", {"nome": options.novo})
        case "empresa":
            return client.post(f"{_path(options.nome)}/empresa", {"empresa": options.cnpj})
        case "mensagens":
            return client.post(f"{_path(options.nome)}/mensagens", {"guardar": options.desejo == "guardar"})
        case action:
            return client.post(f"{_path(options.nome)}/{action}", {})


def _connect(client: InstanceClient, options: argparse.Namespace) -> int:
    """Show codes as they come, until the session is connected (0) or waits for a person (1)."""
    path = _path(options.nome)
    try:
        if options.telefone or options.trocar_numero:
            wish = {"telefone": options.telefone, "substituir": options.trocar_numero}
            answer = client.post(f"{path}/vincular", wish)
        else:
            answer = client.post(f"{path}/iniciar", {})
        while answer.ok:
            session = answer.body
            _show(session)
            if session["estado"] not in _GOES_ON:
                return 0 if session["estado"] in _CONNECTED else 1
            answer = _next(client, path, session["versao"])
    except KeyboardInterrupt:
        # The session goes on; only the watching ends.
        return 1
    print_failure(answer.body)
    return 1


def _next(client: InstanceClient, path: str, version: int) -> Answer:
    """The session once it has changed, or why it cannot be told any more."""
    while True:
        answer = client.get(f"{path}?versao={version}&espera={_WAIT}")
        if not answer.ok or answer.body["versao"] != version:
            return answer


def _show(session: Mapping[str, Any]) -> None:
    if session["qr"]:
        print_qr(session["qr"], sys.stdout)
    print(_state(session))
    if session["codigo"]:
        print_code(session["codigo"], sys.stdout)
    print(f"  {session['acao']}", flush=True)


def _print(body: Mapping[str, Any], options: argparse.Namespace) -> None:
    if options.action is None and options.json:
        print(json.dumps(body, ensure_ascii=False))
    elif "sessoes" in body:
        for session in body["sessoes"]:
            print_session(session)
    elif options.action != "remover":
        print_session(body)


def print_session(session: Mapping[str, Any]) -> None:
    """Its state, whose it is, what to do next, and what to be warned of."""
    print(_state(session))
    account = " ".join(part for part in (session["telefone"] and f"+{session['telefone']}", session["conta"]) if part)
    company = session["empresa"] and f"empresa {session['empresa']}"
    keeps = session["guarda_mensagens"] and "guarda as mensagens recebidas"
    if facts := " · ".join(part for part in (account, company, keeps) if part):
        print(f"  {facts}")
    print(f"  {session['acao']}")
    if session["aviso"]:
        print(f"  {session['aviso']}")


def _state(session: Mapping[str, Any]) -> str:
    default = " (padrão)" if session["padrao"] else ""
    simulated = "  SIMULAÇÃO" if session["simulacao"] else ""
    return f"{session['nome']}{default}: {session['texto']}{simulated}"


def _sure(options: argparse.Namespace) -> bool:
    if options.sim or not sys.stdin.isatty():
        return True
    return input(f"Remover {options.nome} e as mensagens guardadas? [s/N] ").strip().casefold() in {"s", "sim"}


def _path(name: str) -> str:
    return f"/api/sessoes/{quote(name, safe='')}"
