"""`malote doctor`, `malote reset` and `malote webhooks` on a running program, the simulator in place of WhatsApp."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from desktop.adapters.settings_file import SettingsFile
from desktop.adapters.storage.database import Database
from desktop.adapters.storage.webhook_tables import deliveries
from desktop.domain.webhook import Delivery
from tests.harness.environment import PrivateHome
from tests.harness.keyring_daemon import KeyringDaemon
from tests.harness.patience import PATIENCE
from tests.harness.program import Program
from tests.harness.session_bus import SessionBus
from tests.integration.commands.office import Office


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A connected program with a keyring and one tenant of contract C."""
    with ExitStack() as started:
        bus = started.enter_context(SessionBus(PrivateHome.make(tmp_path_factory.mktemp("bus"))))
        keyring = started.enter_context(KeyringDaemon(bus))

        def start(*arguments: str, home: Path | None = None, **wishes: object) -> Program:
            assert home is not None
            return started.enter_context(Program(*arguments, home=home, **wishes))  # type: ignore[arg-type]

        office = Office(home=tmp_path_factory.mktemp("office") / "malote", start=start, keyring=keyring.env)
        office.settle()
        program = office.headless(env=dict(keyring.env))
        program.wait_for_line("Conectado ao WhatsApp")
        make_tenant(program)
        yield office


def make_tenant(program: Program) -> None:
    runtime = program.runtime()
    with httpx.Client(base_url=runtime["url"], trust_env=False) as client:
        made = client.post(
            "/tenants", json={"tenantId": "empresa1"}, headers={"Authorization": f"Bearer {runtime['token']}"}
        )
        assert made.status_code == 201, made.text
    program.wait_for_line("empresa1: Conectado ao WhatsApp")


def give_up(office: Office) -> UUID:
    """Leave a dead letter on the disk, as after six hours of trying."""
    now = datetime.now(UTC)
    dead = Delivery(
        id=uuid4(),
        session="empresa1",
        url="http://x",
        event="message.received",
        body=b"{}",
        created_at=now,
        attempts=14,
        last_error="HTTP 503",
        dead_at=now,
    )

    async def put() -> None:
        database = Database(office.home / "malote.db")
        await database.write(lambda connection: connection.execute(deliveries.insert(), asdict(dead)))
        await database.close()

    asyncio.run(put())
    return dead.id


def test_the_doctor_says_what_runs_and_what_to_do(shared: Office) -> None:
    code, out, err = shared.ended("doctor")
    assert (code, err) == (1, "")
    assert out.startswith("Malote ")
    assert "principal (padrão): Conectado ao WhatsApp." in out
    assert "  - empresa1: diga quem é avisado: malote config set webhooks.tenants_url ENDEREÇO" in out
    SettingsFile(shared.home / "settings.json").change({"webhooks.tenants_url": "http://93.184.216.34"})
    wait_until_aimed(shared)
    code, out, _ = shared.ended("doctor")
    assert (code, out.splitlines()[-1]) == (0, "Nada a fazer.")
    assert shared.ended("sessoes", "parar", "empresa1")[0] == 0
    code, out, _ = shared.ended("doctor", "--json")
    found = json.loads(out)
    assert (code, found["rodando"], len(found["sessoes"])) == (1, True, 2)
    [todo] = found["fazer"]
    assert todo.endswith("malote sessoes conectar empresa1")


def wait_until_aimed(office: Office) -> None:
    """Until the program has read its settings anew."""
    deadline = datetime.now(UTC).timestamp() + PATIENCE
    while "http://93.184.216.34/webhook/whatsapp" not in office.ended("webhooks")[1]:
        assert datetime.now(UTC).timestamp() < deadline


