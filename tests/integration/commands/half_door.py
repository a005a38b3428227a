"""A door that takes calls and does not answer them, so that a command waits for as long as a test needs."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from tests.integration.commands.office import Office


@dataclass
class HalfDoor:
    """Stands before an instance, takes its calls there and back, and answers none any more after a certain answer."""

    url: str
    last: bytes
    """What that answer says."""
    over: bool
    asked: threading.Event = field(default_factory=threading.Event)
    """Set once somebody waits for what is never answered."""
    end: threading.Event = field(default_factory=threading.Event)

    def handler(self) -> type[BaseHTTPRequestHandler]:
        door = self

        class Handler(BaseHTTPRequestHandler):
            def pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if door.over:
                    door.asked.set()
                    door.end.wait()
                    return
                shown = {"Authorization": self.headers["Authorization"]}
                with httpx.Client(base_url=door.url, trust_env=False) as client:
                    answer = client.request(self.command, self.path, content=body, headers=shown)
                door.over = door.last in answer.content
                self.send_response(answer.status_code)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = pass_on

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

        return Handler


@contextmanager
def half_door(office: Office, *, last: bytes | None) -> Iterator[HalfDoor]:
    """Found by the commands in the place of the office's own door; where there is no last answer, it gives none."""
    own = office.runtime_file.read_text()
    door = HalfDoor(json.loads(own)["url"], last or b"", over=last is None)
    with ThreadingHTTPServer(("127.0.0.1", 0), door.handler()) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        office.runtime_file.write_text(json.dumps(json.loads(own) | {"url": f"http://127.0.0.1:{server.server_port}"}))
        try:
            yield door
        finally:
            office.runtime_file.write_text(own)
            door.end.set()
            server.shutdown()
            serving.join()
