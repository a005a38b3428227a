"""A test of a connection reads as sentences, in both languages, whatever its steps saw."""

from __future__ import annotations

import json

import pytest

from desktop.domain.diagnosis import Step, StepName
from desktop.domain.errors import Code, Fact, NeedsHuman
from desktop.domain.settings import Language
from desktop.runtime.resources import resource
from desktop.runtime.step_wording import describe_step


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("name", list(StepName))
def test_every_step_has_a_title_and_a_sentence_for_each_result(name: StepName, language: Language) -> None:
    error = NeedsHuman(Code.ORACLE_CREDENTIALS, reason="locked")
    passed, skipped, failed = (
        describe_step(step, language)
        for step in (Step.passed(name, 0.1), Step.skipped(name), Step.failed(name, 0.1, error))
    )
    assert passed.title == skipped.title == failed.title
    assert len({passed.text, skipped.text, failed.text}) == 3
    assert (passed.action, skipped.action) == ("", "")
    assert failed.action


@pytest.mark.parametrize(
    ("name", "seen", "text"),
    [
        (StepName.LOGIN, {"version": "19.3.0.0.0", "mode": "thin"}, "Oracle 19.3.0.0.0, por conexão direta."),
        (
            StepName.LOGIN,
            {"version": "11.2.0.2.0", "mode": "thick", "client": "19.28.0.0.0"},
            "Oracle 11.2.0.2.0, pelo cliente Oracle 19.28.0.0.0.",
        ),
        (StepName.TABLE, {"companies": 0}, "Empresas encontradas: 0."),
        (StepName.TABLE, {"companies": None}, "As empresas podem ser lidas; contá-las demoraria demais."),
    ],
)
def test_what_was_seen_is_said_as_far_as_it_is_known(name: StepName, seen: dict[str, Fact], text: str) -> None:
    assert describe_step(Step.passed(name, 0.1, **seen)).text == text


def test_the_table_has_both_languages_everywhere() -> None:
    table = json.loads(resource("i18n/steps.json").read_text("utf-8"))
    assert all(set(entry) == {"pt", "en"} for entry in table.values())
