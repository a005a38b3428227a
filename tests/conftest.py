"""What holds for every test: a plain UTF-8 locale, a day that does not end, Qt without a screen, no error unseen."""

from __future__ import annotations

import os
import signal
import time

import pytest
from hypothesis import HealthCheck, settings

from tests.harness.environment import zone_at_noon

pytest_plugins = ["tests.harness.fixtures", "tests.harness.log_guard"]


def pytest_configure(config: pytest.Config) -> None:
    # Before any QApplication: Qt reads both when it starts. A test that wants a screen starts the program on a display.
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["LC_ALL"] = "C.UTF-8"
    # A report of today is one of yesterday when midnight passes: not before the tests are through.
    os.environ["TZ"] = zone_at_noon()
    time.tzset()
    # A shell that starts the tests in the background has them, and all that they start, deaf to Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # How long an example takes, or is thought of, is the machine's matter.
    settings.register_profile("malote", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("malote")
