"""One whole instance behind its door, in a process of its own; only WhatsApp's engine is scripted.

Prints where it is, then at each line shows a new QR code and prints the time of it on the system's own clock.

usage: python -m benchmarks.door_desk
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from desktop.domain.access import EVERYTHING, Access
from desktop.ports import engine as said
from desktop.runtime.logs import start_logging
from tests.integration.api.door import open_door

_QR_SECONDS = 60.0


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="malote-bench-") as folder, open_door(Path(folder), online=False) as door:
        # As in the program, each call leaves its line.
        start_logging(Path(folder) / "malote.log")
        door.change({"door.requests_per_minute": 0})
        key = door.run(door.services.keys.create("bench", Access(name="", scopes=EVERYTHING)))
        profile = door.services.sessions.default().profile
        assert profile is not None
        print(json.dumps({"port": door.info.port, "key": key.text, "session": str(profile.id)}), flush=True)
        for number, _ in enumerate(sys.stdin):
            began = time.monotonic()
            door.say(said.QrShown(f"2@{number}," + "aB3/+" * 44, _QR_SECONDS))
            print(json.dumps({"at": began}), flush=True)


if __name__ == "__main__":
    main()
