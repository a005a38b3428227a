"""The stage on which pages are tried: a window on real services."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.adapters.engines.simulator import SimulatorPace
from tests.harness.patience import PATIENCE
from tests.ui.scene import Scene
from tests.ui.stage import Stage, let_layouts_happen

SetStage = Callable[..., Stage]


class PatientBot(QtBot):
    """Its own five seconds are too few on a slow machine."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = int(PATIENCE * 1000)) -> None:
        super().waitUntil(callback, timeout=timeout)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            # The offscreen platform says so whenever a window comes forward, or a dialog or a tray icon shows.
            item.add_marker(
                pytest.mark.qt_log_ignore(
                    "does not support propagateSizeHints", "does not support raise", "systemTrayWindowChanged"
                )
            )


@pytest.fixture(autouse=True)
def settled_at_the_end() -> Iterator[None]:
    """What a test leaves to be laid out anew would be so, with Qt's remarks, while another one runs."""
    yield
    if QApplication.instance() is not None:
        let_layouts_happen()


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> QtBot:
    return PatientBot(request)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: sockets are made in it."""
    with tempfile.TemporaryDirectory(prefix="malote-") as path:
        yield Path(path)


@pytest.fixture
def scene(folder: Path) -> Iterator[Scene]:
    with Scene(folder) as scene:
        yield scene


@pytest.fixture
def set_stage(qapp: object, folder: Path) -> Iterator[SetStage]:
    """Sets a stage; what is given goes to Stage."""
    with ExitStack() as stages:

        def set_one(
            *,
            dark: bool = False,
            simulated: bool = True,
            scanned: bool = True,
            language: str = "pt_BR",
            pace: SimulatorPace | None = None,
            settings: dict[str, object] | None = None,
        ) -> Stage:
            place = folder / str(len(list(folder.iterdir())))
            place.mkdir()
            stage = Stage(
                place,
                dark=dark,
                simulated=simulated,
                scanned=scanned,
                language=language,
                pace=pace,
                settings=settings,
            )
            return stages.enter_context(stage)

        yield set_one


@pytest.fixture
def stage(set_stage: SetStage, qtbot: QtBot) -> Stage:
    """The window, connected to the simulator, in Portuguese."""
    return set_stage()
