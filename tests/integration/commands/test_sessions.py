"""`malote sessoes`: several numbers from the command line, on the simulator in the place of WhatsApp."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from desktop.api.views_desk import session_view
from desktop.commands.sessions import print_session
from desktop.domain.session import Account, Connected, Session
from desktop.domain.settings import Language
from tests.harness.patience import PATIENCE
from tests.harness.program import Program
from tests.integration.commands.half_door import half_door
from tests.integration.commands.office import BAKERY, Office

NOT_FOUND = "Não existe um número de WhatsApp chamado “Filial”."


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A program that runs for the tests of this module, each of which leaves `principal` connected and alone."""
    with ExitStack() as started:

        def start(*arguments: str, home: Path | None = None, **wishes: object) -> Program:
            assert home is not None
            return started.enter_context(Program(*arguments, home=home, **wishes))  # type: ignore[arg-type]

        office = Office(home=tmp_path_factory.mktemp("office") / "malote", start=start)
        office.settle()
        office.connected()
        yield office


def done(office: Office, *arguments: str) -> list[str]:
    """What a command that must succeed prints."""
    code, out, err = office.ended("sessoes", *arguments)
    assert (code, err) == (0, "")
    return out.splitlines()


def listed(office: Office, command: str = "sessoes") -> dict[str, dict[str, object]]:
    code, out, _ = office.ended(command, "--json")
    assert code == 0
    return {session["nome"]: session for session in json.loads(out)["sessoes"]}


def test_a_second_number_is_added_linked_given_to_a_company_and_removed(shared: Office) -> None:
    lines = done(shared, "adicionar", "Filial", "--empresa", "11.222.333/0001-81", "--guardar-mensagens")
    assert lines[:2] == [
        "Filial: Desconectado por você.  SIMULAÇÃO",
        f"  empresa {BAKERY} · guarda as mensagens recebidas",
    ]
    lines = done(shared, "conectar", "Filial")
    assert any("█" in line for line in lines)
    assert "Filial: Leia o QR code com o celular.  SIMULAÇÃO" in lines
    assert lines[-2] == "Filial: Conectado ao WhatsApp.  SIMULAÇÃO"
    filial = listed(shared)["Filial"]
    assert (filial["estado"], filial["empresa"], filial["guarda_mensagens"]) == ("connected", BAKERY, True)
    assert (filial["vinculada"], filial["padrao"], filial["simulacao"]) == (True, False, True)
    assert filial == listed(shared, "status")["Filial"]
    assert done(shared, "padrao", "Filial")[0] == "Filial (padrão): Conectado ao WhatsApp.  SIMULAÇÃO"
    assert "empresa" not in "".join(done(shared, "empresa", "Filial"))
    assert done(shared, "renomear", "Filial", "Loja 2")[0].startswith("Loja 2 (padrão): ")
    assert done(shared, "parar", "Loja 2")[0] == "Loja 2 (padrão): Desconectado por você.  SIMULAÇÃO"
    assert done(shared, "reiniciar", "Loja 2")[0].startswith("Loja 2 (padrão): Conectando")
    # Linked already: no QR a second time.
    assert not any("█" in line for line in done(shared, "conectar", "Loja 2"))
    assert done(shared, "remover", "Loja 2") == []
    assert [name for name, session in listed(shared).items() if session["padrao"]] == ["principal"]
    assert list(listed(shared)) == ["principal"]
    # Its keys are gone with it.
    assert len(list((shared.home / "sessions").glob("simulacao-*"))) == 1


def test_a_number_that_is_there_begins_to_keep_its_messages_and_ends_it(shared: Office) -> None:
    assert not listed(shared)["principal"]["guarda_mensagens"]
    assert "guarda as mensagens recebidas" in "".join(done(shared, "mensagens", "principal", "guardar"))
    assert listed(shared)["principal"]["guarda_mensagens"]
    assert "guarda as mensagens" not in "".join(done(shared, "mensagens", "principal", "nao-guardar"))
    assert not listed(shared)["principal"]["guarda_mensagens"]


