"""What was sent can be found again, and the list lives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from PySide6.QtCore import QAbstractItemModel, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QTableView

from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import AppError, Code
from desktop.domain.history import HistoryFilter
from desktop.domain.send import Origin, Send, SendKind, SendState, new_send_id
from desktop.services.sending import SendRequest
from desktop.ui.bridge import Call
from desktop.ui.models.history import Column, HistoryModel
from desktop.ui.pages.history import HistoryPage
from desktop.ui.pages.history_detail import SendDetail
from desktop.ui.theme import Theme
from desktop.ui.window import Place
from tests.ui.stage import Stage

MARKET = Cnpj("62567108000101")
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def a_send(number: int, **changes: object) -> Send:
    at = NOON + timedelta(seconds=number)
    facts: dict[str, object] = {
        "id": new_send_id(at, number.to_bytes(10, "big")),
        "cnpj": Cnpj("62567108000101"),
        "session": "principal",
        "origin": Origin.ERP,
        "created_at": at,
        "start_by": at + timedelta(minutes=1),
        "day": at.date(),
        "company_name": f"Loja {number}",
        **changes,
    }
    return Send(**facts)  # type: ignore[arg-type]


class Shelf:
    """Sends on a shelf, handed out page by page when the test says so."""

    def __init__(self, sends: list[Send]) -> None:
        self.sends = sorted(sends, key=lambda send: send.id, reverse=True)
        self.hand_out: Callable[[], None] = lambda: None
        self.refuse: Callable[[AppError], None] = lambda error: None

    def fetch(
        self, query: HistoryFilter, on_done: Callable[[list[Send]], None], on_error: Callable[[AppError], None]
    ) -> Call:
        older = [send for send in self.sends if query.before is None or send.id < query.before]
        self.hand_out = lambda: on_done(older[: query.limit])
        self.refuse = on_error
        return Call()


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp)


def model_of(shelf: Shelf, theme: Theme) -> HistoryModel:
    return HistoryModel(
        shelf.fetch, theme, lambda: NOON.date(), whither=lambda send: send.recipient or "", undelivered=lambda _: False
    )


def names(model: QAbstractItemModel) -> list[str]:
    return [model.index(row, Column.COMPANY).data() for row in range(model.rowCount())]


def test_it_is_read_page_by_page_as_one_scrolls(theme: Theme) -> None:
    shelf = Shelf([a_send(number) for number in range(250)])
    model = model_of(shelf, theme)
    model.look(HistoryFilter())
    shelf.hand_out()
    assert (model.rowCount(), names(model)[0]) == (100, "Loja 249")
    root = model.index(-1, -1)
    while model.canFetchMore(root):
        model.fetchMore(root)
        assert not model.canFetchMore(root), "one page at a time"
        shelf.hand_out()
    assert names(model) == [f"Loja {number}" for number in range(249, -1, -1)]


def test_what_the_simulator_took_is_marked_in_the_list(theme: Theme) -> None:
    failed = a_send(3, simulated=True, state=SendState.FAILED, error=Code.NOT_IN_GROUP)
    shelf = Shelf([a_send(1), a_send(2, simulated=True), failed])
    model = model_of(shelf, theme)
    model.look(HistoryFilter())
    shelf.hand_out()
    why, simulated, real = (model.index(row, Column.DETAIL).data() for row in range(3))
    assert real == ""
    assert simulated in ("SIMULATION", "SIMULAÇÃO")
    assert why.startswith(simulated + " · ")


def test_a_new_send_comes_in_at_the_top_and_a_change_stays_in_its_row(theme: Theme) -> None:
    shelf = Shelf([a_send(1), a_send(2)])
    model = model_of(shelf, theme)
    model.look(HistoryFilter())
    shelf.hand_out()
    assert model.note(a_send(3))
    assert model.note(a_send(1, state=SendState.FAILED, error=Code.NOT_PAIRED))
    assert names(model) == ["Loja 3", "Loja 2", "Loja 1"]
    assert model.index(2, Column.STATE).data() in ("Failed", "Falhou")


def test_a_change_that_comes_while_a_page_is_read_is_not_undone_by_it(theme: Theme) -> None:
    shelf = Shelf([a_send(1)])
    model = model_of(shelf, theme)
    model.look(HistoryFilter())
    newer = a_send(1, state=SendState.SENT, sent_at=NOON)
    model.note(newer)
    shelf.hand_out()
    assert model.send(0) == newer


def test_what_is_asked_for_while_the_first_page_is_read_is_not_lost_with_the_old_rows(theme: Theme) -> None:
    shelf = Shelf([a_send(1), a_send(2)])
    model = model_of(shelf, theme)
    model.look(HistoryFilter())
    model.note(a_send(3))
    model.note(a_send(2, state=SendState.FAILED, error=Code.NOT_PAIRED))
    model.note(a_send(4))
    shelf.hand_out()
    assert names(model) == ["Loja 4", "Loja 3", "Loja 2", "Loja 1"]


def test_sends_of_one_moment_are_all_listed_whatever_order_they_are_told_in(theme: Theme) -> None:
    shelf = Shelf([a_send(1)])
    model = model_of(shelf, theme)
    model.look(HistoryFilter())
    shelf.hand_out()
    for number in (4, 2, 5, 3):
        model.note(a_send(number))
    assert names(model) == ["Loja 5", "Loja 4", "Loja 3", "Loja 2", "Loja 1"]
    model.note(a_send(2, company_name="Loja 2, enviada"))
    assert names(model)[3] == "Loja 2, enviada"


def test_one_that_belongs_between_those_of_the_first_page_is_not_lost_with_the_old_rows(theme: Theme) -> None:
    shelf = Shelf([a_send(1), a_send(3)])
    model = model_of(shelf, theme)
    model.look(HistoryFilter())
    model.note(a_send(2))
    shelf.hand_out()
    assert names(model) == ["Loja 3", "Loja 2", "Loja 1"]


def test_what_is_told_of_a_page_that_was_not_read_yet_waits_for_it(theme: Theme) -> None:
    shelf = Shelf([a_send(number) for number in range(150)])
    model = model_of(shelf, theme)
    model.look(HistoryFilter())
    model.note(a_send(7))
    shelf.hand_out()
    assert model.note(a_send(8))
    assert names(model) == [f"Loja {number}" for number in range(149, 49, -1)]


def test_under_a_filter_a_change_asks_for_a_new_look(theme: Theme) -> None:
    shelf = Shelf([a_send(1)])
    model = model_of(shelf, theme)
    model.look(HistoryFilter(states=frozenset({SendState.FAILED})))
    shelf.hand_out()
    assert not model.note(a_send(9))
    assert model.rowCount() == 1


def test_a_page_that_does_not_come_leaves_what_is_there(theme: Theme) -> None:
    shelf = Shelf([a_send(1)])
    model = model_of(shelf, theme)
    told: list[AppError] = []
    model.failed.connect(told.append)
    model.look(HistoryFilter())
    shelf.hand_out()
    model.look(HistoryFilter())
    shelf.refuse(AppError(Code.DATABASE_UNAVAILABLE))
    assert [error.code for error in told] == [Code.DATABASE_UNAVAILABLE]
    assert model.rowCount() == 1


def test_every_send_of_the_day_is_listed_with_its_state_in_words(stage: Stage) -> None:
    stage.make_history()
    stage.go("history")
    model = stage.find(QTableView, "history").model()
    stage.until(lambda: model.rowCount() == 14, "the whole history")
    states = {model.index(row, Column.STATE).data() for row in range(14)}
    assert {"Lido", "Falhou", "Já enviado"} <= states | {"Entregue", "Enviado"} | {"Lido"}
    assert "Falhou" in states
    assert all(model.index(row, Column.STATE).data(Qt.ItemDataRole.DecorationRole) for row in range(14))
    assert model.index(0, Column.CNPJ).data() == "00.000.000/0001-91"


def test_a_filter_narrows_the_list(stage: Stage) -> None:
    stage.make_history()
    stage.go("history")
    model = stage.find(QTableView, "history").model()
    stage.until(lambda: model.rowCount() == 14, "the whole history")
    stage.type_into(stage.find(QLineEdit, "history-search"), "farmacia")
    stage.until(lambda: set(names(model)) == {"Farmácia Boa Saúde"}, "the pharmacy alone")
    stage.find(QLineEdit, "history-search").clear()
    stage.find(QComboBox, "history-states").setCurrentText("Falharam")
    stage.until(
        lambda: {model.index(row, Column.STATE).data() for row in range(model.rowCount())} == {"Falhou"}, "failures"
    )
    stage.type_into(stage.find(QLineEdit, "history-search"), "zzz")
    stage.until(lambda: stage.reads("Nada aqui combina com este filtro."), "the empty list")


def test_the_list_lives_while_one_looks_at_it(stage: Stage) -> None:
    stage.go("history")
    stage.until(lambda: stage.reads("Nada foi enviado ainda."), "the empty history")
    request = SendRequest(cnpj=Cnpj("62567108000101"), origin=Origin.ERP)
    stage.scene.submit(stage.scene.services.sending.send_and_wait(request))
    model = stage.find(QTableView, "history").model()
    stage.until(lambda: model.rowCount() == 1 and model.index(0, Column.STATE).data() == "Lido", "the read receipt")


def test_many_changes_under_a_filter_let_every_look_come_to_its_end(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.go("history")
    stage.until(lambda: stage.reads("Nada foi enviado ainda."), "the empty history")
    [page] = stage.window.findChildren(HistoryPage)
    sending, asked, shelf = stage.scene.services.sending, list[HistoryFilter](), asyncio.Event()

    async def slow(query: HistoryFilter) -> list[Send]:
        asked.append(query)
        await shelf.wait()
        return [a_send(len(asked))]

    def nothing_is_due() -> bool:
        return not any(timer.isActive() for timer in page.findChildren(QTimer))

    monkeypatch.setattr(sending, "history", slow)
    stage.find(QComboBox, "history-states").setCurrentText("Falharam")
    stage.until(lambda: len(asked) == 1, "the first look")
    for number in (1, 2):
        stage.bridge.send_changed.emit(a_send(number))
        stage.until(nothing_is_due, "what follows a change")
    assert len(asked) == 1
    stage.scene.look(shelf.set)
    stage.until(lambda: len(asked) == 2, "the look at what has changed")


def test_the_details_show_each_step_and_what_to_do_about_a_failure(stage: Stage) -> None:
    stage.make_history()
    stage.go("history")
    model = stage.find(QTableView, "history").model()
    # Until the last company's stand on top, the first failure is another company's.
    top = (Column.COMPANY, Column.STATE)
    stage.until(lambda: [model.index(0, each).data() for each in top] == ["Loja Sem Grupo", "Falhou"], "the history")
    stage.choose_history_row("Falhou")
    [detail] = stage.window.findChildren(SendDetail)
    stage.until(detail.isVisible, "the details")
    said = " ".join(label.text() for label in detail.findChildren(QLabel) if label.isVisible())
    assert "Pedido" in said
    assert "Falhou" in said
    assert "Cadastre o grupo desta empresa" in said
    stage.choose_history_row("Lido")
    stage.until(
        lambda: "Entregue" in " ".join(label.text() for label in detail.findChildren(QLabel) if label.isVisible()),
        "the receipts",
    )


def test_the_chosen_row_stays_chosen_when_the_list_is_read_anew(stage: Stage) -> None:
    stage.make_history()
    stage.go("history")
    stage.choose_history_row("Lido")
    table = stage.find(QTableView, "history")
    model = table.model()
    assert isinstance(model, HistoryModel)
    chosen: UUID = model.send(table.currentIndex().row()).id
    stage.find(QComboBox, "history-states").setCurrentText("Enviados")
    stage.until(lambda: model.rowCount() < 14, "the filter")
    assert model.send(table.currentIndex().row()).id == chosen
    assert stage.find(QPushButton, "go-history").isChecked()


def shown_details(stage: Stage) -> str:
    [detail] = stage.window.findChildren(SendDetail)
    return " ".join(label.text() for label in detail.findChildren(QLabel) if label.isVisible())


def test_a_group_is_shown_by_its_name_and_the_details_have_its_address(stage: Stage) -> None:
    stage.scene.do(stage.scene.services.sending.send_and_wait(SendRequest(cnpj=MARKET, origin=Origin.ERP)))
    stage.go("history")
    model = stage.find(QTableView, "history").model()
    stage.until(lambda: model.rowCount() == 1 and "Grupo 7890" in model.index(0, Column.GROUP).data(), "the name")
    stage.choose_history_row("Lido", "Entregue", "Enviado")
    stage.until(lambda: "120363041234567890@g.us" in shown_details(stage), "the address")
    assert "Grupo 7890" in shown_details(stage)


def show(stage: Stage, send: Send) -> QAbstractItemModel:
    """Let the page hear of a send, and choose it."""
    stage.go("history")
    model = stage.find(QTableView, "history").model()
    stage.until(lambda: stage.reads("Nada foi enviado ainda."), "the empty history")
    stage.bridge.send_changed.emit(send)
    stage.until(lambda: model.rowCount() == 1, "the send")
    stage.choose_history_row("Lido", "Entregue", "Enviado")
    return model


def test_a_message_to_a_person_shows_whom_it_went_to(stage: Stage) -> None:
    model = show(
        stage,
        a_send(
            1,
            cnpj=None,
            company_name="",
            kind=SendKind.TEXT,
            origin=Origin.API,
            addressee="5511987654321@s.whatsapp.net",
            recipient="5511987654321@s.whatsapp.net",
            caption="Bom dia",
            state=SendState.READ,
            sent_at=NOON,
        ),
    )
    shown = [model.index(0, column).data() for column in (Column.COMPANY, Column.CNPJ, Column.GROUP)]
    assert shown == ["—", "—", "+55 (11) 98765-4321"]
    said = shown_details(stage)
    assert "Outro programa" in said
    assert "Texto Bom dia" in said
    assert "CNPJ" not in said


def test_the_details_say_how_many_people_have_it_and_have_read_it(stage: Stage) -> None:
    show(
        stage,
        a_send(
            1,
            state=SendState.READ,
            sent_at=NOON,
            delivered_at=NOON,
            delivered_count=3,
            read_at=NOON,
            read_count=1,
        ),
    )
    assert "· 3 pessoas" in shown_details(stage)
    assert "· 1 pessoa " in shown_details(stage)


def test_what_no_phone_has_confirmed_for_a_day_is_told(stage: Stage) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=25)
    model = show(stage, a_send(1, state=SendState.SENT, sent_at=long_ago))
    stage.until(lambda: "Entrega não confirmada" in model.index(0, Column.DETAIL).data(), "the doubt")
    assert "Entrega não confirmada" in shown_details(stage)
    stage.bridge.send_changed.emit(a_send(1, state=SendState.DELIVERED, sent_at=long_ago, delivered_at=NOON))
    stage.until(lambda: model.index(0, Column.DETAIL).data() == "", "the receipt")


def test_an_empty_history_leads_to_the_first_send(stage: Stage) -> None:
    stage.go("history")
    stage.until(lambda: stage.reads("Nada foi enviado ainda."), "the empty history")
    press(stage, "Enviar um rela&tório")
    assert stage.window.place is Place.SEND


def test_a_filter_that_nothing_passes_is_taken_off_with_one_click(stage: Stage) -> None:
    stage.make_history()
    stage.go("history")
    stage.find(QComboBox, "history-states").setCurrentText("Falharam")
    stage.type_into(stage.find(QLineEdit, "history-search"), "ninguém")
    stage.until(lambda: stage.reads("Nada aqui combina com este filtro."), "the empty list")
    press(stage, "Mostrar &tudo")
    model = stage.find(QTableView, "history").model()
    stage.until(lambda: model.rowCount() == 14, "all of it")
    assert stage.find(QLineEdit, "history-search").text() == ""


def press(stage: Stage, text: str) -> None:
    button = next(found for found in stage.window.findChildren(QPushButton) if found.text() == text)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
