"""The edge at which everything that the driver and the network raise becomes a CallError."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import oracledb

from desktop.adapters.directory.oracle_errors import Reason, classify
from desktop.adapters.directory.oracle_query import NameNotAllowedError
from desktop.adapters.directory.oracle_tls import WalletError
from desktop.adapters.worker_child import CallError
from desktop.domain.errors import Code


@contextmanager
def coded(query: Mapping[str, str] | None = None, hidden: Sequence[str] = ()) -> Iterator[None]:
    """Turn what the driver and the network raise into a CallError; anything else is a bug and stays one."""
    try:
        yield
    except NameNotAllowedError as error:
        if error.of_table:
            raise CallError(
                Code.ORACLE_UNAVAILABLE, {"reason": Reason.TABLE_NOT_FOUND.value, "table": error.name}
            ) from error
        raise CallError(
            Code.ORACLE_UNAVAILABLE, {"reason": Reason.COLUMN_NOT_FOUND.value, "column": error.name}
        ) from error
    except WalletError as error:
        reason = Reason.WALLET_MISSING if error.missing else Reason.WALLET_UNREADABLE
        raise CallError(
            Code.ORACLE_UNAVAILABLE, {"reason": reason.value, "path": error.path, "detail": error.detail}
        ) from error
    except (oracledb.Error, OSError, UnicodeError) as error:
        code, facts = classify(error)
        if isinstance(detail := facts.get("detail"), str):
            for secret in filter(None, hidden):
                detail = detail.replace(secret, "***")
            facts["detail"] = detail
        if query is not None and facts["reason"] in (Reason.TABLE_NOT_FOUND, Reason.NO_RIGHTS):
            facts["table"] = query["table"]
        raise CallError(code, facts) from error
