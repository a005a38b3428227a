"""What an ERP was promised before the program was closed holds after it was opened again."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from desktop.domain.send import SendState
from tests.integration.api.door import BAKERY, MARKET, open_door


def test_a_key_gets_the_answer_of_before_and_nothing_goes_out_again(tmp_path: Path) -> None:
    with open_door(tmp_path) as door:
        first = door.send(chave="pedido-1", reenviar=True).json()
        with door.client(**{"Idempotency-Key": "lote-1"}) as client:
            batch = client.post("/api/enviar-relatorio/lote", json={"cnpjs": [BAKERY]}).json()
        door.wait_for_send(BAKERY, SendState.SENT)
    with open_door(tmp_path) as door:
        again = door.send(chave="pedido-1", reenviar=True)
        assert (again.status_code, again.json()["id"]) == (200, first["id"])
        with door.client(**{"Idempotency-Key": "lote-1"}) as client:
            assert client.post("/api/enviar-relatorio/lote", json={"cnpjs": [BAKERY]}).json() == batch
        refused = door.send(BAKERY, chave="pedido-1")
        assert (refused.status_code, refused.json()["codigo"]) == (400, "chave_repetida")
        assert door.engine.taken == []


def test_what_waits_in_the_queue_waits_on_and_can_still_be_cancelled(tmp_path: Path) -> None:
    with open_door(tmp_path, online=False) as door:
        stays, goes = (door.send(cnpj, fila=True).json()["id"] for cnpj in (MARKET, BAKERY))
    with open_door(tmp_path, online=False) as door:
        assert door.get(f"/api/envios/{stays}").json()["estado"] == "na_fila"
        with door.client() as client:
            cancelled = client.post(f"/api/envios/{goes}/cancelar")
        assert (cancelled.status_code, cancelled.json()["estado"]) == (200, "cancelado")
    with open_door(tmp_path) as door:
        door.wait_for_send(MARKET, SendState.SENT)
        assert {row["id"]: row["estado"] for row in door.history()} == {stays: "enviado", goes: "cancelado"}
        assert len(door.engine.taken) == 1


def test_a_wait_that_ended_too_soon_names_the_send_to_ask_about_later(tmp_path: Path) -> None:
    with open_door(tmp_path) as door, ThreadPoolExecutor(1) as pool:
        release = door.hold()
        pool.submit(door.send, chave="pedido-1")
        # Under way before anybody's time is over.
        door.wait_taken()
        door.change({"door.wait_limit": 0.2})
        told = door.send(chave="pedido-1")
        body = told.json()
        assert (told.status_code, body["codigo"], body["incerto"]) == (400, "tempo_esgotado", True)
        assert door.get(f"/api/envios/{body['id']}").json()["estado"] == "enviando"
        release()
        door.wait_for_send(MARKET, SendState.SENT)
    with open_door(tmp_path, settings={"door.wait_limit": 30}) as door:
        found = door.get(f"/api/envios/{body['id']}").json()
        assert (found["estado"], found["cnpj"]) == ("enviado", MARKET)
        again = door.send().json()
        assert (again["status"], again["duplicado"], again["id"]) == ("enviado", True, body["id"])
