"""«Testar conexão» over the door: the steps, in words and in codes."""

from __future__ import annotations

import socket

import httpx

from tests.integration.api.door import Door


def answer_of(door: Door) -> httpx.Response:
    with door.client(key=door.info.token) as client:
        return client.post("/api/oracle/testar")


def test_a_directory_that_works_says_what_it_saw(door: Door) -> None:
    answer = answer_of(door)
    (step,) = answer.json()["passos"]
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert step.pop("ms") >= 0
    assert step["fatos"].pop("source").endswith("empresas.csv")
    assert step == {
        "passo": "table",
        "resultado": "ok",
        "titulo": "Tabela de empresas",
        "mensagem": "Empresas encontradas: 4.",
        "acao": "",
        "codigo": None,
        "fatos": {"companies": 4},
    }


def test_a_failure_is_part_of_the_answer_and_so_is_what_it_left_undone(door: Door) -> None:
    with socket.socket() as unused:
        # Taken, so that nobody else gets it, and nobody listens there.
        unused.bind(("127.0.0.1", 0))
        oracle = {"host": "127.0.0.1", "port": unused.getsockname()[1], "sid": "xe"}
        changes = {f"directory.oracle.{name}": value for name, value in oracle.items()}
        door.change({"directory.kind": "oracle", **changes})
        answer = answer_of(door)
    listener, login, table = answer.json()["passos"]
    assert (answer.status_code, answer.json()["status"]) == (200, "erro")
    assert (listener["resultado"], listener["codigo"], listener["fatos"]["reason"]) == (
        "failed",
        "oracle_indisponivel",
        "refused",
    )
    assert listener["mensagem"] == "O servidor existe, mas não há um Oracle atendendo nessa porta."
    assert listener["acao"]
    assert (login["resultado"], table["resultado"]) == ("skipped", "skipped")


def test_a_programs_key_does_not_open_it(door: Door) -> None:
    with door.client() as client:
        assert client.post("/api/oracle/testar").status_code in (401, 403)
