"""`malote status`: how the running instance stands."""

import json

from desktop.commands.client import InstanceClient, print_error, print_failure
from desktop.domain.errors import AppError
from desktop.runtime.paths import Home


def status(home: Home, *, as_json: bool) -> int:
    """Print every session's state; 1 where the instance cannot say, 3 where nothing runs."""
    try:
        client = InstanceClient(home)
        answer = client.get("/api/sessoes")
    except AppError as error:
        print_error(error)
        return 3
    if as_json:
        print(json.dumps(answer.body, ensure_ascii=False))
    elif answer.ok:
        if client.info.lan_url:
            print(f"Na rede: {client.info.lan_url}\n  Certificado (SHA-256): {client.info.fingerprint}")
        for session in answer.body["sessoes"]:
            simulated = "  SIMULAÇÃO" if session["simulacao"] else ""
            print(f"{session['nome']}: {session['texto']}{simulated}\n  {session['acao']}")
            if session["aviso"]:
                print(f"  {session['aviso']}")
    else:
        print_failure(answer.body)
    return 0 if answer.ok else 1
