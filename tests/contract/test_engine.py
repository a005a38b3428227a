"""What every engine does alike, run for each of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from re import fullmatch

import pytest
import pytest_asyncio

from desktop.adapters.engines.simulator import (
    BREAKS_DOWN,
    SimulatorEngine,
    SimulatorPace,
)
from desktop.domain.errors import Code, NeedsHuman, OutcomeUnknown, Rejected, Transient
from desktop.domain.message import Media
from desktop.domain.receipt import Receipt, ReceiptKind
from desktop.ports.engine import (
    Heartbeat,
    Outgoing,
    OutgoingDocument,
    OutgoingText,
    PairingCodeExpired,
    PairingCodeShown,
    QrExpired,
    QrShown,
    Restarting,
    Restricted,
    WentOnline,
)
from desktop.runtime.clock import SystemClock
from tests.contract.engine_worlds import SimulatorWorld, WhatsmeowWorld, World
from tests.doubles.whatsapp import WhatsAppDouble
from tests.harness.patience import meeting_no_deadline
from tests.integration.engines.desk import Desk, picture
from tests.integration.engines.watched import Watched


class EngineContract:
    simulated: bool

    @pytest_asyncio.fixture
    async def linked(self, world: World) -> Watched:
        watched = world.engine()
        await watched.engine.start()
        await world.scan(await watched.until(QrShown))
        await watched.until(WentOnline)
        return watched

    async def test_it_says_whether_whatsapp_is_involved(self, world: World) -> None:
        assert world.engine().engine.simulated is self.simulated

    async def test_a_scanned_code_links_it_to_an_account(self, linked: Watched) -> None:
        code, online = linked.told
        assert isinstance(code, QrShown)
        assert code.text
        assert code.valid_for == 60.0
        assert isinstance(online, WentOnline)
        assert online.account.phone.isdigit()

    async def test_letters_typed_on_the_phone_link_it_to_an_account(self, world: World) -> None:
        watched = world.engine()
        await watched.engine.link_by_phone("5511955554444")
        letters = await watched.until(PairingCodeShown)
        assert fullmatch(r"\w{4}-\w{4}", letters.code)
        assert letters.phone == "5511955554444"
        assert 150 < letters.valid_for <= 160
        await world.type_letters(letters)
        online = await watched.until(WentOnline)
        assert watched.told == [letters, online]

        # Linked, it is not asked for letters again.
        await watched.engine.stop()
        await watched.engine.link_by_phone("5511955554444")
        await watched.until(WentOnline)
        assert len(watched.told) == 3

    async def test_who_changes_to_letters_sees_no_code_any_more(self, world: World) -> None:
        watched = world.engine()
        await watched.engine.start()
        code = await watched.until(QrShown)
        await watched.engine.link_by_phone("5511955554444")
        letters = await watched.until(PairingCodeShown)
        assert watched.told == [code, letters]

    async def test_forgotten_here_it_has_to_be_linked_anew(self, linked: Watched) -> None:
        await linked.engine.stop()
        await linked.engine.forget()
        await linked.engine.start()
        await linked.until(QrShown)

    async def test_a_restricted_number_stays_connected(self, linked: Watched, world: World) -> None:
        with pytest.raises(NeedsHuman) as refused:
            await linked.send_text(world.restricting_group(), "Bom dia")
        assert (refused.value.code, refused.value.facts["reason"]) == (Code.NEEDS_HUMAN, "restricted")
        restricted = await linked.until(Restricted)
        until = None if restricted.until is None else restricted.until.isoformat()
        assert refused.value.facts["until"] == until
        assert (await linked.send_text(world.group(), "Bom dia")).message_id

    async def test_whatsapp_says_who_has_it(self, linked: Watched, world: World) -> None:
        known, unknown = world.phones()
        found = await linked.engine.find_account(known)
        assert found is not None
        assert found.endswith(("@s.whatsapp.net", "@lid"))
        assert await linked.engine.find_account(unknown) is None

    async def test_a_file_that_is_not_there_any_more_is_gone(self, linked: Watched) -> None:
        nothing = Media(mimetype="image/jpeg", size=10)
        with pytest.raises(Rejected) as gone:
            await linked.engine.download(nothing, max_bytes=1000)
        assert gone.value.code is Code.MEDIA_GONE

    async def test_after_a_restart_it_connects_without_a_code(self, linked: Watched, world: World) -> None:
        await linked.engine.stop()
        again = await world.engine().online()
        assert [type(event) for event in again.told] == [WentOnline]

    async def test_it_can_be_stopped_and_started_again(self, linked: Watched) -> None:
        await linked.engine.stop()
        await linked.engine.stop()
        await linked.engine.start()
        await linked.until(WentOnline)

    async def test_stopping_is_quick_and_nothing_is_told_afterwards(self, linked: Watched, world: World) -> None:
        await linked.send_text(world.group(), "Bom dia")
        with meeting_no_deadline():
            await linked.engine.stop()
        told = len(linked.told)
        await world.engine().online()
        assert len(linked.told) == told

    async def test_after_a_logout_it_has_to_be_linked_anew(self, linked: Watched) -> None:
        await linked.engine.logout()
        told = len(linked.told)
        with pytest.raises(Transient):
            await linked.engine.groups()
        await linked.engine.start()
        await linked.until(QrShown)
        assert isinstance(linked.told[told], QrShown)

    async def test_a_picture_is_acknowledged_with_its_id_and_time(self, linked: Watched, world: World) -> None:
        sent = await linked.send_image(world.group(), picture())
        assert sent.message_id
        assert linked.ids == [sent.message_id]
        assert sent.at.tzinfo is not None
        assert abs(sent.at - datetime.now(UTC)) < timedelta(minutes=1)

    async def test_texts_pictures_and_documents_go_out_in_order(self, linked: Watched, world: World) -> None:
        pdf = OutgoingDocument(content=b"%PDF-1.7", filename="a.pdf", mimetype="application/pdf", caption="Fechamento")
        group, sent = world.group(), []
        for content in (OutgoingText("Bom dia"), picture(), pdf):
            sent.append((await linked.engine.send(group, content, on_id=linked.ids.append)).message_id)
        assert linked.ids == sent

    async def test_its_id_is_kept_before_a_message_counts_as_sent(self, linked: Watched, world: World) -> None:
        happened = []

        async def keep(message_id: str) -> None:
            await asyncio.sleep(0)
            happened.append(message_id)

        sent = await linked.engine.send(world.group(), OutgoingText("Bom dia"), on_id=keep)
        assert happened == [sent.message_id]

    @pytest.mark.parametrize("content", [OutgoingText("Bom dia"), picture()], ids=["text", "picture"])
    async def test_a_message_waits_for_its_go_ahead(self, linked: Watched, world: World, content: Outgoing) -> None:
        asked, allowed = asyncio.Event(), asyncio.Event()

        async def go_ahead() -> bool:
            asked.set()
            return await allowed.wait()

        sending = asyncio.create_task(
            linked.engine.send(world.group(), content, on_id=linked.ids.append, go_ahead=go_ahead)
        )
        await asked.wait()
        # What else is asked of WhatsApp meanwhile is answered.
        await linked.engine.group(world.group())
        assert linked.ids == []
        allowed.set()
        assert linked.ids == [(await sending).message_id]

    async def test_without_a_go_ahead_a_message_is_called_off_and_the_next_one_goes(
        self, linked: Watched, world: World
    ) -> None:
        async def go_ahead() -> bool:
            return False

        with pytest.raises(Rejected) as refused:
            await linked.engine.send(world.group(), picture(), on_id=linked.ids.append, go_ahead=go_ahead)
        assert refused.value.code is Code.SEND_CANCELLED
        assert linked.ids == []
        sent = await linked.send_text(world.group(), "Bom dia")
        assert linked.ids == [sent.message_id]

    async def test_every_message_has_an_id_of_its_own(self, linked: Watched, world: World) -> None:
        group = world.group()
        sent = await asyncio.gather(*(linked.send_text(group, f"mensagem {n}") for n in range(4)))
        assert len({one.message_id for one in sent}) == 4
        assert sorted(linked.ids) == sorted(one.message_id for one in sent)

    async def test_receipts_follow_delivered_before_read(self, linked: Watched, world: World) -> None:
        group = world.group()
        sent = await linked.send_image(group, picture())
        kinds: list[ReceiptKind] = []
        while ReceiptKind.READ not in kinds:
            receipt = await linked.until(Receipt)
            assert (receipt.message_ids, receipt.chat) == ((sent.message_id,), group)
            assert receipt.at.tzinfo is not None
            kinds.append(receipt.kind)
        assert kinds[0] is ReceiptKind.DELIVERED

    async def test_without_a_connection_nothing_is_sent(self, world: World) -> None:
        watched = world.engine()
        for call in (
            watched.send_image(world.group(), picture()),
            watched.send_text(world.group(), "Bom dia"),
            watched.engine.groups(),
            watched.engine.group(world.group()),
            watched.engine.find_account("5511955554444"),
            watched.engine.download(Media(mimetype="image/jpeg", size=10, ticket=b"x"), max_bytes=1000),
            watched.engine.logout(),
        ):
            with pytest.raises(Transient) as refused:
                await call
            assert refused.value.code is Code.NOT_CONNECTED
        assert watched.ids == []

    async def test_outside_the_group_the_send_is_rejected(self, linked: Watched, world: World) -> None:
        group = world.foreign_group()
        for call in (linked.send_image(group, picture()), linked.engine.group(group)):
            with pytest.raises(Rejected) as refused:
                await call
            assert refused.value.code is Code.NOT_IN_GROUP
        assert linked.ids == []

    async def test_a_refusal_tells_its_number(self, linked: Watched, world: World) -> None:
        group, number = world.refusing_group()
        with pytest.raises(Rejected) as refused:
            await linked.send_image(group, picture())
        assert (refused.value.code, refused.value.facts["number"]) == (Code.SEND_REFUSED, number)

    async def test_a_failed_upload_may_be_tried_again(self, linked: Watched, world: World) -> None:
        with pytest.raises(Transient) as failed:
            await linked.send_image(world.unreachable_group(), picture())
        assert failed.value.code is Code.UPLOAD_FAILED
        assert linked.ids == []

    async def test_an_unknown_outcome_is_settled_by_receipts_with_the_known_id(
        self, linked: Watched, world: World
    ) -> None:
        await linked.engine.stop()
        hasty = await world.hasty_engine().online()
        with pytest.raises(OutcomeUnknown):
            await hasty.send_image(world.silent_group(), picture())
        (message_id,) = hasty.ids
        assert (await hasty.until(Receipt)).message_ids == (message_id,)

    async def test_a_group_is_described_alike_every_time(self, linked: Watched, world: World) -> None:
        jid = world.group()
        described = await linked.engine.group(jid)
        assert described.jid == jid
        assert described.subject
        assert described.members > 0
        assert await linked.engine.group(jid) == described

    async def test_every_listed_group_can_be_looked_up(self, linked: Watched, world: World) -> None:
        world.group()
        groups = await linked.engine.groups()
        assert groups
        assert [await linked.engine.group(group.jid) for group in groups] == groups


@pytest.fixture(scope="module")
def double() -> Iterator[WhatsAppDouble]:
    with WhatsAppDouble(few_prekeys=True) as double:
        yield double


class TestWhatsmeow(EngineContract):
    simulated = False

    @pytest_asyncio.fixture
    async def world(self, double: WhatsAppDouble, tmp_path: Path) -> AsyncIterator[World]:
        phone = f"55119{len(double.world.accounts):08}"
        desk = Desk(double, tmp_path, phone)
        yield WhatsmeowWorld(desk)
        await desk.close()
        double.answer_again()


class TestSimulator(EngineContract):
    simulated = True

    @pytest_asyncio.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[SimulatorWorld]:
        world = SimulatorWorld(tmp_path)
        yield world
        for watched in world.watched:
            await watched.engine.stop()

    async def test_it_is_marked_wherever_it_shows(self, linked: Watched) -> None:
        code, online = linked.told
        assert isinstance(code, QrShown)
        assert isinstance(online, WentOnline)
        assert "SIMULAÇÃO" in code.text
        assert "SIMULAÇÃO" in online.account.name
        assert all("SIMULAÇÃO" in group.subject for group in await linked.engine.groups())

    async def test_it_breaks_down_on_demand_and_comes_back(self, linked: Watched) -> None:
        with pytest.raises(OutcomeUnknown):
            await linked.send_image(BREAKS_DOWN, picture())
        await linked.until(Restarting)
        await linked.until(WentOnline)

    async def test_stopped_while_it_sends_the_outcome_is_unknown(self, linked: Watched, world: World) -> None:
        sending = asyncio.create_task(linked.send_text(world.group(), "Bom dia"))
        await linked.id_known.wait()
        await linked.engine.stop()
        with pytest.raises(OutcomeUnknown):
            await sending

    async def test_scanned_by_nobody_it_shows_its_codes_and_stops(self, tmp_path: Path) -> None:
        clock = HurriedClock()
        watched = Watched(
            lambda on_event: SimulatorEngine(
                "principal", on_event, store_dir=tmp_path, clock=clock, pace=SimulatorPace(scan_after=None)
            )
        )
        await watched.engine.start()
        await watched.until(QrExpired)
        codes = watched.told[:-1]
        assert [code.valid_for for code in codes if isinstance(code, QrShown)] == clock.slept
        assert len(clock.slept) == 6

    async def test_letters_that_nobody_types_end_it(self, tmp_path: Path) -> None:
        clock = HurriedClock()
        watched = Watched(
            lambda on_event: SimulatorEngine(
                "principal", on_event, store_dir=tmp_path, clock=clock, pace=SimulatorPace(scan_after=None)
            )
        )
        await watched.engine.link_by_phone("5511955554444")
        await watched.until(PairingCodeExpired)
        assert clock.slept == [160.0]

    async def test_while_it_is_online_it_beats(self, tmp_path: Path) -> None:
        pace = SimulatorPace(scan_after=0.0, heartbeat=0.01)
        watched = Watched(
            lambda on_event: SimulatorEngine("principal", on_event, store_dir=tmp_path, clock=HurriedClock(), pace=pace)
        )
        await watched.engine.start()
        first, second = await watched.until(Heartbeat), await watched.until(Heartbeat)
        assert first.at <= second.at
        await watched.engine.stop()

    async def test_a_late_scan_takes_the_code_that_is_shown_then(self, tmp_path: Path) -> None:
        clock = HurriedClock()
        watched = Watched(
            lambda on_event: SimulatorEngine(
                "principal", on_event, store_dir=tmp_path, clock=clock, pace=SimulatorPace(scan_after=70.0)
            )
        )
        await watched.engine.start()
        await watched.until(WentOnline)
        assert clock.slept[:2] == [60.0, 10.0]


class HurriedClock(SystemClock):
    """Sleeps not at all, and remembers how long it should have."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)
