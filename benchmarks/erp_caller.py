"""A process with nothing but one kept-alive connection: asks for the same report at each line, and prints how long.

usage: python -m benchmarks.erp_caller PORT TOKEN CNPJ
"""

import json
import sys
import time
from http.client import HTTPConnection


def main() -> None:
    port, token, cnpj = sys.argv[1:]
    connection = HTTPConnection("127.0.0.1", int(port), timeout=20)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps({"cnpj": cnpj, "reenviar": True})
    while sys.stdin.readline():
        began = time.perf_counter()
        connection.request("POST", "/api/enviar-relatorio", body, headers)
        response = connection.getresponse()
        answer = response.read()
        took = time.perf_counter() - began
        if response.status != 200:
            raise SystemExit(answer.decode())
        print(json.dumps({"seconds": took}), flush=True)


if __name__ == "__main__":
    main()
