"""How long the tests wait for what comes by an event, and how they see that nobody waited for a deadline."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from unittest.mock import patch

PATIENCE: Final = 45.0
"""Seconds: nothing to a test whose event comes; a machine on which it is not enough is as good as dead."""
_SLOWER: Final = 20


@contextmanager
def meeting_no_deadline() -> Iterator[None]:
    """Inside, the running loop's clock is twenty times slower: whoever waits there for a deadline of three seconds is
    late, and a machine that has other things to do is not. AssertionError for the late."""
    loop = asyncio.get_running_loop()
    clock, began = loop.time, loop.time()
    with patch.object(loop, "time", lambda: began + (clock() - began) / _SLOWER):
        yield
    assert clock() - began < PATIENCE
