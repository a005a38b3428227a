"""`malote chave`: keys for the programs that call the local API."""

import argparse
from datetime import datetime
from urllib.parse import quote

from desktop.commands.client import Answer, InstanceClient, print_error, print_failure
from desktop.domain.errors import AppError
from desktop.runtime.paths import Home
from desktop.runtime.wording import shown_time


def keys(home: Home, options: argparse.Namespace) -> int:
    """Create (printing the key once), list or revoke; 1 where it is refused, 3 where nothing runs."""
    try:
        client = InstanceClient(home)
        match options.action:
            case "criar":
                if options.sessao and (missing := _missing(client, options.sessao)) is not None:
                    print_failure(missing.body)
                    return 1
                given = {"permissoes": options.permissao, "empresas": options.empresa, "sessoes": options.sessao}
                body = {name: values for name, values in given.items() if values}
                answer = client.post("/api/chaves", {"nome": options.nome, **body})
            case "revogar":
                answer = client.delete(f"/api/chaves/{quote(options.nome, safe='')}")
            case _:
                answer = client.get("/api/chaves")
    except AppError as error:
        print_error(error)
        return 3
    if not answer.ok:
        print_failure(answer.body)
        return 1
    if options.action == "criar":
        print(answer.body["chave"])
    elif options.action == "listar":
        for key in answer.body["chaves"]:
            rights = ", ".join(key["permissoes"])
            only = [*key["empresas"], *key["sessoes"]]
            limits = f" (só {', '.join(only)})" if only else ""
            print(f"{key['nome']}  {rights}{limits}  último uso: {_when(key['ultimo_uso'])}")
    return 0


def _missing(client: InstanceClient, names: list[str]) -> Answer | None:
    """What is said of the first session that there is none of.

    A program may be given a key for the one that it will make itself; whoever types a name has one in mind.
    """
    answers = (client.get(f"/api/sessoes/{quote(name, safe='')}") for name in names)
    return next((answer for answer in answers if not answer.ok), None)


def _when(told: str | None) -> str:
    return shown_time(datetime.fromisoformat(told)) if told else "nunca"
