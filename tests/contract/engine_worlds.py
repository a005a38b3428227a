"""Where an engine is tried: the simulator's own world, and the double of WhatsApp around the real one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol

from desktop.adapters.engines.simulator import (
    NO_ACK,
    NOT_IN_GROUP,
    REFUSED,
    RESTRICTS,
    UPLOAD_FAILS,
    SimulatorEngine,
    SimulatorPace,
)
from desktop.adapters.engines.whatsmeow_life import Limits
from desktop.ports.engine import PairingCodeShown, QrShown
from desktop.runtime.clock import SystemClock
from tests.integration.engines.desk import QUICK, Desk
from tests.integration.engines.watched import Watched


class World(Protocol):
    """Where an engine is tried: engines made here share their link, as one computer's do over restarts."""

    def engine(self) -> Watched: ...

    def hasty_engine(self) -> Watched:
        """One that waits for an acknowledgement for a few seconds at most."""
        ...

    async def scan(self, code: QrShown) -> None:
        """Somebody scans the code."""

    async def type_letters(self, letters: PairingCodeShown) -> None:
        """Somebody types them on the phone."""

    def group(self) -> str:
        """A group that the number belongs to."""
        ...

    def foreign_group(self) -> str: ...

    def refusing_group(self) -> tuple[str, int]:
        """A group to which the next message is refused, and the number of the refusal."""
        ...

    def restricting_group(self) -> str:
        """A group to which the next message shows that the number is restricted."""
        ...

    def phones(self) -> tuple[str, str]:
        """A number that has WhatsApp, and one that has not."""
        ...

    def silent_group(self) -> str:
        """A group from which the next message is not acknowledged, though it arrives."""
        ...

    def unreachable_group(self) -> str:
        """A group to which the next picture cannot be uploaded."""
        ...


class SimulatorWorld:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.watched: list[Watched] = []

    def engine(self, *, scan_after: float | None = 0.02) -> Watched:
        pace = SimulatorPace(
            scan_after=scan_after, connect_after=0.01, ack_after=0.05, delivered_after=0.02, read_after=0.04
        )
        watched = Watched(
            lambda on_event: SimulatorEngine(
                "principal", on_event, store_dir=self._folder / "sessions", clock=SystemClock(), pace=pace
            )
        )
        self.watched.append(watched)
        return watched

    def hasty_engine(self) -> Watched:
        return self.engine()

    async def scan(self, code: QrShown) -> None:
        """It does so itself."""

    async def type_letters(self, letters: PairingCodeShown) -> None:
        """It does so itself."""

    def restricting_group(self) -> str:
        return RESTRICTS

    def phones(self) -> tuple[str, str]:
        return "5511988887777", "5511988880000"

    def group(self) -> str:
        return "120363041234567890@g.us"

    def foreign_group(self) -> str:
        return NOT_IN_GROUP

    def refusing_group(self) -> tuple[str, int]:
        return next(iter(REFUSED.items()))

    def silent_group(self) -> str:
        return NO_ACK

    def unreachable_group(self) -> str:
        return UPLOAD_FAILS


class WhatsmeowWorld:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def engine(self) -> Watched:
        return self._desk.engine(limits=Limits(offline_retry=QUICK))

    def hasty_engine(self) -> Watched:
        # Long enough for the keys of a group's members on a slow disk, which are exchanged first.
        return self._desk.engine(limits=Limits(ack=10.0, offline_retry=QUICK))

    async def scan(self, code: QrShown) -> None:
        await self._desk.scan(code)

    async def type_letters(self, letters: PairingCodeShown) -> None:
        await asyncio.to_thread(self._desk.double.type_code, letters.code, letters.phone)

    def restricting_group(self) -> str:
        self._desk.double.fail_next_send(463)
        return self.group()

    def phones(self) -> tuple[str, str]:
        return self._desk.double.add_person().pn.user, "5511900000000"

    def group(self) -> str:
        return self._desk.group().jid

    def foreign_group(self) -> str:
        return self._desk.double.add_group("Outra empresa", accounts=[self._desk.double.default_phone]).jid

    def refusing_group(self) -> tuple[str, int]:
        self._desk.double.fail_next_send(420)
        return self.group(), 420

    def silent_group(self) -> str:
        self._desk.double.withhold_acks()
        return self.group()

    def unreachable_group(self) -> str:
        self._desk.double.fail_next_upload(503, times=2)
        return self.group()
