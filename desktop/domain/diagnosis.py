"""A test of a connection as a person follows it: one step after the other, each with how it went."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from desktop.domain.errors import AppError, Code, Fact


class StepName(StrEnum):
    LISTENER = "listener"
    """Calling the server without any credentials."""
    LOGIN = "login"
    TABLE = "table"
    """Looking at the companies as a lookup would."""


class StepResult(StrEnum):
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    """A step before it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    name: StepName
    result: StepResult
    code: Code | None = None
    """Why it failed."""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    """What its sentence needs: of the error, or of what was seen."""
    took: float = 0.0
    """Seconds."""

    @classmethod
    def passed(cls, name: StepName, took: float, **seen: Fact) -> "Step":
        return cls(name=name, result=StepResult.OK, facts=seen, took=took)

    @classmethod
    def failed(cls, name: StepName, took: float, error: AppError) -> "Step":
        return cls(name=name, result=StepResult.FAILED, code=error.code, facts=error.facts, took=took)

    @classmethod
    def skipped(cls, name: StepName) -> "Step":
        return cls(name=name, result=StepResult.SKIPPED)
