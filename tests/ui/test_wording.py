"""Every failure has words and a next step, in both languages, whatever facts come with it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Code, Fact, Rejected
from desktop.domain.session import HumanReason
from desktop.domain.settings import Language
from desktop.runtime.resources import resource
from desktop.runtime.wording import describe, describe_error, shown_size

TABLE: dict[str, dict[str, dict[str, str]]] = json.loads(resource("i18n/errors.json").read_text("utf-8"))


AS_THE_CONTRACT_HAS_IT = "não achou imagem"
"""Contract A shows this sentence; an ERP may compare it letter for letter."""


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("code", list(Code))
def test_every_code_says_what_happened_and_what_to_do(code: Code, language: Language) -> None:
    wording = describe(code, {}, language)
    # The contract gives the words for a missing picture, without a full stop.
    assert wording.text.endswith((".", "!")) or wording.text == "não achou imagem"
    assert wording.action.endswith((".", "}."))
    assert wording.text != wording.action


@pytest.mark.parametrize("key", sorted(TABLE))
def test_a_sentence_uses_only_facts_it_asks_for(key: str) -> None:
    head, *needs = key.split("+")
    assert head.split(".")[0] in set(Code)
    assert set(TABLE[key]) == {"pt", "en"}
    for entry in TABLE[key].values():
        assert set(entry) == {"text", "action"}
        assert set(re.findall(r"\{(\w+)\}", entry["text"] + entry["action"])) <= set(needs)


@pytest.mark.parametrize("key", sorted(TABLE))
def test_no_table_entry_is_out_of_reach(key: str) -> None:
    head, *needs = key.split("+")
    code, _, reason = head.partition(".")
    facts: dict[str, Fact] = dict.fromkeys(needs, "7")
    if reason:
        facts["reason"] = reason
    texts = TABLE[key]["pt"]
    expected = texts["action"]
    for name in needs:
        expected = expected.replace(f"{{{name}}}", "7")
    assert describe(Code(code), facts).action == expected


@pytest.mark.parametrize(
    ("typed", "text", "action"),
    [
        ("0000000000191", "Este CNPJ tem 13 números: faltou um zero à esquerda.", "Use 00.000.000/0001-91."),
        ("6256710800010", "Este CNPJ tem 13 caracteres; o certo são 14.", None),
        ("1", "Este CNPJ tem 1 caractere só; o certo são 14.", None),
        ("", "Nenhum CNPJ foi informado.", None),
        ("6256710800010X", "Este CNPJ tem caracteres que um CNPJ não pode ter.", None),
    ],
)
def test_a_wrong_cnpj_is_told_exactly(typed: str, text: str, action: str | None) -> None:
    with pytest.raises(Rejected) as caught:
        Cnpj.parse(typed)
    wording = describe_error(caught.value)
    assert wording.text == text
    assert action is None or wording.action == action


def test_of_one_it_is_spoken_in_the_singular() -> None:
    assert describe(Code.TOO_MANY_REQUESTS, {"seconds": 1}).action == "Espere 1 segundo e tente de novo."
    assert describe(Code.TOO_MANY_REQUESTS, {"seconds": 2}).action == "Espere 2 segundos e tente de novo."
    assert describe(Code.TOO_MANY_SESSIONS, {"most": 1}).text == "O limite é de 1 número de WhatsApp."


def test_a_company_that_is_not_found_names_the_right_check_digits() -> None:
    wording = describe(Code.COMPANY_NOT_FOUND, {"cnpj": "62567108000101", "expected": "62567108000118"})
    assert wording.action == "Confira se o certo não é 62.567.108/0001-18."


def test_every_reason_to_need_a_person_has_its_own_words() -> None:
    sentences = {describe(Code.NEEDS_HUMAN, {"reason": reason.value}).text for reason in HumanReason}
    assert len(sentences | {describe(Code.NEEDS_HUMAN, {}).text}) == len(HumanReason) + 1


def test_an_unknown_reason_falls_back_to_the_codes_own_sentence() -> None:
    assert describe(Code.ORACLE_UNAVAILABLE, {"reason": "moon_phase"}) == describe(Code.ORACLE_UNAVAILABLE, {})


def test_the_end_of_a_restriction_is_shown_in_local_time() -> None:
    facts: dict[str, Fact] = {"reason": "banned", "until": "2026-01-05T18:02:00+00:00"}
    assert re.search(r"até \d\d/01/2026 às \d\d:\d\d\.", describe(Code.NEEDS_HUMAN, facts).text)
    assert describe(Code.NEEDS_HUMAN, {"reason": "banned", "until": "soon"}).text.endswith("até soon.")


def test_facts_from_outside_cannot_break_the_line_or_flood_it() -> None:
    text = describe(Code.GROUP_INVALID, {"value": "a\r\nb{x}" + "y" * 5000}).text
    assert "\n" not in text
    assert "ab{x}" in text
    assert len(text) < 500


@pytest.mark.parametrize(
    ("least", "action"), [(0, "Use um valor entre 0 e 65535."), (0.001, "Use um valor entre 0,001 e 65535.")]
)
def test_a_lowest_value_is_said_however_low_it_is(least: float, action: str) -> None:
    facts: dict[str, Fact] = {"name": "door.port", "reason": "range", "least": least, "most": 65535}
    assert describe(Code.SETTING_INVALID, facts).action == action


@pytest.mark.parametrize("reason", ["object", "encoding", "byte_order_mark"])
def test_a_settings_file_that_cannot_be_read_is_named_with_its_folder(reason: str) -> None:
    facts: dict[str, Fact] = {"name": "settings.json", "path": "/home/ana/malote/settings.json", "reason": reason}
    wording = describe(Code.SETTING_INVALID, facts)
    assert wording.text.startswith("O arquivo de configurações /home/ana/malote/settings.json não pode ser lido: ")
    assert "renomeie-o" in wording.action


def test_sizes_read_as_people_write_them() -> None:
    assert shown_size(15_000_000) == "15 MB"
    assert shown_size(1_536_000) == "1,5 MB"
    assert shown_size(1_536_000, Language.ENGLISH) == "1.5 MB"
    assert shown_size(12) == "1 kB"


def test_resources_lie_where_the_frozen_program_unpacks_them() -> None:
    assert resource("i18n/errors.json") == Path(__file__).parents[2] / "resources" / "i18n" / "errors.json"


@pytest.mark.parametrize("reason", ["", "no_safe_keyring", "not_set_up", "credential_unreadable", "user_missing"])
def test_the_secret_that_signs_webhooks_is_called_no_password_of_a_database(reason: str) -> None:
    facts: dict[str, Fact] = {"reason": reason, "secret": "webhook", "signing": True}
    said = [describe(Code.KEYRING_UNAVAILABLE, facts), describe(Code.KEYRING_LOCKED, facts)]
    said.append(describe(Code.SETTING_INVALID, {"name": "password", "reason": "from_outside", "signing": True}))
    for wording in said:
        assert "segredo que assina os avisos" in wording.text
        assert "banco" not in wording.text + wording.action
        assert "directory." not in wording.action
