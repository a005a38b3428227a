"""`malote doctor`: what runs, how every connection stands and what to do next; `malote reset`: begin afresh."""

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

from desktop.commands.client import InstanceClient, print_error, print_failure
from desktop.commands.sessions import print_session
from desktop.domain.errors import AppError
from desktop.domain.session import SessionState
from desktop.runtime.paths import Home

_WELL = frozenset({SessionState.CONNECTED, SessionState.DEGRADED})
_BY_ITSELF = frozenset({SessionState.STARTING, SessionState.DISCONNECTED})


def doctor(home: Home, *, as_json: bool) -> int:
    """Say how everything stands; 1 where a person should do something, 3 where nothing runs."""
    try:
        client = InstanceClient(home)
        answers = [client.get(path) for path in ("/api/sessoes", "/api/webhooks", "/api/webhooks/falhas")]
    except AppError as error:
        if as_json:
            print(json.dumps({"rodando": False}))
        print_error(error)
        return 3
    for answer in answers:
        if not answer.ok:
            print_failure(answer.body)
            return 1
    found = _found(client, *(answer.body for answer in answers))
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        _print(found)
    return 1 if found["fazer"] else 0


def reset(home: Home, options: argparse.Namespace) -> int:
    """Drop every connection and begin afresh; links are kept unless they are to go, too."""
    if options.desvincular and not _sure(options):
        return 1
    try:
        answer = InstanceClient(home).post("/api/sessoes/limpar", {"desvincular": options.desvincular})
    except AppError as error:
        print_error(error)
        return 3
    if not answer.ok:
        print_failure(answer.body)
        return 1
    for session in answer.body["sessoes"]:
        print_session(session)
    return 0


def _found(
    client: InstanceClient, sessions: Mapping[str, Any], webhooks: Mapping[str, Any], dead: Mapping[str, Any]
) -> dict[str, Any]:
    info = client.info
    return {
        "rodando": True,
        "versao": info.version,
        "endereco": info.url,
        "processo": info.pid,
        "sessoes": sessions["sessoes"],
        "webhooks": webhooks["webhooks"],
        "falhas": len(dead["falhas"]),
        "fazer": [*_of_sessions(sessions), *_of_webhooks(webhooks, dead)],
    }


def _of_sessions(body: Mapping[str, Any]) -> list[str]:
    todo = []
    for session in body["sessoes"]:
        name, state = session["nome"], SessionState(session["estado"])
        if state not in _WELL | _BY_ITSELF:
            todo.append(f"{name}: {session['acao']} No terminal: malote sessoes conectar {name}")
        if session["aviso"]:
            todo.append(f"{name}: {session['aviso']}")
    return todo


def _of_webhooks(body: Mapping[str, Any], dead: Mapping[str, Any]) -> list[str]:
    trouble = body["impedimento"]
    todo = [f"{trouble['mensagem']} {trouble['acao']}"] if trouble else []
    for webhook in body["webhooks"]:
        if webhook["parado"] == "410":
            name = webhook["sessao"]
            todo.append(f"{name}: {webhook['url']} disse que acabou. Para voltar: malote webhooks reativar {name}")
        elif webhook["parado"]:
            todo.append(f"{webhook['sessao']}: diga quem é avisado: malote config set webhooks.tenants_url ENDEREÇO")
    if dead["falhas"]:
        todo.append(f"{len(dead['falhas'])} avisos não foram entregues. Veja: malote webhooks falhas")
    return todo


def _print(found: Mapping[str, Any]) -> None:
    print(f"Malote {found['versao']} em {found['endereco']} (processo {found['processo']})")
    for session in found["sessoes"]:
        print_session(session)
    if found["fazer"]:
        print("\nO que fazer:")
        for step in found["fazer"]:
            print(f"  - {step}")
    else:
        print("\nNada a fazer.")


def _sure(options: argparse.Namespace) -> bool:
    if options.sim:
        return True
    if not sys.stdin.isatty():
        print("Nada foi desvinculado: não há quem responda aqui.\nPara não perguntar, use --sim.", file=sys.stderr)
        return False
    return input("Desvincular todos os números? [s/N] ").strip().casefold() in {"s", "sim"}
