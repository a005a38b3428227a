"""The program is asked to end (SIGTERM, as by a service manager or a shutdown) while reports are on their way."""

import asyncio
import signal

import aiohttp
import socketio

from tests.e2e.erp import refused, sent
from tests.e2e.shop import Shop
from tests.harness.files import wait_for_no_file
from tests.harness.patience import PATIENCE
from tests.harness.processes import still_running
from tests.harness.program import RUNTIME_FILE

GRACE = 40.0
"""Ten seconds for what the engine has in its hands, two for its workers, and what a busy machine takes; the ERP would
wait for longer, and the engine for twice as long."""
CALLS_GRACE = 5.0
"""What the door waits for calls that are still running, where no send is."""


def test_asked_to_end_while_whatsapp_takes_the_message_it_waits_for_the_answer_and_begins_no_other(shop: Shop) -> None:
    program = shop.world.program
    workers = program.descendants()
    second = shop.world.found_company()
    with shop.whatsapp.hold_at("message-received-before-ack") as hold:
        answer = shop.begin()
        hold.wait_reached(PATIENCE)
        assert shop.world.erp.send(second.cnpj, fila=True).status_code == 202
        program.send_signal(signal.SIGTERM)
        # Its address goes away first of all: from here on it is ending.
        wait_for_no_file(shop.world.home / RUNTIME_FILE)
    body = sent(answer.result(), shop.company.group.jid)
    assert program.wait(GRACE) == 0
    assert not still_running(workers)
    assert shop.world.arrivals(second) == []
    shop.restart()
    shop.wait_for_history("lido")
    shop.wait_for_history("lido", company=second)
    [arrival] = shop.arrivals()
    assert arrival.message_id == body["mensagem_id"]
    assert len(shop.world.arrivals(second)) == 1


def test_asked_to_end_while_no_answer_comes_it_ends_in_time_and_calls_the_outcome_open(shop: Shop) -> None:
    program = shop.world.program
    shop.whatsapp.auto_receipts = False
    with shop.whatsapp.hold_at("message-received-before-ack") as hold:
        answer = shop.begin()
        hold.wait_reached(PATIENCE)
        assert program.terminate(GRACE) == 0
    refused(
        answer.result(),
        "tempo_esgotado",
        "O envio começou, mas a confirmação do WhatsApp ainda não chegou.",
        "Não envie de novo: veja no Histórico como ele termina.",
    )
    shop.restart()
    assert shop.row()["estado"] == "nao_confirmado"
    [arrival] = shop.arrivals()
    shop.whatsapp.deliver(arrival)
    shop.wait_for_history("entregue")
    sent(shop.send(), shop.company.group.jid, duplicate=True)
    assert len(shop.arrivals()) == 1


def test_asked_to_end_what_is_queued_goes_out_at_the_next_start(shop: Shop) -> None:
    program = shop.world.program
    shop.whatsapp.refuse_connections()
    shop.wait_for_session("Sem conexão com o WhatsApp")
    assert shop.send(fila=True).status_code == 202
    assert program.terminate(GRACE) == 0
    assert shop.arrivals() == []
    shop.whatsapp.accept_connections()
    shop.restart()
    shop.wait_for_history("lido")
    assert len(shop.arrivals()) == 1


def test_asked_to_end_what_had_not_begun_is_cancelled_for_the_erp_that_waits(shop: Shop) -> None:
    program = shop.world.program
    shop.oracle.fault("execute", "stall")
    answer = shop.begin()
    shop.oracle.wait_fault("execute")
    assert program.terminate(GRACE) == 0
    refused(
        answer.result(),
        "tempo_esgotado",
        "O envio não pôde começar a tempo e foi cancelado; nada foi enviado.",
        "Tente de novo.",
    )
    shop.oracle.clear_faults()
    shop.restart()
    assert shop.row()["estado"] == "cancelado"
    sent(shop.send(), shop.company.group.jid)
    assert len(shop.arrivals()) == 1


async def test_asked_to_end_it_waits_for_no_socket_io_client_that_only_polls(shop: Shop) -> None:
    """Whoever polls waits for news that will not come any more; what it is told makes it come back by itself."""
    program = shop.world.program
    runtime = program.runtime()
    reasons: list[str] = []
    polls = Polls()
    async with aiohttp.ClientSession(trace_configs=[polls.trace]) as http:
        line = socketio.AsyncClient(reconnection=False, http_session=http)
        line.on("disconnect", reasons.append)
        await line.connect(str(runtime["url"]), auth={"token": runtime["token"]}, transports=["polling"])
        assert await line.call("join-company", "7", timeout=PATIENCE) == {"companyId": "7"}
        async with asyncio.timeout(PATIENCE):
            await polls.asked.wait()
        # What was asked before this one is in the program's hands once it is answered.
        await asyncio.to_thread(shop.world.erp.session)
        heard = len(polls.answers)
        program.send_signal(signal.SIGTERM)
        await line.wait()
        # One that is cut off with the last calls, after the door's patience, would be a bad request.
        assert polls.answers[heard:][:1] == [200]
        assert await asyncio.to_thread(program.wait, GRACE) == 0
    assert reasons == [line.reason.TRANSPORT_ERROR]
    shop.restart()


class Polls:
    """How a client's long polls are answered."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        """One was sent whole and has no answer yet."""
        self.answers: list[int] = []
        self.trace = aiohttp.TraceConfig()
        self.trace.on_request_headers_sent.append(self._sent)
        self.trace.on_request_end.append(self._answered)

    async def _sent(self, _: object, __: object, request: aiohttp.TraceRequestHeadersSentParams) -> None:
        if request.method == "GET":
            self.asked.set()

    async def _answered(self, _: object, __: object, request: aiohttp.TraceRequestEndParams) -> None:
        if request.method == "GET":
            self.asked.clear()
            self.answers.append(request.response.status)
