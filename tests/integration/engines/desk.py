"""A computer with the whatsmeow engine on it, and the double of WhatsApp it reaches."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
from PIL import Image

from desktop.adapters.engines.whatsmeow import WhatsmeowEngine
from desktop.adapters.engines.whatsmeow_life import Limits
from desktop.adapters.restart_policy import RestartPolicy
from desktop.domain.report import ImageFormat
from desktop.ports.engine import OutgoingImage, PairingCodeShown, QrShown, WentOnline
from desktop.runtime.clock import SystemClock
from tests.doubles.whatsapp import Group, WhatsAppDouble
from tests.integration.engines.watched import Watched

COMMAND = (sys.executable, "-m", "desktop.adapters.engines.whatsmeow_worker")
QUICK = RestartPolicy(first=0.05, cap=0.2)


class Desk:
    """Engines of one name share their store: the second is the first after a restart of the program."""

    def __init__(self, double: WhatsAppDouble, folder: Path, phone: str) -> None:
        self.double = double
        self.store_dir = folder / "sessões #1 ?100%"
        self.phone = phone
        self._watched: list[Watched] = []
        double.add_account(phone)

    def engine(
        self,
        name: str = "principal",
        *,
        command: Sequence[str] = COMMAND,
        limits: Limits | None = None,
        env: dict[str, str] | None = None,
    ) -> Watched:
        environment = {**os.environ, **self.double.environment(), **(env or {})}
        watched = Watched(
            lambda on_event: WhatsmeowEngine(
                name,
                on_event,
                command=command,
                store_dir=self.store_dir,
                clock=SystemClock(),
                env=environment,
                limits=limits or Limits(offline_retry=QUICK, restart=QUICK),
            )
        )
        self._watched.append(watched)
        return watched

    async def linked(self, name: str = "principal", *, limits: Limits | None = None) -> Watched:
        """An engine that was linked by its QR and is connected."""
        watched = self.engine(name, limits=limits)
        await watched.engine.start()
        await self.scan(await watched.until(QrShown))
        await watched.until(WentOnline)
        return watched

    async def scan(self, code: QrShown, **how: Any) -> None:
        await asyncio.to_thread(self.double.scan, code.text, self.phone, **how)

    async def type_letters(self, shown: PairingCodeShown, **how: Any) -> None:
        await asyncio.to_thread(self.double.type_code, shown.code, self.phone, **how)

    def group(self, subject: str = "Relatórios", members: int = 2, **how: Any) -> Group:
        return self.double.add_group(subject, members, accounts=[self.phone], **how)

    def worker(self) -> int:
        """The process id of the one worker that is connected from here: it lives in the folder of its store."""
        children = psutil.Process().children()
        (found,) = [child.pid for child in children if Path(child.cwd()) == self.store_dir]
        return found

    async def close(self) -> None:
        await asyncio.gather(*(watched.engine.stop() for watched in self._watched))


def picture(kind: ImageFormat = ImageFormat.JPEG, caption: str = "Relatório do dia") -> OutgoingImage:
    """A report of 320 × 240 with noise on it."""
    out = io.BytesIO()
    Image.effect_noise((320, 240), 80).save(out, kind.name)
    return OutgoingImage(content=out.getvalue(), format=kind, width=320, height=240, caption=caption)
