"""A test fails when the program logs an error that the test did not say belongs to it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import pytest


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = f"{record.name}: {record.getMessage()}"
        if record.exc_info and record.exc_info[1] is not None:
            text += f" [{record.exc_info[1]!r}]"
        self.messages.append(text)


@pytest.fixture(autouse=True)
def no_unexpected_error_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Watches the root logger for the whole test, the teardown of its other fixtures included."""
    errors = _Errors()
    root = logging.getLogger()
    root.addHandler(errors)
    yield
    root.removeHandler(errors)
    allowed = [pattern for mark in request.node.iter_markers("expects_error_log") for pattern in mark.args or (".",)]
    unexpected = [text for text in errors.messages if not any(re.search(pattern, text) for pattern in allowed)]
    if unexpected:
        pytest.fail("unexpected ERROR log:\n" + "\n".join(unexpected), pytrace=False)
