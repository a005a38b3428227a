"""Texts and files for chats go the same way as reports: on disk first, once, at a human pace."""

from dataclasses import replace
from datetime import timedelta

import pytest

from desktop.domain.content import File, FileAt
from desktop.domain.errors import AppError, Code, Rejected
from desktop.domain.history import HistoryFilter
from desktop.domain.recipient import Recipient
from desktop.domain.report import ImageFormat
from desktop.domain.send import Origin, SendKind, SendState
from desktop.domain.session import DEFAULT_SESSION
from desktop.ports.engine import OutgoingDocument, OutgoingImage, OutgoingText
from desktop.services.sending import Arrival, MessageRequest
from tests.harness.patience import PATIENCE
from tests.integration.reports import web_server
from tests.services.desk import BAKERY, GROUP, MARKET, Desk, ask

ANA = "5511999999999"
# The account was made before the ninth digit came.
ANA_JID = "551199999999@s.whatsapp.net"
PDF = File(b"%PDF-1.7 nota", "nota.pdf", "application/pdf")


def to(number: str, content: str | File | FileAt, **wishes: object) -> MessageRequest:
    request = MessageRequest(session=DEFAULT_SESSION, to=Recipient.parse(number), content=content)
    return replace(request, **wishes)  # type: ignore[arg-type]


async def deliver(desk: Desk, request: MessageRequest) -> Arrival:
    """As the door does it."""
    return await desk.sending.outcome(await desk.sending.enqueue_message(request), within=PATIENCE)


async def test_a_text_goes_to_the_account_that_whatsapp_names(desk: Desk) -> None:
    desk.engine.accounts[ANA] = ANA_JID
    arrival = await deliver(desk, to("+55 (11) 99999-9999", "Olá ☕"))
    assert desk.engine.others == [(ANA_JID, OutgoingText("Olá ☕"))]
    send = await desk.sending.get(arrival.send.id)
    assert (send.kind, send.state, send.caption, send.cnpj) == (SendKind.TEXT, SendState.SENT, "Olá ☕", None)
    assert (send.addressee, send.recipient, send.origin) == (f"{ANA}@s.whatsapp.net", ANA_JID, Origin.API)
    assert send.label == ANA_JID


async def test_a_number_without_whatsapp_is_told(desk: Desk) -> None:
    with pytest.raises(Rejected) as refused:
        await deliver(desk, to(ANA, "Olá"))
    assert (refused.value.code, refused.value.facts["number"]) == (Code.NOT_ON_WHATSAPP, ANA)
    [failed] = await desk.sending.history(HistoryFilter(text=ANA))
    assert (failed.state, failed.label) == (SendState.FAILED, f"{ANA}@s.whatsapp.net")


async def test_groups_and_hidden_identities_are_taken_as_they_are(desk: Desk) -> None:
    for jid in (GROUP, "77@lid"):
        await deliver(desk, to(jid, "Olá"))
    assert [jid for jid, _ in desk.engine.others] == [GROUP, "77@lid"]


async def test_a_document_goes_out_with_its_name_and_the_same_one_twice_if_asked_twice(desk: Desk) -> None:
    for _ in range(2):
        assert not (await deliver(desk, to(GROUP, PDF, caption="Nota"))).duplicate
    document = OutgoingDocument(content=PDF.content, filename="nota.pdf", mimetype="application/pdf", caption="Nota")
    assert desk.engine.others == [(GROUP, document), (GROUP, document)]


async def test_a_file_is_fetched_from_where_its_caller_keeps_it(desk: Desk) -> None:
    async with web_server.serve() as site:
        desk.settings = replace(desk.settings, report=replace(desk.settings.report, url_hosts=(site.host,)))
        site.answer = web_server.answer(PDF.content)
        await deliver(desk, to(GROUP, FileAt(f"http://{site.host}/nota.pdf"), caption="Nota"))
    document = OutgoingDocument(content=PDF.content, filename="nota.pdf", mimetype="application/pdf", caption="Nota")
    assert desk.engine.others == [(GROUP, document)]


