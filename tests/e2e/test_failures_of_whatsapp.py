"""What the ERP hears when WhatsApp is at fault, or the engine that speaks with it; and what is sent all the same.

Every test has a company of its own in one world, where the same program goes on running from test to test.
"""

import psutil
import pytest

from tests.e2e.erp import refused, sent
from tests.e2e.shop import Shop
from tests.e2e.world import CNPJ, World
from tests.harness.patience import PATIENCE

INTERRUPTED = (
    "desfecho_desconhecido",
    "O programa foi interrompido no meio do envio; não deu para confirmar se a mensagem chegou.",
    "Veja no grupo se o relatório está lá antes de enviar de novo.",
)
NOT_CONFIRMED = (
    "desfecho_desconhecido",
    "O WhatsApp não confirmou a mensagem a tempo; ela pode ter chegado.",
    "Veja no grupo se o relatório está lá antes de enviar de novo.",
)


def engine_worker(shop: Shop) -> psutil.Process:
    [worker] = [child for child in shop.world.program.descendants() if "whatsmeow" in child.cmdline()]
    return worker


def test_before_the_phone_has_scanned_the_qr_the_erp_is_told_so(world: World) -> None:
    program = world.headless()
    program.wait_for_line("Leia o QR code")
    answer = world.send(program)
    refused(
        answer,
        "whatsapp_nao_pareado",
        "Nenhum celular está conectado ao Malote ainda.",
        "Abra a página WhatsApp e leia o QR code com o celular.",
    )
    [row] = world.erp.history(CNPJ)
    assert (row["estado"], row["codigo"]) == ("falhou", "whatsapp_nao_pareado")
    queued = world.send(program, fila=True)
    assert (queued.status_code, queued.json()["status"]) == (202, "na_fila")
    world.whatsapp.scan(world.qr(program))
    arrival = world.whatsapp.wait_for_arrival(PATIENCE)
    assert (arrival.chat, world.stanzas()) == (world.group.jid, 1)


@pytest.mark.parametrize("known", ["a_group_it_has_sent_to", "a_group_it_has_never_sent_to"])
def test_a_group_that_the_number_was_removed_from_gets_nothing(shop: Shop, known: str) -> None:
    before = 0
    if known == "a_group_it_has_sent_to":
        sent(shop.send(), shop.company.group.jid)
        before = 1
    shop.whatsapp.remove_us_from(shop.company.group)
    refused(
        shop.send(reenviar=True),
        "fora_do_grupo",
        "O número conectado ao Malote não participa do grupo desta empresa.",
        "Peça a um administrador do grupo que inclua o número.",
    )
    assert (shop.rows()[0]["estado"], shop.rows()[0]["codigo"]) == ("falhou", "fora_do_grupo")
    assert len(shop.arrivals()) == before
    shop.still_sends()


def test_a_group_that_does_not_exist_gets_nothing(shop: Shop) -> None:
    shop.whatsapp.delete_group(shop.company.group)
    refused(
        shop.send(),
        "fora_do_grupo",
        "O número conectado ao Malote não participa do grupo desta empresa.",
        "Peça a um administrador do grupo que inclua o número.",
    )
    shop.has_failed("fora_do_grupo")
    shop.still_sends()


def test_while_whatsapp_is_down_the_erp_is_told_in_time_and_the_queue_waits_for_its_return(shop: Shop) -> None:
    shop.world.configure({"engine.connect_wait": 1})
    shop.whatsapp.refuse_connections()
    shop.wait_for_session("Sem conexão com o WhatsApp")
    refused(
        shop.send(),
        "whatsapp_desconectado",
        "O WhatsApp está sem conexão.",
        "Veja se a internet está funcionando; o Malote volta sozinho.",
    )
    shop.has_failed("whatsapp_desconectado")

    queued = shop.send(fila=True)
    assert (queued.status_code, queued.json()["status"]) == (202, "na_fila")
    shop.whatsapp.accept_connections()
    shop.wait_for_state("lido")
    [waited, _] = shop.rows()
    assert (waited["id"], waited["estado"]) == (queued.json()["id"], "lido")
    [arrival] = shop.arrivals()
    assert (arrival.message_id, arrival.image) == (waited["mensagem_id"], shop.company.report)
    shop.world.settle_settings()
    shop.still_sends()


def test_a_line_that_drops_while_the_picture_is_uploaded_delays_the_report(shop: Shop) -> None:
    with shop.whatsapp.hold_at("upload-received") as hold:
        answer = shop.begin()
        hold.wait_reached(PATIENCE)
        shop.whatsapp.drop_connection()
    sent(answer.result(), shop.company.group.jid)
    shop.has_arrived()
    shop.still_sends()


def test_an_engine_killed_before_it_had_the_message_sends_it_when_it_is_back(shop: Shop) -> None:
    with shop.whatsapp.hold_at("upload-received") as hold:
        answer = shop.begin()
        hold.wait_reached(PATIENCE)
        engine_worker(shop).kill()
        shop.wait_for_session("O motor do WhatsApp parou")
    sent(answer.result(), shop.company.group.jid)
    shop.has_arrived()
    shop.still_sends()


