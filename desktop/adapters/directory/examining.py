"""How an examination is told: each step when it ends, and those that a failure leaves undone."""

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from desktop.domain.company import DirectoryCheck
from desktop.domain.diagnosis import Step, StepName
from desktop.domain.errors import AppError, Fact

Told = Callable[[Step], None]


class Examination:
    """One run through the steps, in their order."""

    def __init__(self, steps: Sequence[StepName], told: Told) -> None:
        self._left = list(steps)
        self._told = told
        self._begun = False

    def refuse(self, error: AppError) -> None:
        """What kept it from its first step is that step's failure; what ended it later was told already."""
        if self._begun:
            return
        first, *others = self._left
        self._told(Step.failed(first, 0.0, error))
        for undone in others:
            self._told(Step.skipped(undone))

    @contextmanager
    def step(self, name: StepName) -> Iterator[dict[str, Fact]]:
        """Put into the dict what was seen; an AppError ends the examination and goes on its way."""
        self._begun = True
        self._left.remove(name)
        seen: dict[str, Fact] = {}
        began = time.monotonic()
        try:
            yield seen
        except AppError as error:
            self._told(Step.failed(name, time.monotonic() - began, error))
            for undone in self._left:
                self._told(Step.skipped(undone))
            raise
        self._told(Step.passed(name, time.monotonic() - began, **seen))


async def examine_by(check: Callable[[], Awaitable[DirectoryCheck]], told: Told) -> None:
    """The examination of what is asked in one step: a file, or a database that a library reaches whole."""
    try:
        with Examination([StepName.TABLE], told).step(StepName.TABLE) as seen:
            found = await check()
            seen |= {"companies": found.companies, "source": found.source}
    except AppError:
        return  # told
