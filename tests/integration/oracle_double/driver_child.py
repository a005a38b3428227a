"""The real driver in a process of its own, for what may hang: logs in, takes steps, prints one line for each.

A line is `ok` with what came back, or the driver's codes from the error down to its root, such as `DPY-6005 DPY-3010`.
"""

from __future__ import annotations

import json
import sys
import threading

import oracledb

CALL_TIMEOUT_MS = 600
CANCEL_AFTER = 0.2
LIST = "SELECT CNPJ_CO2, RAZAO_SOCIAL FROM D_EMPRESAS"


def codes(error: BaseException) -> str:
    found = []
    link: BaseException | None = error
    while link is not None:
        found.append(getattr(link.args[0], "full_code", type(link).__name__) if link.args else type(link).__name__)
        link = link.__cause__
    return " ".join(found)


def step(connection: oracledb.Connection, name: str) -> str:
    if name == "ping":
        connection.ping()
        return "ok"
    if name == "cancel":
        connection.call_timeout = 0
        threading.Timer(CANCEL_AFTER, connection.cancel).start()
    with connection.cursor() as cursor:
        if name == "describe":
            cursor.parse(LIST)
            return "ok"
        cursor.arraysize = cursor.prefetchrows = 2
        cursor.execute(LIST)
        return f"ok {len(cursor.fetchall())}"


def main() -> None:
    try:
        connection = oracledb.connect(**json.loads(sys.argv[1]))
    except oracledb.Error as error:
        print(codes(error))
        return
    connection.call_timeout = CALL_TIMEOUT_MS
    for name in sys.argv[2:]:
        try:
            print(step(connection, name))
        except oracledb.Error as error:
            print(codes(error))


if __name__ == "__main__":
    main()
