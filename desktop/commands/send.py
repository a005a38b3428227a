"""`malote enviar`: the ERP's call, from a script."""

import argparse
import json
from typing import Any

from desktop.api.failure import body_of
from desktop.commands.client import InstanceClient, print_failure
from desktop.domain.errors import AppError, Code, OutcomeUnknown
from desktop.runtime.paths import Home


def send(home: Home, options: argparse.Namespace) -> int:
    """Ask the running instance to send; 0 sent or queued, 1 not sent, 3 not running, 4 unknown."""
    ask: dict[str, object] = {"cnpj": options.cnpj, "reenviar": options.reenviar, "fila": options.fila}
    if options.legenda is not None:
        ask["legenda"] = options.legenda
    if options.chave is not None:
        ask["chave"] = options.chave
    try:
        body = InstanceClient(home).post("/api/enviar-relatorio", ask).body
    except OutcomeUnknown:
        # The program ended with the call in its hands.
        body = body_of(OutcomeUnknown(Code.OUTCOME_UNKNOWN))
    except AppError as error:
        body = body_of(error)
    _print(body, as_json=options.json)
    if body["status"] != "erro":
        return 0
    if body["codigo"] == Code.NOT_RUNNING.value:
        return 3
    return 4 if body.get("incerto") else 1


def _print(body: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(body, ensure_ascii=False))
    elif body["status"] == "erro":
        print_failure(body)
    elif body["status"] == "na_fila":
        print(f"Na fila: {body['id']}")
    else:
        name = body["empresa"] or body["cnpj"]
        mark = "SIMULAÇÃO · " if body["simulacao"] else ""
        what = f"Já tinha sido enviado hoje: {name}" if body["duplicado"] else f"Enviado: {name} → {body['grupo']}"
        print(mark + what)
