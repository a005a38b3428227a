"""What the owner's own tools see and do of sessions, over the door."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from desktop.ports.engine import Banned, PairingCodeExpired, Restricted, Unlinked, WentOffline, WentOnline
from tests.doubles.engine import ACCOUNT
from tests.integration.api.door import MARKET, Door

VIEW = {
    "nome",
    "id",
    "versao",
    "estado",
    "motivo",
    "texto",
    "acao",
    "ate",
    "desde",
    "telefone",
    "conta",
    "vinculada",
    "empresa",
    "padrao",
    "guarda_mensagens",
    "criada_em",
    "ultimo_sinal",
    "qr",
    "qr_expira_em",
    "codigo",
    "codigo_expira_em",
    "motor_data",
    "motor_antigo",
    "aviso",
    "simulacao",
}


@pytest.fixture
def owner(door: Door) -> Iterator[httpx.Client]:
    with door.client(key=door.info.token) as client:
        yield client


def principal(owner: httpx.Client) -> dict[str, Any]:
    view: dict[str, Any] = owner.get("/api/sessoes/principal").json()
    return view


def test_a_session_is_told_whole(door: Door, owner: httpx.Client) -> None:
    view = principal(owner)
    assert set(view) == VIEW
    assert (view["estado"], view["motivo"], view["telefone"]) == ("connected", None, ACCOUNT.phone)
    assert (view["padrao"], view["vinculada"], view["motor_antigo"]) == (True, True, False)
    assert owner.get("/api/sessoes").json() == {"sessoes": [view]}


def test_every_trouble_has_its_reason_its_end_and_its_words(door: Door, owner: httpx.Client) -> None:
    end = datetime.now(UTC) + timedelta(hours=3)
    door.say(WentOffline("drop"))
    assert (principal(owner)["estado"], principal(owner)["motivo"]) == ("disconnected", "line")
    door.say(WentOnline(ACCOUNT))
    door.say(Restricted(end))
    view = principal(owner)
    assert (view["estado"], view["motivo"]) == ("needs_human", "restricted")
    assert datetime.fromisoformat(view["ate"]) == end
    assert f"{end.astimezone():%H:%M}" in view["texto"]
    assert owner.post("/api/sessoes/principal/iniciar").json()["estado"] == "connected"
    door.say(Banned(None, "spam"))
    assert (principal(owner)["motivo"], principal(owner)["ate"]) == ("banned", None)
    owner.post("/api/sessoes/principal/iniciar")
    door.say(Unlinked("401"))
    assert (principal(owner)["estado"], principal(owner)["motivo"]) == ("logged_out", "phone")


def test_a_code_to_type_is_shown_until_it_is_over(door: Door, owner: httpx.Client) -> None:
    linked = owner.post("/api/sessoes/principal/vincular", json={"telefone": "5511999990000"})
    assert (linked.status_code, linked.json()["codigo"]) == (400, "sessao_ja_vinculada")
    wish = {"telefone": "+55 (11) 99999-0000", "substituir": True}
    view = owner.post("/api/sessoes/principal/vincular", json=wish).json()
    assert (view["estado"], view["codigo"], view["telefone"]) == ("pairing_code", "SEB3-FM77", None)
    assert datetime.fromisoformat(view["codigo_expira_em"]) > datetime.now(UTC)
    door.say(PairingCodeExpired())
    assert (principal(owner)["motivo"], principal(owner)["codigo"]) == ("pairing_code_expired", None)
    assert owner.post("/api/sessoes/principal/vincular", json={}).json()["estado"] == "connected"


def test_an_old_engine_is_warned_of(door: Door, owner: httpx.Client) -> None:
    build = datetime.now().astimezone().date() - timedelta(days=61)
    door.engine.build = build
    view = owner.post("/api/sessoes/principal/reiniciar").json()
    assert (view["motor_data"], view["motor_antigo"]) == (build.isoformat(), True)
    assert f"{build:%d/%m/%Y}" in view["aviso"]


def test_a_watcher_gets_the_change_as_soon_as_it_happens(door: Door, owner: httpx.Client) -> None:
    seen = principal(owner)["versao"]
    assert owner.get(f"/api/sessoes/principal?versao={seen}&espera=0.01").json()["versao"] == seen
    answers: list[dict[str, Any]] = []
    asking = threading.Thread(
        target=lambda: answers.append(owner.get(f"/api/sessoes/principal?versao={seen}&espera=25").json())
    )
    asking.start()
    door.say(WentOffline("drop"))
    asking.join(20)
    assert [answer["estado"] for answer in answers] == ["disconnected"]
    assert owner.get("/api/sessoes/principal?versao=0&espera=9999").status_code == 400


def test_a_session_that_is_there_begins_to_keep_its_messages_and_ends_it(door: Door, owner: httpx.Client) -> None:
    path = "/api/sessoes/principal/mensagens"
    assert owner.post(path, json={}).json()["codigo"] == "corpo_invalido"
    assert not principal(owner)["guarda_mensagens"]
    for wish in (True, False):
        assert owner.post(path, json={"guardar": wish}).json()["guarda_mensagens"] is wish
        assert principal(owner)["guarda_mensagens"] is wish
    assert (
        owner.post("/api/sessoes/outra/mensagens", json={"guardar": True}).json()["codigo"] == "sessao_nao_encontrada"
    )
    with door.client() as program:
        assert program.post(path, json={"guardar": True}).status_code in {401, 403}


def test_sessions_are_made_and_changed_by_the_owner_alone(door: Door, owner: httpx.Client) -> None:
    made = owner.post("/api/sessoes", json={"nome": "Filial São José", "empresa": MARKET, "guarda_mensagens": True})
    assert (made.status_code, made.json()["empresa"], made.json()["estado"]) == (201, MARKET, "stopped")
    path = "/api/sessoes/Filial%20S%C3%A3o%20Jos%C3%A9"
    assert owner.get(path).json() == made.json()
    assert owner.post(f"{path}/empresa", json={"empresa": None}).json()["empresa"] is None
    assert owner.post(f"{path}/renomear", json={"nome": "Filial"}).json()["id"] == made.json()["id"]
    assert owner.get(path).json()["codigo"] == "sessao_nao_encontrada"
    with door.client() as program:
        for method, route in (("GET", "Filial"), ("POST", "Filial/iniciar"), ("DELETE", "Filial"), ("POST", "limpar")):
            assert program.request(method, f"/api/sessoes/{route}", json={}).status_code in {401, 403}
    cleared = owner.post("/api/sessoes/limpar", json={"desvincular": False}).json()["sessoes"]
    assert [session["estado"] for session in cleared] == ["connected", "stopped"]
    assert owner.delete("/api/sessoes/Filial").json() == {"nome": "Filial"}
    assert [session["nome"] for session in owner.get("/api/sessoes").json()["sessoes"]] == ["principal"]
