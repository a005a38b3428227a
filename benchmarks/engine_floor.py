"""A process with nothing but the engine: sends one picture for each line that it reads, and prints how long it took.

usage: python -m benchmarks.engine_floor STORE JID PICTURE WIDTH HEIGHT
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from desktop.adapters.engines.whatsmeow import WhatsmeowEngine
from desktop.app import worker_command
from desktop.domain.report import ImageFormat
from desktop.ports.engine import EngineEvent, OutgoingImage, QrShown, WentOnline
from desktop.runtime.clock import SystemClock


async def serve(store: Path, jid: str, image: OutgoingImage) -> None:
    """Tells `{"qr"}`, `{"online"}`, and `{"seconds"}` for each send, as lines of JSON."""

    def hear(event: EngineEvent) -> None:
        if isinstance(event, QrShown):
            _tell(qr=event.text)
        elif isinstance(event, WentOnline):
            _tell(online=True)

    engine = WhatsmeowEngine("floor", hear, command=worker_command("whatsmeow"), store_dir=store, clock=SystemClock())
    await engine.start()
    while await asyncio.to_thread(sys.stdin.readline):
        began = time.perf_counter()
        await engine.send(jid, image, on_id=lambda _: None)
        _tell(seconds=time.perf_counter() - began)
    await engine.stop()


def _tell(**fact: object) -> None:
    print(json.dumps(fact), flush=True)


def main() -> None:
    store, jid, picture, width, height = sys.argv[1:]
    image = OutgoingImage(
        content=Path(picture).read_bytes(),
        format=ImageFormat.JPEG,
        width=int(width),
        height=int(height),
        caption="Relatório do dia",
    )
    asyncio.run(serve(Path(store), jid, image))


if __name__ == "__main__":
    main()
