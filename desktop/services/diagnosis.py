"""Whether the parts that a send needs work now."""

from collections.abc import Callable
from dataclasses import dataclass

from desktop.domain.company import DirectoryCheck
from desktop.domain.diagnosis import Step
from desktop.domain.errors import AppError
from desktop.domain.session import Session
from desktop.ports.directory import Directory
from desktop.services.sessions import Sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    directory: DirectoryCheck | AppError
    session: Session
    session_error: AppError | None

    @property
    def healthy(self) -> bool:
        return isinstance(self.directory, DirectoryCheck) and self.session_error is None


class Diagnosing:
    def __init__(self, *, directory: Directory, sessions: Sessions) -> None:
        self._directory = directory
        self._sessions = sessions

    async def directory_steps(self, told: Callable[[Step], None] = lambda _step: None) -> list[Step]:
        """Test the directory as a person follows it: `told` hears every step as soon as it ends; raises nothing."""
        steps: list[Step] = []

        def hear(step: Step) -> None:
            steps.append(step)
            told(step)

        await self._directory.examine(hear)
        return steps

    async def check(self, session_name: str) -> Diagnosis:
        """Test the directory and look at one session; failures are part of the answer."""
        directory: DirectoryCheck | AppError
        try:
            directory = await self._directory.check()
        except AppError as error:
            directory = error
        session_error = None
        try:
            self._sessions.engine(session_name)
        except AppError as error:
            session_error = error
        return Diagnosis(directory=directory, session=self._sessions.get(session_name), session_error=session_error)
