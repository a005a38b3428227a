"""A program that keeps messages for ever and says so: `python -m tests.integration.storage.keeper DATABASE`.

Each line is the first and the last number of a burst, printed once the storage said that it is kept; `ready` comes
first. Message N is in chat N modulo CHATS, and its time is N seconds after noon.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count
from pathlib import Path

from desktop.adapters.storage.opening import open_storage
from desktop.domain.message import Message
from desktop.runtime.clock import SystemClock
from tests.integration.storage.letters import SHOP, received

CHATS = 7
BURST = 50


def numbered(number: int) -> Message:
    return received(f"{number:09}", number, chat=f"5511{number % CHATS}@s.whatsapp.net")


async def keep_for_ever(path: Path) -> None:
    opened = await open_storage(path, clock=SystemClock())
    chats = await opened.messages.chats(SHOP)
    first = 1 + max((int(chat.last_message_id) for chat in chats), default=-1)
    print("ready", flush=True)
    for start in count(first, BURST):
        numbers = range(start, start + BURST)
        await opened.messages.keep([numbered(number) for number in numbers], unread=True)
        print(numbers[0], numbers[-1], flush=True)


if __name__ == "__main__":
    asyncio.run(keep_for_ever(Path(sys.argv[1])))
