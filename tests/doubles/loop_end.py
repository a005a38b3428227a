"""How the loop that a double lives in ends: everybody is hung up on, and nothing of it is left to be found later."""

from __future__ import annotations

import asyncio


async def take_nobody_more(server: asyncio.Server) -> None:
    """Close a listening server; whoever was accepted in this moment gets their connection, which asyncio would lose."""
    loop = asyncio.get_running_loop()
    for listener in server.sockets:
        loop.remove_reader(listener)
    await asyncio.sleep(0)
    server.close()


async def hang_up_on_everybody() -> None:
    """Cancel every other task of the running loop and break all its connections, also those in the middle of a TLS
    handshake or farewell, which no task of ours knows.
    """
    loop = asyncio.get_running_loop()
    while rest := asyncio.all_tasks() - {asyncio.current_task()}:
        # Each takes its first step, and has a connection to let go of.
        await asyncio.sleep(0)
        for task in rest:
            task.cancel()
        # What they say of it is nobody's business any more.
        await asyncio.gather(*rest, return_exceptions=True)
    # A server can do this from Python 3.13 on, for connections whose handshake is over.
    for transport in list(loop._transports.values()):  # type: ignore[attr-defined]
        transport.abort()
    # The transports' turn to end.
    await asyncio.sleep(0)
