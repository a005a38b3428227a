"""An error in the log fails a test that did not announce it."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]
# The inner run shares this process's root logger.
pytestmark = pytest.mark.expects_error_log

CONFTEST = 'pytest_plugins = ["tests.harness.log_guard"]'
INI = """
[pytest]
markers = expects_error_log(pattern)
asyncio_default_fixture_loop_scope = function
"""


def outcomes(pytester: pytest.Pytester, body: str) -> dict[str, int]:
    pytester.makeini(INI)
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(f"import logging, pytest\nlog = logging.getLogger('malote')\n{body}")
    return pytester.runpytest_inprocess("-p", "no:pytest-qt").parseoutcomes()


def test_an_unexpected_error_fails_the_test(pytester: pytest.Pytester) -> None:
    body = "def test_quiet(): log.warning('só um aviso')\ndef test_loud(): log.error('quebrou')"
    assert outcomes(pytester, body) == {"passed": 2, "errors": 1}


def test_an_announced_error_is_let_through_and_no_other(pytester: pytest.Pytester) -> None:
    body = """
@pytest.mark.expects_error_log
def test_any(): log.error('quebrou')

@pytest.mark.expects_error_log("quebrou")
def test_this(): log.error('quebrou')

@pytest.mark.expects_error_log("outro")
def test_other(): log.error('quebrou')
"""
    assert outcomes(pytester, body) == {"passed": 3, "errors": 1}


def test_an_error_logged_while_a_fixture_ends_counts_too(pytester: pytest.Pytester) -> None:
    body = """
@pytest.fixture
def service():
    yield
    log.error('não fechou')

def test_service(service): pass
"""
    assert outcomes(pytester, body) == {"passed": 1, "errors": 1}