def test_an_engine_killed_while_its_message_was_on_the_line_leaves_the_outcome_open(shop: Shop) -> None:
    with shop.whatsapp.hold_at("message-before-received") as hold:
        answer = shop.begin()
        hold.wait_reached(PATIENCE)
        engine_worker(shop).kill()
        shop.whatsapp.wait_for_event("disconnected", PATIENCE, paired=True)
    refused(answer.result(), *INTERRUPTED)
    shop.has_an_open_outcome()
    refused(shop.send(), *INTERRUPTED)
    assert shop.arrivals() == []
    shop.still_sends()


def test_an_engine_killed_before_the_acknowledgement_is_answered_for_by_the_receipts(shop: Shop) -> None:
    with shop.whatsapp.hold_at("message-received-before-ack") as hold:
        answer = shop.begin()
        hold.wait_reached(PATIENCE)
        engine_worker(shop).kill()
        refused(answer.result(), *INTERRUPTED)
    shop.has_arrived()
    again = sent(shop.send(), shop.company.group.jid, duplicate=True)
    assert again["mensagem_id"] == shop.arrivals()[0].message_id
    assert len(shop.arrivals()) == 1
    shop.still_sends()


def test_an_upload_that_fails_once_is_tried_again(shop: Shop) -> None:
    shop.whatsapp.fail_next_upload(503)
    sent(shop.send(), shop.company.group.jid)
    shop.has_arrived()
    shop.still_sends()


def test_what_kept_a_report_from_starting_is_told_when_the_erp_has_waited_long_enough(shop: Shop) -> None:
    shop.world.configure({"door.wait_limit": 12})
    shop.whatsapp.fail_next_upload(503, times=20)
    answer = shop.begin()
    shop.wait_for_state("na fila .A imagem não chegou")
    # No second try before the time is over.
    shop.whatsapp.refuse_connections()
    refused(
        answer.result(),
        "envio_da_imagem_falhou",
        "A imagem não chegou aos servidores do WhatsApp; nada foi enviado.",
        "Veja se a internet está funcionando e tente de novo.",
    )
    row = shop.row()
    # Its time to start ends in the moment in which the ERP's patience does.
    assert row["estado"] in {"cancelado", "expirado"}
    assert row["codigo"] == "envio_da_imagem_falhou"
    shop.whatsapp.let_uploads_pass()
    shop.whatsapp.accept_connections()
    shop.world.settle_settings()
    sent(shop.send(), shop.company.group.jid)
    assert len(shop.arrivals()) == 1


def test_a_message_that_whatsapp_refuses_is_not_tried_again(shop: Shop) -> None:
    shop.whatsapp.fail_next_send(479)
    refused(
        shop.send(),
        "envio_recusado",
        "O WhatsApp recusou a mensagem (código 479).",
        "Veja no celular se o número pode escrever nesse grupo e tente de novo mais tarde.",
    )
    shop.has_failed("envio_recusado")
    shop.still_sends()


def test_a_number_that_may_not_write_waits_until_whatsapp_says_that_it_may_again(shop: Shop) -> None:
    shop.whatsapp.fail_next_send(463)
    restricted = (
        "whatsapp_requer_atencao",
        "O WhatsApp restringiu este número: por enquanto ele não pode enviar.",
        "Veja os detalhes no WhatsApp do celular e tente mais tarde.",
    )
    refused(shop.send(), *restricted)
    refused(shop.send(), *restricted)
    assert not shop.arrivals()
    mark = shop.world.program.mark()
    shop.whatsapp.restrict(0)
    shop.world.program.wait_for_line("Conectado ao WhatsApp", since=mark)
    shop.still_sends()


def test_without_an_acknowledgement_the_outcome_is_open_until_a_receipt_settles_it(shop: Shop) -> None:
    shop.world.configure({"engine.ack_deadline": 12})
    shop.whatsapp.auto_receipts = False
    shop.whatsapp.withhold_acks()
    refused(shop.send(), *NOT_CONFIRMED)
    shop.has_an_open_outcome()
    refused(shop.send(), *NOT_CONFIRMED)
    [arrival] = shop.arrivals()

    shop.whatsapp.deliver(arrival)
    shop.wait_for_state("entregue")
    [_, row] = shop.rows()
    assert (row["estado"], row["codigo"], row["mensagem_id"]) == ("entregue", None, arrival.message_id)
    sent(shop.send(), shop.company.group.jid, duplicate=True)
    shop.whatsapp.answer_again()
    shop.world.settle_settings()
    shop.still_sends()


def test_an_acknowledgement_that_comes_after_the_erp_s_patience_is_found_in_the_history(shop: Shop) -> None:
    shop.world.configure({"door.wait_limit": 12})
    shop.whatsapp.auto_receipts = False
    with shop.whatsapp.hold_at("message-received-before-ack"):
        refused(
            shop.send(),
            "tempo_esgotado",
            "O envio começou, mas a confirmação do WhatsApp ainda não chegou.",
            "Não envie de novo: veja no Histórico como ele termina.",
        )
        assert shop.row()["estado"] == "enviando"
    shop.wait_for_state("enviado")
    assert (shop.row()["estado"], len(shop.arrivals())) == ("enviado", 1)
    shop.world.settle_settings()
    shop.still_sends()
