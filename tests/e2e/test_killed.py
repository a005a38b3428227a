"""The whole program killed (-9) anywhere in a send and started again: at most one message, and an honest history.

Who comes back after one death is the next to die, so that the program starts once for each of them.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, closing, contextmanager

import httpx
import pytest

from tests.doubles.whatsapp import Point
from tests.e2e.erp import refused, sent
from tests.e2e.shop import Shop
from tests.e2e.silent_site import SilentSite
from tests.harness.patience import PATIENCE

UNKNOWN = (
    "desfecho_desconhecido",
    "O programa foi interrompido no meio do envio; não deu para confirmar se a mensagem chegou.",
    "Veja no grupo se o relatório está lá antes de enviar de novo.",
)


def die(shop: Shop, *answers: "Future[httpx.Response]") -> None:
    """The program and all it started are gone at once; whoever was not answered by then hears nothing more."""
    shop.world.kill()
    for answer in answers:
        if answer.exception(PATIENCE) is None:
            assert answer.result().json()["status"] == "enviado"
        else:
            assert isinstance(answer.exception(), httpx.TransportError)


def it_arrived_once(shop: Shop) -> None:
    """The members have the report, and the ERP that asks again is told so."""
    row = shop.row()
    repeated = sent(shop.send(chave=shop.company.cnpj), shop.company.group.jid)
    assert repeated["id"] == row["id"]
    sent(shop.send(), shop.company.group.jid, duplicate=True)
    [arrival] = shop.arrivals()
    assert (arrival.message_id, arrival.image, arrival.stanzas) == (row["mensagem_id"], shop.company.report, 1)
    assert row["codigo"] is None
    nothing_is_called_under_way(shop)


def die_at(shop: Shop, point: Point, *, once: str = "") -> None:
    """The program dies while WhatsApp stands still at a point of the company's send; `once`: not before it is in this
    state.
    """
    with shop.whatsapp.hold_at(point) as hold:
        answer = shop.begin(chave=shop.company.cnpj)
        hold.wait_reached(PATIENCE)
        if once:
            shop.wait_for_state(once)
        die(shop, answer)
        shop.whatsapp.wait_for_event("disconnected", PATIENCE, paired=True)


def nothing_is_called_under_way(shop: Shop) -> None:
    assert not [row for row in shop.world.erp.history() if row["estado"] == "enviando"]


@contextmanager
def just_committed(shop: Shop) -> Iterator[Callable[[], None]]:
    shop.oracle.fault("execute", "stall")
    yield lambda: shop.wait_for_state("na fila")
    shop.oracle.clear_faults()


@contextmanager
def calling_oracle(shop: Shop) -> Iterator[Callable[[], None]]:
    shop.oracle.hang_up()
    shop.oracle.fault("connect", "stall")

    def come() -> None:
        shop.oracle.wait_fault("connect")
        shop.wait_for_state("na fila")

    yield come
    shop.oracle.clear_faults()


@contextmanager
def looking_the_company_up(shop: Shop) -> Iterator[Callable[[], None]]:
    shop.oracle.fault("execute", "stall")

    def come() -> None:
        shop.oracle.wait_fault("execute")
        shop.wait_for_state("na fila")  # it is looked up while it is put on disk

    yield come
    shop.oracle.clear_faults()


@contextmanager
def downloading_the_report(shop: Shop) -> Iterator[Callable[[], None]]:
    with SilentSite() as site:
        shop.world.configure({"report.template": f"http://{site.host}/{{cnpj}}/RelatorioVendas.jpg"})

        def come() -> None:
            site.wait_asked(PATIENCE)
            shop.wait_for_state("na fila")

        yield come
    shop.world.settle_settings()


@contextmanager
def waiting_for_whatsapp(shop: Shop) -> Iterator[Callable[[], None]]:
    shop.whatsapp.refuse_connections()
    shop.wait_for_session("Sem conexão com o WhatsApp")
    yield lambda: shop.wait_for_state("na fila")
    shop.whatsapp.accept_connections()


@pytest.mark.parametrize(
    "moment",
    [just_committed, calling_oracle, looking_the_company_up, downloading_the_report, waiting_for_whatsapp],
    ids=lambda moment: moment.__name__,
)
def test_killed_before_whatsapp_had_anything_of_it_the_report_goes_out_once_after_the_restart(
    shop: Shop, moment: Callable[[Shop], AbstractContextManager[Callable[[], None]]]
) -> None:
    with moment(shop) as come:
        answer = shop.begin(chave=shop.company.cnpj)
        come()
        die(shop, answer)
    shop.restart()
    shop.wait_for_history("lido")
    it_arrived_once(shop)


def test_killed_while_others_wait_behind_it_each_report_goes_out_once(shop: Shop) -> None:
    first = shop.company
    second = shop.world.found_company()
    with shop.whatsapp.hold_at("message-received-before-ack") as hold:
        under_way = shop.begin()
        hold.wait_reached(PATIENCE)
        waiting = shop.world.erp.begin(second.cnpj)
        shop.wait_for_state("na fila", company=second)
        queued = shop.world.erp.send(second.cnpj, fila=True).json()["id"]
        die(shop, under_way, waiting)
        shop.whatsapp.wait_for_event("disconnected", PATIENCE, paired=True)
    shop.restart()
    shop.wait_for_history("lido")
    shop.wait_for_history("lido", company=second)
    shop.wait_for_history("cancelado", company=second)
    [kept, overtaken] = sorted(shop.world.erp.history(second.cnpj), key=lambda row: str(row["estado"]), reverse=True)
    assert (kept["estado"], overtaken["estado"], overtaken["duplicado_de"]) == ("lido", "cancelado", kept["id"])
    assert queued in {kept["id"], overtaken["id"]}
    assert (len(shop.world.arrivals(first)), len(shop.world.arrivals(second))) == (1, 1)
    nothing_is_called_under_way(shop)


def test_what_stayed_off_until_its_time_was_over_expires_and_the_erp_may_ask_again(shop: Shop) -> None:
    with looking_the_company_up(shop) as come:
        answer = shop.begin(chave=shop.company.cnpj)
        come()
        die(shop, answer)
    # As if the computer had been off for an hour.
    with closing(sqlite3.connect(shop.world.home / "malote.db")) as database, database:
        hour_ago = int((time.time() - 3600) * 1_000_000)
        changed = database.execute("UPDATE sends SET start_by = ? WHERE state = 'queued'", [hour_ago])
        assert changed.rowcount == 1
    shop.restart()
    row = shop.row()
    assert (row["estado"], row["codigo"]) == ("expirado", "tempo_esgotado")
    assert shop.arrivals() == []
    again = sent(shop.send(chave=shop.company.cnpj), shop.company.group.jid)
    assert again["id"] != row["id"]
    assert len(shop.arrivals()) == 1


# Not group-info: what the group is has been asked before the send began.
@pytest.mark.parametrize(
    "point",
    [
        "media-connection",
        "upload-received",
        "upload-stored",
        "usync",
        "prekeys",
        "message-before-received",
    ],
)
def test_killed_with_the_send_in_the_engine_s_hands_the_outcome_is_open_and_nothing_is_sent_again(
    shop: Shop, point: Point
) -> None:
    if point == "media-connection":
        # Asked for once in an engine's life, with its first picture.
        assert shop.world.program.terminate() == 0
        shop.restart()
        shop.whatsapp.forget()
    die_at(shop, point, once="enviando")
    shop.restart()
    row = shop.row()
    assert (row["estado"], row["codigo"]) == ("nao_confirmado", "desfecho_desconhecido")

    refused(shop.send(chave=shop.company.cnpj), *UNKNOWN)
    refused(shop.send(), *UNKNOWN)
    refused(shop.send(chave=f"{shop.company.cnpj}-outra"), *UNKNOWN)
    assert shop.arrivals() == []
    nothing_is_called_under_way(shop)

    # A person has looked into the group and decides.
    sent(shop.send(reenviar=True), shop.company.group.jid)
    assert len(shop.arrivals()) == 1


@pytest.mark.parametrize("point", ["message-received-before-ack", "after-ack", "delivered-receipts-sent"])
def test_killed_after_whatsapp_had_it_the_receipts_settle_it_and_nothing_is_sent_again(
    shop: Shop, point: Point
) -> None:
    die_at(shop, point)
    shop.restart()
    shop.wait_for_history("lido")
    it_arrived_once(shop)


def test_killed_while_the_receipts_come_in_what_was_noted_stands(shop: Shop) -> None:
    die_at(shop, "read-receipts-sent", once="entregue")
    shop.restart()
    # The engine may have taken the last receipts before the program could note them.
    assert shop.row()["estado"] in {"entregue", "lido"}
    it_arrived_once(shop)
