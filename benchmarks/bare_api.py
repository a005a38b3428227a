"""What the web framework alone can do: one route that answers the same few fields, nothing before and behind it.

usage: python -m benchmarks.bare_api
"""

import json
import socket

import uvicorn
from fastapi import FastAPI


def main() -> None:
    api = FastAPI()

    @api.get("/whatsapp/sessions/{name}/status")
    async def status(name: str) -> dict[str, object]:
        return {"sessionId": name, "status": "connected", "isConnected": True}

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
        config = uvicorn.Config(api, http="h11", access_log=False, log_level="warning")
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
