"""How much one caller may ask of the door, so that a program gone wild leaves the others theirs."""

from collections.abc import Callable
from dataclasses import dataclass

from desktop.domain.errors import Code, Transient
from desktop.domain.settings import Door

_MINUTE = 60.0
_MOST_REMEMBERED = 1_000


@dataclass(slots=True)
class _Caller:
    left: float
    """Calls that it may make at once; a whole minute's after a minute of silence."""
    seen: float
    open: int = 0


class Limits:
    """Counts calls and open connections by the name of the key that they came with."""

    def __init__(self, door: Callable[[], Door], now: Callable[[], float]) -> None:
        self._door = door
        self._now = now
        self._callers: dict[str, _Caller] = {}

    def enter(self, name: str) -> Callable[[], None]:
        """Count a call; gives what is to be called once it is over.

        Raises Transient(TOO_MANY_REQUESTS) with the fact `seconds` where the caller should come again then.
        """
        door = self._door()
        caller = self._refilled(name, door.requests_per_minute)
        if caller.open >= door.connections_per_key:
            raise Transient(Code.TOO_MANY_REQUESTS, retry_after=1.0, seconds=1)
        if door.requests_per_minute:
            if caller.left < 1:
                wait = max(1, round((1 - caller.left) * _MINUTE / door.requests_per_minute))
                raise Transient(Code.TOO_MANY_REQUESTS, retry_after=wait, seconds=wait)
            caller.left -= 1
        caller.open += 1

        def leave() -> None:
            caller.open -= 1

        return leave

    def _refilled(self, name: str, per_minute: int) -> _Caller:
        now = self._now()
        caller = self._callers.get(name)
        if caller is None:
            self._forget_idle()
            caller = self._callers[name] = _Caller(left=per_minute, seen=now)
        caller.left = min(per_minute, caller.left + (now - caller.seen) * per_minute / _MINUTE)
        caller.seen = now
        return caller

    def _forget_idle(self) -> None:
        # Names come from keys and from tokens of a login service, which may know many people.
        if len(self._callers) >= _MOST_REMEMBERED:
            self._callers = {
                name: caller
                for name, caller in self._callers.items()
                if caller.open or self._now() - caller.seen < _MINUTE
            }
