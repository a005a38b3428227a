"""The double and the real engine, for each test its own."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from tests.doubles.whatsapp import WhatsAppDouble
from tests.integration.whatsapp_double.engine import Engine

Start = Callable[..., Engine]


@pytest.fixture
def double() -> Iterator[WhatsAppDouble]:
    with WhatsAppDouble(few_prekeys=True) as double:
        yield double


@pytest.fixture
def start(double: WhatsAppDouble, tmp_path: Path) -> Iterator[Start]:
    """Starts an engine; the same name again is the same computer, with its store."""
    running: list[Engine] = []

    def start(name: str = "desk") -> Engine:
        engine = Engine(double, tmp_path / f"{name}.db")
        running.append(engine)
        return engine

    yield start
    for engine in running:
        engine.kill()


@pytest.fixture
def engine(double: WhatsAppDouble, start: Start) -> Engine:
    """An engine that was linked by its QR and is connected."""
    return link(double, start())


def link(double: WhatsAppDouble, engine: Engine, phone: str | None = None) -> Engine:
    double.scan(engine.wait("qr")["text"], phone)
    engine.wait("connected")
    return engine


@dataclass(frozen=True, slots=True)
class Live:
    """One linked session for a whole module, whose tests leave it connected."""

    double: WhatsAppDouble
    engine: Engine


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with WhatsAppDouble(few_prekeys=True) as double:
        engine = Engine(double, tmp_path_factory.mktemp("live") / "desk.db")
        try:
            yield Live(double, link(double, engine))
        finally:
            engine.kill()


@pytest.fixture(scope="session")
def picture() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((640, 480), 80).save(out, "JPEG")
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Patience:
    """Two programs that are left alone for as long as the other tests take."""

    double: WhatsAppDouble
    unlinked: Engine
    linked: Engine


@pytest.fixture(scope="session")
def patience(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patience]:
    folder = tmp_path_factory.mktemp("patience")
    with WhatsAppDouble(qr_refs=2, few_prekeys=True) as double:
        unlinked, linked = Engine(double, folder / "unlinked.db"), Engine(double, folder / "linked.db")
        try:
            yield Patience(double, unlinked, link(double, linked))
        finally:
            unlinked.kill()
            linked.kill()


@pytest.fixture(scope="session", autouse=True)
def time_counts_from_the_first_test(request: pytest.FixtureRequest) -> None:
    if any(item.path.name == "test_waiting.py" for item in request.session.items):
        request.getfixturevalue("patience")
