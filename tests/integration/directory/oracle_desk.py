"""An Oracle directory as the program makes it, and how a test asks it to fail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desktop.adapters.directory.oracle import OracleDirectory
from desktop.app import worker_command
from desktop.domain.diagnosis import Step
from desktop.domain.errors import AppError
from desktop.domain.settings import OracleSource
from tests.integration.directory.oracle_companies import Keyring


class Settings:
    """The owner's choice of the moment."""

    def __init__(self, source: OracleSource) -> None:
        self.source = source

    def __call__(self) -> OracleSource:
        return self.source


class Now:
    """The wall clock, which a test may put on or back."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@asynccontextmanager
async def opened(
    settings: Settings,
    folder: Path,
    *,
    keyring: Keyring | None = None,
    fresh_for: float = 300.0,
    now: Now | None = None,
) -> AsyncIterator[OracleDirectory]:
    directory = OracleDirectory(
        settings,
        keyring or Keyring(),
        command=worker_command("oracle"),
        cache=folder / "empresas.db",
        fresh_for=fresh_for,
        now=now or Now(),
    )
    try:
        yield directory
    finally:
        await directory.close()


async def examined(directory: OracleDirectory) -> list[Step]:
    steps: list[Step] = []
    await directory.examine(steps.append)
    return steps


async def failure(answer: Awaitable[object]) -> AppError:
    with pytest.raises(AppError) as caught:
        await answer
    return caught.value
