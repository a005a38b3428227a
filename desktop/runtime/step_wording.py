"""A test's steps in words: what a step is called, what it saw or why it failed, and what to do then.

The table is resources/i18n/steps.json: a step's name gives its title, `ok.` and its name what it saw, with `+fact` for
every fact that sentence needs. Why a step failed is in the errors' own table.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from desktop.domain.diagnosis import Step, StepResult
from desktop.domain.settings import Language
from desktop.runtime.resources import resource
from desktop.runtime.wording import describe


@dataclass(frozen=True, slots=True)
class StepWording:
    title: str
    text: str
    action: str
    """Empty unless it failed."""


def describe_step(step: Step, language: Language = Language.PORTUGUESE) -> StepWording:
    title = _sentence(step.name.value, language)
    if step.code is not None:
        words = describe(step.code, step.facts, language)
        return StepWording(title, words.text, words.action)
    if step.result is StepResult.SKIPPED:
        return StepWording(title, _sentence("skipped", language), "")
    held = {name: str(fact) for name, fact in step.facts.items() if fact is not None}
    keys = [key.split("+") for key in _table() if key.split("+")[0] == f"ok.{step.name.value}"]
    fullest = max((key for key in keys if held.keys() >= set(key[1:])), key=len)
    text = _sentence("+".join(fullest), language)
    for name in fullest[1:]:
        text = text.replace(f"{{{name}}}", held[name])
    return StepWording(title, text, "")


def _sentence(key: str, language: Language) -> str:
    return _table()[key]["pt" if language is Language.PORTUGUESE else "en"]


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    table: Mapping[str, Mapping[str, str]] = json.loads(resource("i18n/steps.json").read_text("utf-8"))
    return table