def test_the_reset_begins_afresh_and_keeps_the_links(shared: Office) -> None:
    code, out, err = shared.ended("reset")
    assert (code, err) == (0, "")
    assert out.startswith("principal (padrão): ")
    assert "Leia o QR code" not in out
    code, out, _ = shared.ended("sessoes", "--json")
    assert all(session["vinculada"] for session in json.loads(out)["sessoes"])
    code, out, err = shared.ended("reset", "--desvincular")
    assert (code, out) == (1, "")
    assert err.splitlines() == ["Nada foi desvinculado: não há quem responda aqui.", "Para não perguntar, use --sim."]
    assert all(session["vinculada"] for session in json.loads(shared.ended("sessoes", "--json")[1])["sessoes"])
    code, out, _ = shared.ended("reset", "--desvincular", "--sim")
    assert code == 0
    code, out, _ = shared.ended("sessoes", "conectar", "principal")
    assert code == 0
    assert out.rstrip().splitlines()[-2].startswith("principal (padrão): Conectado")


def test_what_could_not_be_told_is_listed_and_sent_again(shared: Office) -> None:
    delivery = give_up(shared)
    code, out, err = shared.ended("webhooks", "falhas")
    assert (code, err) == (0, "")
    assert out.startswith(f"{delivery}  empresa1  message.received  ")
    assert out.endswith("HTTP 503 (14 tentativas)")
    assert "1 avisos não foram entregues. Veja: malote webhooks falhas" in shared.ended("doctor")[1]
    assert shared.ended("webhooks", "reenviar", str(delivery))[0] == 0
    assert shared.ended("webhooks", "falhas")[:2] == (0, "Nenhuma entrega foi abandonada.")
    code, _, err = shared.ended("webhooks", "reenviar", str(uuid4()))
    assert (code, err.splitlines()[0]) == (1, "Esta entrega não existe mais.")
    assert shared.ended("webhooks", "reativar", "empresa1")[1].startswith("empresa1  ")
    assert shared.ended("webhooks", "reativar", "nenhuma")[0] == 1


def test_the_secret_is_shown_to_the_owner_once_and_renewed(shared: Office) -> None:
    code, first, err = shared.ended("webhooks", "segredo")
    assert (code, err) == (0, "")
    assert len(first) >= 40
    code, out, err = shared.ended("webhooks", "segredo")
    assert (code, out) == (1, "")
    assert err.splitlines()[0] == "O segredo dos avisos só é mostrado uma vez, e já foi."
    code, renewed, err = shared.ended("webhooks", "--json", "segredo", "--renovar", env=shared.keyring)
    assert (code, err) == (0, "")
    assert json.loads(renewed)["segredo"] not in {"", first}
    assert shared.ended("webhooks", "segredo")[0] == 1


def test_where_no_keyring_is_the_secret_cannot_be_renewed(office: Office) -> None:
    code, out, err = office.ended("webhooks", "segredo", "--renovar")
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 2


def test_settings_that_cannot_be_understood_are_told_before_a_secret_is_renewed(office: Office) -> None:
    (office.home / "settings.json").write_text("{")
    code, out, err = office.ended("webhooks", "segredo", "--renovar")
    assert (code, out) == (1, "")
    assert err.splitlines()[0] == "O arquivo settings.json está errado na linha 1."


def test_where_nothing_can_be_signed_it_is_said_what_to_do(office: Office) -> None:
    office.settle(webhooks__tenants_url="http://93.184.216.34")
    program = office.connected()
    make_tenant(program)
    assert office.ended("webhooks", "reenviar", str(give_up(office)))[0] == 0
    program.wait_for_line("nothing can be signed")
    code, out, _ = office.ended("webhooks")
    assert code == 0
    assert out.splitlines()[0].startswith("O segredo que assina os avisos (webhooks)")
    code, out, _ = office.ended("doctor")
    assert code == 1
    assert "  - O segredo que assina os avisos (webhooks)" in out


def test_where_nobody_is_told_the_list_of_webhooks_says_so(office: Office) -> None:
    office.settle()
    office.connected()
    assert office.ended("webhooks") == (0, "Ninguém é avisado: nenhuma conexão tem webhook.", "")
    assert json.loads(office.ended("webhooks", "--json")[1])["webhooks"] == []


@pytest.mark.parametrize("command", [("doctor",), ("doctor", "--json"), ("reset",), ("webhooks",)])
def test_where_nothing_runs_each_says_so(office: Office, command: tuple[str, ...]) -> None:
    code, out, err = office.ended(*command)
    assert (code, out) == (3, '{"rodando": false}' if "--json" in command else "")
    assert "não está aberto" in err
