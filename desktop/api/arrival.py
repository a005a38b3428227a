"""Waiting for what becomes of a send, also while the program closes."""

import asyncio

from desktop.domain.send import Send
from desktop.services.catalogue import Services
from desktop.services.sending import Arrival


async def arrival_of(services: Services, send: Send) -> Arrival:
    """Wait for the outcome as long as the owner lets callers wait; answers and raises as Sending.outcome.

    Where the door closes meanwhile, what has not begun is cancelled, and the caller hears how far it came: «closed, try
    again» would be the wrong thing to say of what is under way.
    """
    try:
        return await services.sending.outcome(send, within=services.settings.load().door.wait_limit)
    except asyncio.CancelledError:
        # The cancelling ends here: until Python 3.11.4 asyncio.timeout() cannot tell an earlier one from its own.
        task = asyncio.current_task()
        assert task is not None
        task.uncancel()
        return await services.sending.outcome(send, within=0.0)