async def test_a_picture_goes_out_with_its_size(desk: Desk) -> None:
    picture = desk.put_report(MARKET)
    arrival = await deliver(desk, to(GROUP, File(picture, "foto.jpg", "image/jpeg"), caption="Foto"))
    expected = OutgoingImage(content=picture, format=ImageFormat.JPEG, width=64, height=48, caption="Foto")
    assert desk.engine.taken == [(GROUP, expected)]
    assert (arrival.send.kind, arrival.send.mimetype) == (SendKind.IMAGE, "image/jpeg")
    # It is no report, so that the report with the same picture still goes out.
    assert not (await desk.sending.send_and_wait(ask())).duplicate


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("  \n", "empty"),
        ("x" * 65_537, "too_long"),
        (File(b"", "a.pdf", "application/pdf"), "empty"),
        (File(b"\xff\xd8\xff cut", "a.jpg", "image/jpeg"), "cut_off"),
    ],
)
async def test_what_cannot_be_sent_is_refused_before_it_is_kept(desk: Desk, content: str | File, reason: str) -> None:
    with pytest.raises(Rejected) as refused:
        await desk.sending.enqueue_message(to(GROUP, content))
    assert (refused.value.code, refused.value.facts["reason"]) == (Code.CONTENT_INVALID, reason)
    assert await desk.sending.history(HistoryFilter()) == []


async def test_a_file_that_is_not_kept_any_more_fails_its_send(desk: Desk) -> None:
    await desk.sessions.stop(DEFAULT_SESSION)
    send = await desk.sending.enqueue_message(to(GROUP, PDF, background=True))
    await desk.storage.database.write(lambda connection: connection.exec_driver_sql("DELETE FROM contents"))
    await desk.sessions.start(DEFAULT_SESSION)
    failed = await desk.reach(send, SendState.FAILED)
    assert failed.error is Code.MEDIA_GONE


async def test_the_same_key_sends_one_message(desk: Desk) -> None:
    first = await deliver(desk, to(GROUP, "Olá", idempotency_key="1"))
    assert await deliver(desk, to(GROUP, "Olá", idempotency_key="1")) == first
    assert len(desk.engine.others) == 1


async def test_a_session_that_is_not_there_is_refused(desk: Desk) -> None:
    with pytest.raises(Rejected) as refused:
        await desk.sending.enqueue_message(to(GROUP, "Olá", session="outra"))
    assert refused.value.code is Code.SESSION_NOT_FOUND


async def test_many_reports_are_put_in_the_queue_at_once(desk: Desk) -> None:
    asked = [ask(MARKET, background=True), ask(BAKERY, session="outra"), ask(BAKERY, background=True)]
    first, refused, third = await desk.sending.enqueue_many(asked)
    assert isinstance(refused, AppError)
    assert refused.code is Code.SESSION_NOT_FOUND
    for answer in (first, third):
        assert not isinstance(answer, AppError)
        await desk.reach(answer, SendState.SENT)
    assert desk.outbox.calls["add_many"] == 1


async def test_a_company_with_a_session_of_its_own_sends_by_it(desk: Desk) -> None:
    await desk.sessions.add("filial", MARKET)
    await desk.sessions.start("filial")
    assert (await desk.sending.send_and_wait(ask())).send.session == "filial"
    assert (await desk.sending.send_and_wait(ask(BAKERY))).send.session == DEFAULT_SESSION
    assert len(list(desk.engines.values())[-1].taken) == 1


async def test_what_no_phone_confirmed_for_a_day_is_told_as_not_confirmed(desk: Desk) -> None:
    sent = (await desk.sending.send_and_wait(ask())).send
    assert not desk.sending.undelivered(sent)
    desk.clock.ahead += timedelta(hours=24)
    assert desk.sending.undelivered(sent)
    assert not desk.sending.undelivered(sent.moved(SendState.DELIVERED, desk.clock.now()))
    assert not desk.sending.undelivered(replace(sent, simulated=True))
