"""Which databases an Oracle client reaches."""

import pytest

from desktop.domain.oracle_client import OracleClient


def client(version: str) -> OracleClient:
    return OracleClient(folder="/cliente", version=version)


@pytest.mark.parametrize(
    ("version", "oldest", "reaches_11g"),
    [
        ("23.26.0.0.0", "19c", False),
        ("21.13.0.0.0", "12c", True),
        ("19.28.0.0.0", "11g (11.2)", True),
        ("12.2.0.1.0", "", False),
        ("", "", False),
    ],
)
def test_its_reach_is_told(version: str, oldest: str, reaches_11g: bool) -> None:
    assert client(version).oldest_server == oldest
    assert client(version).reaches_11g is reaches_11g


def test_the_newest_that_reaches_an_old_database_is_the_best() -> None:
    versions = ["23.26.0.0.0", "19.9.0.0.0", "21.13.0.0.0", "19.28.0.0.0"]
    ranked = sorted(map(client, versions), key=lambda one: one.rank, reverse=True)
    assert [one.version for one in ranked] == ["21.13.0.0.0", "19.28.0.0.0", "19.9.0.0.0", "23.26.0.0.0"]
