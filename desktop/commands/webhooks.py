"""`malote webhooks`: who is told of what comes in, what could not be told, and the secret that signs it."""

import argparse
import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from desktop.commands.client import Answer, InstanceClient, print_error, print_failure
from desktop.domain.errors import AppError
from desktop.runtime.paths import Home

_STOPPED = {"410": "parado: o endereço disse que acabou", "no_address": "parado: falta webhooks.tenants_url"}
_NOTHING = {
    "webhooks": "Ninguém é avisado: nenhuma conexão tem webhook.",
    "falhas": "Nenhuma entrega foi abandonada.",
}


def webhooks(home: Home, options: argparse.Namespace) -> int:
    """List the addresses or the failures, tell again, show the secret or make another; 1 where refused, 3 where
    nothing runs."""
    if options.action == "segredo" and options.renovar:
        return _renew_secret(home, options)
    try:
        answer = _asked(InstanceClient(home), options)
    except AppError as error:
        print_error(error)
        return 3
    if not answer.ok:
        print_failure(answer.body)
        return 1
    _tell(answer.body, options)
    return 0


def _renew_secret(home: Home, options: argparse.Namespace) -> int:
    """In the keyring, where a program that runs finds it at its next delivery."""
    from desktop.adapters.secrets.entry_turns import entry_turns
    from desktop.adapters.settings_file import SettingsFile
    from desktop.app import kept_secrets
    from desktop.runtime.clock import SystemClock
    from desktop.services.webhook_secret import SigningSecret

    try:
        secrets = kept_secrets(home, SettingsFile(home.settings).load)
        home.prepare()
        secret = asyncio.run(SigningSecret(secrets, SystemClock(), entry_turns(home.signing)).renew())
    except AppError as error:
        print_error(error)
        return 1
    _tell({"segredo": secret.reveal()}, options)
    return 0


def _tell(body: Mapping[str, Any], options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps(body, ensure_ascii=False))
    else:
        _print(body)


def _asked(client: InstanceClient, options: argparse.Namespace) -> Answer:
    match options.action:
        case "falhas":
            return client.get("/api/webhooks/falhas")
        case "reenviar":
            return client.post(f"/api/webhooks/falhas/{quote(options.id, safe='')}/reenviar", {})
        case "reativar":
            return client.post("/api/webhooks/reativar", {"sessao": options.nome})
        case "segredo":
            return client.get("/api/webhooks/segredo")
        case _:
            return client.get("/api/webhooks")


def _print(body: Mapping[str, Any]) -> None:
    for what, said in _NOTHING.items():
        if body.get(what) == []:
            print(said)
    if "segredo" in body:
        print(body["segredo"])
    if trouble := body.get("impedimento"):
        print(f"{trouble['mensagem']}\n{trouble['acao']}")
    for webhook in body.get("webhooks", [body] if "contrato" in body else []):
        stopped = f"  {_STOPPED[webhook['parado']]}" if webhook["parado"] else ""
        print(f"{webhook['sessao']}  {webhook['url'] or '-'}{stopped}")
    for failure in body.get("falhas", []):
        what = f"{failure['id']}  {failure['sessao']}  {failure['evento']}  {failure['criada_em']}"
        print(f"{what}  {failure['erro']} ({failure['tentativas']} tentativas)")
