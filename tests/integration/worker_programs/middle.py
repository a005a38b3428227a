"""A service as the program has one: its loop is not on the main thread, and its worker is busy with the call given.

Prints the worker's pid once the call runs, then goes on until it is killed.
"""

import asyncio
import sys
import threading

from desktop.adapters.worker import Worker


async def own_a_worker(command: list[str], method: str) -> None:
    def on_event(event: str, facts: dict[str, object]) -> None:
        print("busy", worker.pid, flush=True)

    worker = Worker(command, name="probe", on_event=on_event)
    await worker.start()
    await worker.call(method, deadline=600)


if __name__ == "__main__":
    *command, method = sys.argv[1:]
    thread = threading.Thread(target=lambda: asyncio.run(own_a_worker(command, method)))
    thread.start()
    thread.join()
