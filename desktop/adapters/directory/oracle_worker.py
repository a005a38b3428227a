"""The child process that owns python-oracledb: what hangs or crashes here takes nothing else with it.

The parent's deadline ends a child that hangs; `timeout` (seconds) in each call is what the child itself tries to keep,
so that a connection survives a call that was only slow. The password stays in this process's memory while it is needed.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import oracledb

from desktop.adapters.directory.oracle_answers import NOT_LOGGED_IN, Page, Probed, Row, Seen
from desktop.adapters.directory.oracle_dictionary import as_cell
from desktop.adapters.directory.oracle_edge import coded
from desktop.adapters.directory.oracle_errors import DEAD_SESSION, Reason, classify, code_of
from desktop.adapters.directory.oracle_probe import probe
from desktop.adapters.directory.oracle_query import (
    Query,
    as_number,
    other_forms,
    read_cnpj,
    read_text,
)
from desktop.adapters.directory.oracle_tls import Tls, context_for
from desktop.adapters.worker_child import CallError, Emit, serve
from desktop.domain.errors import Code, Fact
from desktop.domain.mapping import is_active

MOST_MATCHES: Final = 20
"""Rows that one lookup returns; more than one is already a fault of the table's."""
MOST_PAGE_ROWS: Final = 5000

_KEEPALIVE_MINUTES: Final = 2
_LOG_OFF_MS: Final = 1000
_AT_ACTIVE: Final = 3
_TIMED_OUT: Final = "DPY-4024"
_T = TypeVar("_T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Target:
    host: str
    port: int
    sid: str
    service_name: str
    user: str
    password: str = field(repr=False)
    tls: Tls | None


@dataclass(slots=True)
class _List:
    """The list that is being read: its open cursor, and the number its next page is asked with."""

    cursor: oracledb.Cursor
    page: int


class OracleWorker:
    """One connection, made once and again when it was dropped; calls come one at a time.

    Calls raise CallError with what `oracle_errors.classify` says, and `table` where that is known. The event `stage`
    has a `name`, `connecting` or `connected`: it tells the parent what a child that says nothing more hangs in.
    """

    call_threads = 1

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._target: _Target | None = None
        self._hidden: tuple[str, ...] = ()
        """What no error may tell, whatever the server puts into its sentence."""
        self._connection: oracledb.Connection | None = None
        self._numeric: dict[Query, bool] = {}
        """Whether a query's CNPJ column is a number, as this connection described it."""
        self._list: _List | None = None
        self._pages = 0
        self._busy = False

    def load_client(self, *, folder: str, timeout: float) -> str:
        """Work through Oracle's client library from now on; returns its version, such as 19.28.0.0.0.

        CallError with reason `client_broken`, and `ora` where the driver says what is wrong.
        """
        # on Linux the loader's path, which the parent has set, must find its parts, too
        try:
            oracledb.init_oracle_client(lib_dir=folder)
            version = oracledb.clientversion()
        except (oracledb.Error, OSError) as error:
            _, facts = classify(error)
            told: dict[str, Fact] = {"reason": Reason.CLIENT_BROKEN.value, "detail": str(error), "client": folder}
            raise CallError(Code.ORACLE_UNAVAILABLE, facts | told) from error
        return ".".join(map(str, version))

    def probe(
        self,
        *,
        host: str,
        port: int,
        timeout: float,
        sid: str = "",
        service_name: str = "",
        tls: Mapping[str, Any] | None = None,
    ) -> Probed:
        """Call the listener without credentials; CallError where there is no connection at all.

        `tls` holds the fields of oracle_tls.Tls; None: no TLS.
        """
        with coded():
            context = context_for(Tls(**tls), host) if tls else None
            found = probe(host, port, sid=sid, service_name=service_name, timeout=timeout, tls=context)
        return {
            "outcome": found.outcome.value,
            "tns_version": found.tns_version,
            "encryption_required": found.encryption_required,
            "ora": found.ora,
            "suits_thin_mode": found.suits_thin_mode,
        }

    def connect(
        self,
        *,
        host: str,
        port: int,
        user: str,
        password: str,
        timeout: float,
        sid: str = "",
        service_name: str = "",
        tls: Mapping[str, Any] | None = None,
    ) -> str:
        """Log in anew, once, and return the server's version. Only a login that worked is ever repeated by itself."""
        self._drop()
        self._target = None
        target = _Target(host, port, sid, service_name, user, password, Tls(**tls) if tls else None)
        self._hidden = (password,)
        with self._calling():
            version = self._log_in(target, time.monotonic() + timeout).version
        self._target = target
        return version

    def find(self, *, cnpj: str, query: Mapping[str, str], timeout: float) -> list[Row]:
        """The rows of one compacted CNPJ in whatever form the column keeps it; one retry where the line was dropped."""
        with self._calling(query):
            checked = Query.checked(query)
            return self._with_retry(lambda line, until: self._find(line, cnpj, checked, until), timeout)

    def list_page(self, *, query: Mapping[str, str], rows: int, timeout: float, page: int | None = None) -> Page:
        """Up to `rows` companies: the first ones, or with `page` = the last page's `next` those that follow.

        CallError with reason `dropped` where the list is no longer open: another was begun, or the line is new.
        """
        with self._calling(query):
            checked = Query.checked(query)
            if page is None:
                return self._with_retry(lambda line, until: self._begin_list(line, checked, rows, until), timeout)
            if self._list is None or self._list.page != page or self._connection is None:
                raise CallError(Code.ORACLE_UNAVAILABLE, {"reason": Reason.DROPPED.value})
            try:
                _give(self._connection, time.monotonic() + timeout)
                return self._next_page(self._list, rows)
            except oracledb.Error as error:
                if code_of(error) in DEAD_SESSION:
                    self._drop()
                raise

    def read(self, *, sql: str, binds: Mapping[str, object], rows: int, timeout: float) -> list[list[object]]:
        """Up to `rows` rows of a SELECT of `oracle_dictionary`, as plain values."""
        with self._calling():
            return self._with_retry(
                lambda line, until: [
                    list(map(as_cell, found)) for found in _select(line, sql, binds, until, most=rows)
                ],
                timeout,
            )

    def check(self, *, query: Mapping[str, str], timeout: float) -> Seen:
        """Look at the table as a lookup would, and count its rows if there is time."""
        with self._calling(query):
            checked = Query.checked(query)
            return self._with_retry(lambda line, until: self._check(line, checked, until), timeout)

    def close(self) -> None:
        """Break off what is running, or log off; called on the main thread."""
        connection = self._connection
        if connection is None:
            return
        try:
            if self._busy:
                connection.cancel()
            else:
                connection.call_timeout = _LOG_OFF_MS
                connection.close()
        except (oracledb.Error, OSError) as error:
            _log.info("the connection was not closed in order: %s", code_of(error) or error)

    @contextmanager
    def _calling(self, query: Mapping[str, str] | None = None) -> Iterator[None]:
        self._busy = True
        try:
            with coded(query, self._hidden):
                yield
        finally:
            self._busy = False

    def _with_retry(self, work: Callable[[oracledb.Connection, float], _T], timeout: float) -> _T:
        """Do the work over the connection there is; where that was dropped, once more over a new one."""
        until = time.monotonic() + timeout
        line = self._line(until)
        try:
            return work(line, until)
        except oracledb.Error as error:
            if code_of(error) not in DEAD_SESSION:
                raise
            self._drop()
            if time.monotonic() >= until:
                # a server that ignored our break: the driver gave the connection up itself
                raise CallError(Code.ORACLE_UNAVAILABLE, _timed_out(error)) from error
            _log.info("the connection was dropped (%s): once more over a new one", code_of(error))
        return work(self._line(until), until)

    def _line(self, until: float) -> oracledb.Connection:
        if self._connection is not None:
            return self._connection
        if self._target is None:
            raise CallError(NOT_LOGGED_IN)
        try:
            return self._log_in(self._target, until)
        except oracledb.Error as error:
            if classify(error)[0] is Code.ORACLE_CREDENTIALS:
                self._target = None  # a password that was refused is not tried again by itself
            raise

    def _log_in(self, target: _Target, until: float) -> oracledb.Connection:
        self._emit("stage", name="connecting")
        named = {"service_name": target.service_name} if target.service_name else {"sid": target.sid}
        self._connection = oracledb.connect(
            host=target.host,
            port=target.port,
            user=target.user,
            password=target.password,
            tcp_connect_timeout=max(0.1, until - time.monotonic()),
            expire_time=_KEEPALIVE_MINUTES,
            program="malote",
            **named,
            **_encryption(target),
        )
        self._emit("stage", name="connected")
        return self._connection

    def _drop(self) -> None:
        """Forget the connection and all that hung on it."""
        connection, self._connection = self._connection, None
        self._numeric.clear()
        self._list = None
        if connection is not None and connection.is_healthy():
            try:
                connection.call_timeout = _LOG_OFF_MS
                connection.close()
            except (oracledb.Error, OSError) as error:
                _log.info("the old connection was not closed in order: %s", code_of(error) or error)

    def _find(self, line: oracledb.Connection, cnpj: str, query: Query, until: float) -> list[Row]:
        if query.own:
            return [_own_row(cnpj, values) for values in _select(line, query.own, {"cnpj": cnpj}, until)]
        if self._is_numeric(line, query, until):
            number = as_number(cnpj)
            found = [] if number is None else _select(line, query.equal(), {"cnpj": number}, until)
        else:
            # bound as CHAR, so that a padded CHAR column compares equal; a VARCHAR2 column compares as it is
            found = _select(line, query.equal(), {"cnpj": cnpj}, until, cnpj=oracledb.DB_TYPE_CHAR)
            if not found:
                forms = {f"form{number}": form for number, form in enumerate(other_forms(cnpj))}
                found = _select(line, query.like(len(forms)), forms, until)
        return [row for values in found if (row := _read(values)) is not None and row["cnpj"] == cnpj]

    def _is_numeric(self, line: oracledb.Connection, query: Query, until: float) -> bool:
        if query not in self._numeric:
            _give(line, until)
            with line.cursor() as cursor:
                cursor.parse(query.all())
                self._numeric[query] = cursor.description[0].type is oracledb.DB_TYPE_NUMBER
        return self._numeric[query]

    def _begin_list(self, line: oracledb.Connection, query: Query, rows: int, until: float) -> Page:
        self._list = None
        _give(line, until)
        cursor = line.cursor()
        cursor.arraysize = cursor.prefetchrows = min(rows, MOST_PAGE_ROWS)
        cursor.execute(query.all())
        self._pages += 1
        self._list = _List(cursor, self._pages)
        return self._next_page(self._list, rows)

    def _next_page(self, listed: _List, rows: int) -> Page:
        wanted = min(rows, MOST_PAGE_ROWS)
        values = listed.cursor.fetchmany(wanted)
        read = [row for row in map(_read, values) if row is not None]
        if len(values) < wanted:
            listed.cursor.close()
            self._list = None
            return {"rows": read, "unreadable": len(values) - len(read), "next": None}
        self._pages += 1
        listed.page = self._pages
        return {"rows": read, "unreadable": len(values) - len(read), "next": listed.page}

    def _check(self, line: oracledb.Connection, query: Query, until: float) -> Seen:
        _give(line, until)
        with line.cursor() as cursor:
            cursor.parse(query.own or query.all())
            kind = None if query.own else _declared(cursor.description[0])
        if query.own and not query.own_list:
            return {"version": line.version, "companies": None, "cnpj_type": kind}
        try:
            ((companies,),) = _select(line, query.count(), {}, until)
        except oracledb.Error as error:
            if code_of(error) != _TIMED_OUT:
                raise
            companies = None
        return {"version": line.version, "companies": companies, "cnpj_type": kind}


def _declared(column: oracledb.FetchInfo) -> str:
    """Nearly as in a CREATE TABLE: CHAR(18), VARCHAR(20), NUMBER(14), DATE."""
    size = column.precision if column.precision is not None else column.display_size if column.internal_size else 0
    return column.type.name.removeprefix("DB_TYPE_") + (f"({size})" if size else "")


def _select(
    line: oracledb.Connection,
    sql: str,
    binds: Mapping[str, object],
    until: float,
    *,
    most: int = MOST_MATCHES,
    **types: oracledb.DbType,
) -> Sequence[tuple[Any, ...]]:
    _give(line, until)
    with line.cursor() as cursor:
        # one more than is taken, so that the first answer already says that there are no more
        cursor.arraysize = cursor.prefetchrows = min(most, MOST_PAGE_ROWS) + 1
        cursor.setinputsizes(**types)
        cursor.execute(sql, dict(binds))
        found: list[tuple[Any, ...]] = cursor.fetchmany(most)
        return found


def _give(line: oracledb.Connection, until: float) -> None:
    """Let the next round trips take what time is left; CallError where there is none."""
    left = until - time.monotonic()
    if left <= 0:
        raise CallError(Code.ORACLE_UNAVAILABLE, {"reason": Reason.TIMEOUT.value})
    line.call_timeout = max(1, round(left * 1000))


def _read(values: Sequence[object]) -> Row | None:
    cnpj = read_cnpj(values[0])
    if cnpj is None or (len(values) > _AT_ACTIVE and is_active(as_cell(values[_AT_ACTIVE])) is False):
        return None
    name = read_text(values[2]) if len(values) > 2 else None
    return {"cnpj": cnpj, "group": read_text(values[1]), "name": name}


def _own_row(cnpj: str, values: Sequence[object]) -> Row:
    name = read_text(values[1]) if len(values) > 1 else None
    return {"cnpj": cnpj, "group": read_text(values[0]), "name": name}


def _timed_out(error: BaseException) -> dict[str, Fact]:
    return {"reason": Reason.TIMEOUT.value, "ora": code_of(error), "driver_code": code_of(error)}


def _encryption(target: _Target) -> dict[str, Any]:
    if target.tls is None:
        return {}
    if oracledb.is_thin_mode():
        # the context checks the name itself, as the probe's does
        context = context_for(target.tls, target.host)
        return {"protocol": "tcps", "ssl_context": context, "ssl_server_dn_match": False}
    wallet = {"wallet_location": target.tls.wallet, "wallet_password": target.tls.wallet_password}
    named = {name: value for name, value in wallet.items() if value}
    return {"protocol": "tcps", "ssl_server_dn_match": target.tls.match_name, **named}


def main(arguments: Sequence[str]) -> int:
    """The worker's whole life; it ends the process itself."""
    if arguments:
        raise SystemExit(f"the worker takes no arguments: {arguments!r}")
    serve(OracleWorker)
