"""A process with nothing but one kept-alive connection: asks for the same report at each line, and prints how long.

A plain socket, from the first byte out to the last one in: an HTTP library's own time is not the program's.

usage: python -m benchmarks.erp_caller PORT TOKEN CNPJ
"""

import json
import re
import socket
import sys
import time

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_END_OF_HEAD = b"\r\n\r\n"


def main() -> None:
    port, token, cnpj = sys.argv[1:]
    body = json.dumps({"cnpj": cnpj, "reenviar": True})
    request = (
        "POST /api/enviar-relatorio HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{port}\r\n"
        f"Authorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
    with socket.create_connection(("127.0.0.1", int(port)), 20) as line:
        while sys.stdin.readline():
            began = time.perf_counter()
            line.sendall(request)
            answer = _answer(line)
            took = time.perf_counter() - began
            if not answer.startswith(b"HTTP/1.1 200 "):
                raise SystemExit(answer.decode())
            print(json.dumps({"seconds": took}), flush=True)


def _answer(line: socket.socket) -> bytes:
    """Head and body, whole."""
    answer = b""
    while True:
        more = line.recv(65_536)
        if not more:
            raise SystemExit("the program hung up")
        answer += more
        head, found, body = answer.partition(_END_OF_HEAD)
        length = _LENGTH.search(head + b"\r\n")
        if found and length is not None and len(body) >= int(length[1]):
            return answer


if __name__ == "__main__":
    main()
