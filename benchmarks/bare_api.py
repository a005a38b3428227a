"""What the web framework alone can do: one route that answers the same few fields, nothing before and behind it.

As ours it leaves a line of each call in a file, by the server's own log.

usage: python -m benchmarks.bare_api
"""

import json
import logging
import socket
import tempfile
from pathlib import Path

import uvicorn
from fastapi import FastAPI


def main() -> None:
    api = FastAPI()

    @api.get("/whatsapp/sessions/{name}/status")
    async def status(name: str) -> dict[str, object]:
        return {"sessionId": name, "status": "connected", "isConnected": True}

    with (
        tempfile.TemporaryDirectory(prefix="malote-bench-") as folder,
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener,
    ):
        logging.basicConfig(filename=Path(folder) / "bare.log", level=logging.INFO)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
        config = uvicorn.Config(api, http="h11", log_config=None)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
