"""`malote enviar`: the ERP's call, from a script."""

import argparse
import json
import sys

from desktop.commands.client import InstanceClient, print_error
from desktop.domain.errors import AppError, Code
from desktop.runtime.paths import Home

_UNKNOWN = frozenset({Code.OUTCOME_UNKNOWN.value, Code.TIMED_OUT.value})


def send(home: Home, options: argparse.Namespace) -> int:
    """Ask the running instance to send; 0 sent or queued, 1 not sent, 3 not running, 4 unknown."""
    body: dict[str, object] = {"cnpj": options.cnpj, "reenviar": options.reenviar, "fila": options.fila}
    if options.legenda is not None:
        body["legenda"] = options.legenda
    if options.chave is not None:
        body["chave"] = options.chave
    try:
        answer = InstanceClient(home).post("/api/enviar-relatorio", body)
    except AppError as error:
        print_error(error)
        return 3
    if options.json:
        print(json.dumps(answer.body, ensure_ascii=False))
    elif answer.ok:
        print(_success(answer.body))
    else:
        print(f"{answer.body['mensagem']}\n{answer.body['acao']}", file=sys.stderr)
    if answer.ok:
        return 0
    return 4 if answer.body["codigo"] in _UNKNOWN and "id" in answer.body else 1


def _success(body: dict[str, object]) -> str:
    if body["status"] == "na_fila":
        return f"Na fila: {body['id']}"
    name = body["empresa"] or body["cnpj"]
    return f"Já tinha sido enviado hoje: {name}" if body["duplicado"] else f"Enviado: {name} → {body['grupo']}"
