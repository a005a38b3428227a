"""The real driver in a process of its own, for what may hang: logs in, takes steps, prints one line for each.

A line is `ok` with what came back, or the driver's codes from the error down to its root, such as `DPY-6005 DPY-3010`.
Only the first step is in a hurry; the step `cancel` is broken off when a line comes in.
"""

from __future__ import annotations

import json
import sys
import threading

import oracledb

HURRIED_MS = 600
PATIENT_MS = 20_000
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
        threading.Thread(target=cancel_when_told, args=(connection,), daemon=True).start()
    with connection.cursor() as cursor:
        if name == "describe":
            cursor.parse(LIST)
            return "ok"
        cursor.arraysize = cursor.prefetchrows = 2
        cursor.execute(LIST)
        return f"ok {len(cursor.fetchall())}"


def cancel_when_told(connection: oracledb.Connection) -> None:
    sys.stdin.readline()
    connection.cancel()


def main() -> None:
    try:
        connection = oracledb.connect(**json.loads(sys.argv[1]))
    except oracledb.Error as error:
        print(codes(error))
        return
    connection.call_timeout = HURRIED_MS
    for name in sys.argv[2:]:
        try:
            print(step(connection, name))
        except oracledb.Error as error:
            print(codes(error))
        if connection.is_healthy():
            connection.call_timeout = PATIENT_MS


if __name__ == "__main__":
    main()