def test_a_number_is_linked_by_a_code_and_changed_only_on_request(shared: Office) -> None:
    done(shared, "adicionar", "Filial")
    lines = done(shared, "conectar", "Filial", "--telefone", "+55 (11) 99999-0000")
    assert "Filial: Digite este código no celular.  SIMULAÇÃO" in lines
    assert lines[-2] == "Filial: Conectado ao WhatsApp.  SIMULAÇÃO"
    code, _, err = shared.ended("sessoes", "conectar", "Filial", "--telefone", "5511999990000")
    assert code == 1
    assert err.splitlines()[0].startswith("Já está vinculado aqui o celular ")
    assert done(shared, "conectar", "Filial", "--trocar-numero")[-2] == "Filial: Conectado ao WhatsApp.  SIMULAÇÃO"
    assert done(shared, "desvincular", "Filial")[0].startswith("Filial: Este computador foi desvinculado")
    assert shared.ended("sessoes", "desvincular", "Filial")[0] == 1
    done(shared, "remover", "Filial", "--sim")


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signal for one process")
@pytest.mark.parametrize("last", [None, b"SIMU-LADO"], ids=["before the code is there", "while it is shown"])
def test_whoever_stops_watching_leaves_the_session_as_it_is(shared: Office, last: bytes | None) -> None:
    done(shared, "adicionar", "Filial")
    with half_door(shared, last=last) as door:
        watching = shared.malote("sessoes", "conectar", "Filial", "--telefone", "5511999990000")
        if last is not None:
            watching.wait_for_line("Digite este código no celular")
        assert door.asked.wait(PATIENCE)
        assert watching.interrupt() == 1
        assert "Traceback" not in watching.text()
    assert done(shared, "conectar", "Filial")[-2] == "Filial: Conectado ao WhatsApp.  SIMULAÇÃO"
    done(shared, "remover", "Filial")


def test_an_old_engine_is_warned_of_at_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    build = date(2026, 1, 5)
    session = Session(
        name="principal",
        status=Connected(),
        since=datetime(2026, 3, 20, tzinfo=UTC),
        account=Account(phone="5511999990000", name="Loja"),
        engine_build=build,
    )
    print_session(session_view(session, 1, Language.PORTUGUESE, build + timedelta(days=61)))
    assert capsys.readouterr().out.splitlines() == [
        "principal: Conectado ao WhatsApp.",
        "  +5511999990000 Loja",
        "  Pronto para enviar.",
        "  O motor de WhatsApp deste Malote é de 05/01/2026 e está ficando velho. "
        "Atualize o Malote antes que o WhatsApp deixe de aceitá-lo.",
    ]


def test_everything_can_be_begun_afresh(shared: Office) -> None:
    assert done(shared, "limpar-tudo")[0].startswith("principal (padrão): Conectando")
    assert done(shared, "conectar", "principal")[-2] == "principal (padrão): Conectado ao WhatsApp.  SIMULAÇÃO"
    done(shared, "limpar-tudo", "--desvincular")
    assert any("█" in line for line in done(shared, "conectar", "principal"))


def test_what_cannot_be_is_refused_in_words(shared: Office) -> None:
    for arguments, words in (
        (("conectar", "Filial"), NOT_FOUND),
        (("remover", "Filial"), NOT_FOUND),
        (("adicionar", "PRINCIPAL"), "Já existe um número de WhatsApp chamado “principal”."),
        (("adicionar", "a/b"), "O nome “a/b” não pode ser dado a um número de WhatsApp."),
        (("adicionar", "x", "--empresa", "12"), "Este CNPJ tem 2 caracteres; o certo são 14."),
        (("renomear", "principal", "-"), "O nome “-” não pode ser dado a um número de WhatsApp."),
        (("conectar", "principal", "--telefone", "12"), None),
    ):
        code, out, err = shared.ended("sessoes", *arguments)
        assert (code, out) == (1, "")
        assert words is None or err.splitlines()[0] == words
    assert shared.ended("sessoes", "dançar")[0] == 2
    assert list(listed(shared)) == ["principal"]


def test_the_list_is_for_people_too(shared: Office) -> None:
    lines = done(shared)
    assert lines[0] == "principal (padrão): Conectado ao WhatsApp.  SIMULAÇÃO"
    assert lines[-1] == "  Pronto para enviar."


def test_the_words_follow_the_language_setting(shared: Office) -> None:
    assert shared.ended("config", "set", "language", "en")[0] == 0
    try:
        [principal] = listed(shared, "status").values()
        assert (principal["texto"], principal["acao"]) == ("Connected to WhatsApp.", "Ready to send.")
    finally:
        assert shared.ended("config", "set", "language", "pt_BR")[0] == 0


def test_where_nothing_runs_it_says_so(office: Office) -> None:
    for arguments in ((), ("conectar", "principal"), ("limpar-tudo",)):
        code, _, err = office.ended("sessoes", *arguments)
        assert (code, err.splitlines()[0]) == (3, "O Malote não está aberto.")


def test_sessions_are_there_again_after_a_kill(office: Office) -> None:
    program = office.connected()
    done(office, "adicionar", "Filial")
    done(office, "conectar", "Filial")
    done(office, "adicionar", "parada")
    program.kill9()
    office.connected()
    done(office, "conectar", "Filial")
    assert {name: session["estado"] for name, session in listed(office).items()} == {
        "principal": "connected",
        "Filial": "connected",
        "parada": "stopped",
    }
