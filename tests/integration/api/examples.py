"""What the contracts' examples are written with: a call, what it must answer, and the world that it is made in."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from desktop.domain.access import TO_SEND_AND_READ, Access
from desktop.ports import engine as said
from tests.doubles.engine import ScriptedEngine
from tests.integration.api.told import Told

Shape = Any
"""A value to be equal to; a type; a pattern for a text; a dict with exactly these keys; a list of as many; a tuple of
any of which one fits; Each."""


@dataclass(frozen=True)
class Each:
    """A list, not empty, of which every element has the shape."""

    shape: Shape


ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")
PICTURE = re.compile(r"data:image/png;base64,[0-9A-Za-z+/]+=*")
MESSAGE = re.compile(r"3EB0[0-9A-F]+")
SAID = re.compile(r"\S.*\S", re.DOTALL)
WORD = re.compile(r"connecting|qr|connected|disconnected")


def differences(value: object, shape: Shape, at: str = "") -> list[str]:
    """Where a value is not as it must be; empty where it is."""
    match shape:
        case dict():
            if not isinstance(value, dict) or value.keys() != shape.keys():
                return [f"{at}: {sorted(value) if isinstance(value, dict) else value!r}, not {sorted(shape)}"]
            return [one for key, part in shape.items() for one in differences(value[key], part, f"{at}.{key}")]
        case list():
            if not isinstance(value, list) or len(value) != len(shape):
                return [f"{at}: {value!r} has not {len(shape)} elements"]
            return [one for n, part in enumerate(shape) for one in differences(value[n], part, f"{at}[{n}]")]
        case Each(each):
            if not isinstance(value, list) or not value:
                return [f"{at}: {value!r} is no list of some"]
            return [one for n, part in enumerate(value) for one in differences(part, each, f"{at}[{n}]")]
        case tuple():
            fits = any(not differences(value, one) for one in shape)
        case re.Pattern():
            fits = isinstance(value, str) and shape.fullmatch(value) is not None
        case type():
            fits = type(value) is shape
        case _:
            fits = type(value) is type(shape) and value == shape
    return [] if fits else [f"{at}: {value!r}, not {shape!r}"]


FAILED: Mapping[str, Callable[..., Shape]] = {
    "A": lambda code, status, **more: {"status": "erro", "mensagem": SAID, "codigo": code, "acao": SAID} | more,
    "B": lambda code, status, **more: {"message": SAID, "error": code, "action": SAID} | more,
    "C": lambda code, status, **more: {"success": False, "error": SAID, "codigo": code, "acao": SAID} | more,
    "D": lambda code, status, **more: {"statusCode": status, "message": SAID, "error": code, "action": SAID} | more,
    "E": lambda code, status, **more: {"error": SAID, "code": code, "action": SAID} | more,
}
"""Each contract's failure, made of its code, its status and what it says more."""

Given = Callable[["Stage"], AbstractContextManager[Mapping[str, str]]]


@dataclass(frozen=True)
class Example:
    contract: str
    call: str
    """`POST /path`; what stands in braces, here and in `body`, is given by the stage."""
    body: object
    status: int
    answer: Shape
    given: Given | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.contract} {self.call} {self.status}"


def example(
    contract: str,
    call: str,
    body: object = None,
    *,
    answer: Shape,
    status: int = 200,
    given: Given | None = None,
    headers: Mapping[str, str] | None = None,
) -> Example:
    return Example(contract, call, body, status, answer, given, headers or {})


def fails(
    contract: str,
    call: str,
    body: object,
    status: int,
    code: str,
    *,
    given: Given | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Shape,
) -> Example:
    """An example whose answer is the contract's failure, which says `more` besides."""
    return Example(contract, call, body, status, FAILED[contract](code, status, **more), given, headers or {})


class Stage:
    """A running instance in which every contract has a connected session and a chat, for calls one after another."""

    def __init__(self, told: Told) -> None:
        self.told, self.door, self.client = told, told.door, told.client
        self.known: dict[str, str] = {}
        self._numbers = count(1)

    def ask(self, example: Example) -> httpx.Response:
        with example.given(self) if example.given else _nothing() as given:
            names = {**self.known, **given}
            method, _, path = _filled(example.call, names).partition(" ")
            body = _filled(example.body, names)
            return self.client.request(method, path, json=body, headers=dict(example.headers))

    def make(self, name: str = "", *, started: bool = True) -> tuple[dict[str, str], ScriptedEngine]:
        """One more session of contract B, with its engine."""
        name = name or f"outra-{next(self._numbers)}"
        body = {"Session_Name": name, "Company_Id": 9}
        made = self.client.post("/sessions", json=body).json()
        if started:
            self.client.post(f"/whatsapp/sessions/{made['id']}/start").raise_for_status()
        return {"id": made["id"], "name": name}, self.told.engine

    def say(self, engine: ScriptedEngine, event: said.EngineEvent) -> None:
        async def tell() -> None:
            engine.say(event)

        self.door.run(tell())

    def sender(self) -> httpx.Client:
        """A client whose key may send and read, and manages nothing."""
        name = f"lê {next(self._numbers)}"
        key = self.door.run(self.door.services.keys.create(name, Access(name="", scopes=TO_SEND_AND_READ)))
        return self.door.client(key=key.text)


@contextmanager
def _nothing() -> Iterator[Mapping[str, str]]:
    yield {}


def _filled(value: Any, names: Mapping[str, str]) -> Any:
    match value:
        case str():
            for name, text in names.items():
                value = value.replace(f"{{{name}}}", text)
            return value
        case dict():
            return {key: _filled(part, names) for key, part in value.items()}
        case list():
            return [_filled(part, names) for part in value]
        case _:
            return value
