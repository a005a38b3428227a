"""What the errors of SQLAlchemy and of the databases behind it mean; the one place that knows them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from sqlalchemy import exc

from desktop.domain.errors import AppError, Code, Fact, NeedsHuman, Transient

# PostgreSQL's SQLSTATE, MySQL's and SQL Server's numbers, Firebird's gdscode, as text.
MEANINGS: Final[Mapping[str, str]] = {
    "28P01": "credentials",
    "28000": "credentials",
    "1045": "credentials",
    "1698": "credentials",
    "18452": "credentials",
    "18456": "credentials",
    "335544472": "credentials",
    "3D000": "database_unknown",
    "1049": "database_unknown",
    "4060": "database_unknown",
    "42501": "no_rights",
    "1142": "no_rights",
    "1143": "no_rights",
    "229": "no_rights",
    "335544352": "no_rights",
    "42P01": "table_not_found",
    "1146": "table_not_found",
    "208": "table_not_found",
    "57014": "timeout",
    "3024": "timeout",
}
_FOR_A_PERSON: Final = frozenset(
    {"database_unknown", "no_rights", "table_not_found", "column_not_found", "driver_missing", "duplicate"}
)
_LONGEST: Final = 300


def unavailable(reason: str, **facts: Fact) -> AppError:
    """DIRECTORY_UNAVAILABLE: NeedsHuman where trying again changes nothing."""
    if reason in _FOR_A_PERSON:
        return NeedsHuman(Code.DIRECTORY_UNAVAILABLE, reason=reason, **facts)
    return Transient(Code.DIRECTORY_UNAVAILABLE, retry_after=None, reason=reason, **facts)


@contextmanager
def sql_errors(*hidden: str) -> Iterator[None]:
    """Turn what a database raises into our words; `hidden` are texts that no error may tell."""
    try:
        yield
    except (exc.NoSuchModuleError, ModuleNotFoundError) as error:
        # "Can't load plugin: sqlalchemy.dialects:firebird", "No module named 'pg8000'"
        raise unavailable("driver_missing", driver=_told(str(error), hidden)) from error
    except exc.ArgumentError as error:
        raise unavailable("driver_missing", driver="URL") from error
    except exc.NoSuchTableError as error:
        raise unavailable("table_not_found", table=str(error)) from error
    except exc.DBAPIError as error:
        raise _database_error(error, hidden) from error
    except exc.TimeoutError as error:  # of the pool
        raise unavailable("timeout") from error
    except OSError as error:  # some drivers let the network's own errors through
        raise unavailable("unreachable", detail=_told(str(error), hidden)) from error


def _database_error(error: exc.DBAPIError, hidden: tuple[str, ...]) -> AppError:
    meaning = next((MEANINGS[code] for code in _codes(error.orig) if code in MEANINGS), "")
    detail = _told(str(error.orig), hidden)
    if meaning == "credentials":
        return NeedsHuman(Code.DIRECTORY_CREDENTIALS, reason="wrong")
    if meaning:
        return unavailable(meaning, detail=detail)
    if isinstance(error, exc.OperationalError | exc.InterfaceError) or error.connection_invalidated:
        return unavailable("unreachable", detail=detail)
    return unavailable("other", detail=detail)


def _codes(error: BaseException | None) -> Iterator[str]:
    """Every code that a driver put into its error: an attribute, the first argument, or a field of it."""
    if error is None:
        return
    for name in ("sqlstate", "pgcode", "number"):
        if code := getattr(error, name, None):
            yield str(code)
    yield from (str(code) for code in getattr(error, "gds_codes", ()) or ())
    for argument in error.args[:1]:
        if isinstance(argument, dict):
            yield str(argument.get("C", ""))
        elif isinstance(argument, tuple):
            yield from (str(part) for part in argument[:1])
        else:
            yield str(argument)
    yield from _codes(error.__cause__)


def _told(text: str, hidden: tuple[str, ...]) -> str:
    for secret in filter(None, hidden):
        text = text.replace(secret, "***")
    return " ".join(text.split())[:_LONGEST]
