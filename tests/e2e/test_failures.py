"""What the ERP hears when the company, the report, Oracle or the keyring is at fault: a code, a sentence, what to do.

Every test has a company of its own in one world, where the same program goes on running from test to test.
"""

from datetime import datetime

import pytest

from desktop.domain.cnpj import Cnpj
from tests.e2e.erp import refused, sent
from tests.e2e.shop import Shop
from tests.e2e.world import make_old
from tests.harness.environment import noon


def test_a_company_nobody_knows_is_told_with_the_check_digits_it_should_have(shop: Shop) -> None:
    right = Cnpj("99888777000100").expected
    wrong = Cnpj(f"{right.value[:12]}{(int(right.value[12:]) + 1) % 100:02}")
    answer = shop.world.erp.send(wrong.value)
    refused(
        answer,
        "empresa_nao_encontrada",
        "Não há empresa com este CNPJ no cadastro, e os dois últimos números dele não conferem.",
        f"Confira se o certo não é {right.masked}.",
    )
    refused(
        shop.world.erp.send(right.value),
        "empresa_nao_encontrada",
        "Não há empresa com este CNPJ no cadastro.",
        "Confira o CNPJ ou cadastre a empresa.",
    )
    for cnpj in (wrong, right):
        [row] = shop.world.erp.history(cnpj.value)
        assert (row["estado"], row["codigo"]) == ("falhou", "empresa_nao_encontrada")
    assert shop.whatsapp.received == []
    shop.still_sends()


def test_a_report_that_was_not_made_is_not_found(shop: Shop) -> None:
    shop.company.report_path.unlink()
    refused(
        shop.send(),
        "imagem_nao_encontrada",
        "não achou imagem",
        f"Ela devia estar em {shop.company.report_path}: gere o relatório no ERP e tente de novo.",
    )
    shop.has_failed("imagem_nao_encontrada")
    shop.still_sends()


def test_yesterday_s_report_is_not_sent_as_today_s(shop: Shop) -> None:
    make_old(shop.company.report_path)
    answer = shop.send()
    made = datetime.fromtimestamp(shop.company.report_path.stat().st_mtime, noon())
    refused(
        answer,
        "imagem_antiga",
        f"A imagem encontrada é de {made:%d/%m/%Y às %H:%M}, não de hoje, por isso não foi enviada.",
        "Gere o relatório de hoje no ERP e tente de novo.",
    )
    shop.has_failed("imagem_antiga")
    shop.still_sends()


def test_a_report_that_is_still_being_written_waits_for_its_end(shop: Shop) -> None:
    whole = shop.company.report
    shop.company.put_report(whole[: len(whole) // 2])
    refused(
        shop.send(),
        "imagem_incompleta",
        "A imagem do relatório ainda está sendo gravada ou ficou pela metade.",
        "Espere o ERP terminar o relatório e tente de novo.",
    )
    shop.has_failed("imagem_incompleta")
    shop.company.put_report(whole)
    sent(shop.send(), shop.company.group.jid)
    [arrival] = shop.arrivals()
    assert arrival.image == whole


def test_a_wrong_oracle_password_is_tried_exactly_once(shop: Shop) -> None:
    shop.oracle.config.password = "trocada-pelo-dba"
    shop.oracle.hang_up()
    before = shop.oracle.logins
    for _ in range(2):
        refused(
            shop.send(),
            "oracle_credenciais",
            "O Oracle não aceitou o usuário ou a senha.",
            "Confira o usuário e digite a senha de novo nas Configurações.",
        )
    assert shop.oracle.logins.attempts - before.attempts == 1
    assert [row["codigo"] for row in shop.rows()] == ["oracle_credenciais", "oracle_credenciais"]
    assert shop.arrivals() == []

    shop.world.keep_password("trocada-pelo-dba")
    sent(shop.send(), shop.company.group.jid)
    assert shop.oracle.logins.accepted - before.accepted == 1
    shop.world.keep_password()


@pytest.mark.parametrize("kind", ["stall", "deaf"])
def test_an_oracle_that_falls_silent_is_given_up_at_its_deadline(shop: Shop, kind: str) -> None:
    # The line stands already: it is the answer that takes too long.
    shop.still_sends()
    shop.oracle.fault("execute", "stall" if kind == "stall" else "deaf")
    shop.world.configure({"directory.oracle.deadline": 2})
    refused(
        shop.send(),
        "oracle_indisponivel",
        "O Oracle demorou demais para responder.",
        "Tente de novo; se continuar, avise o responsável pelo banco.",
    )
    shop.has_failed("oracle_indisponivel")
    shop.oracle.clear_faults()
    shop.world.settle_settings()
    shop.still_sends()


def test_an_oracle_that_takes_the_call_and_says_nothing_is_given_up_at_its_deadline(shop: Shop) -> None:
    # The worker is there already: all of its time is the call's.
    shop.still_sends()
    shop.oracle.fault("connect", "deaf")
    shop.oracle.hang_up()
    shop.world.configure({"directory.oracle.deadline": 5})
    refused(
        shop.send(),
        "oracle_indisponivel",
        "O servidor do Oracle aceitou a chamada, mas não respondeu a tempo.",
        "Tente de novo; se continuar, avise o responsável pelo banco.",
    )
    shop.has_failed("oracle_indisponivel")
    shop.oracle.clear_faults()
    shop.world.settle_settings()
    shop.still_sends()


def test_a_locked_keyring_is_said_to_be_locked(shop: Shop) -> None:
    assert shop.world.program.terminate() == 0
    shop.keyring.lock()
    shop.restart()
    refused(
        shop.send(),
        "cofre_bloqueado",
        "O cofre de senhas deste computador está bloqueado.",
        "Desbloqueie o cofre de senhas e tente de novo.",
    )
    shop.has_failed("cofre_bloqueado")
    shop.keyring.unlock()
    shop.still_sends()


def test_without_a_keyring_there_is_no_password_and_nothing_in_its_place(shop: Shop) -> None:
    assert shop.world.program.terminate() == 0
    without = {name: value for name, value in shop.world.env.items() if name != "DBUS_SESSION_BUS_ADDRESS"}
    shop.restart(without)
    refused(
        shop.send(),
        "cofre_indisponivel",
        "O cofre de senhas deste computador não está disponível.",
        "Entre no computador com o seu usuário de sempre e tente de novo; em um servidor sem cofre, "
        "use as credenciais do systemd ou directory.oracle.password_env.",
    )
    shop.has_failed("cofre_indisponivel")
    assert shop.world.program.terminate() == 0
    shop.restart()
    shop.still_sends()
