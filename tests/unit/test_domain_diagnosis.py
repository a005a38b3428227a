"""What a step of a test says of itself."""

from __future__ import annotations

from desktop.domain.diagnosis import Step, StepName, StepResult
from desktop.domain.errors import Code, Transient


def test_a_step_that_failed_has_its_errors_code_and_facts() -> None:
    step = Step.failed(StepName.LOGIN, 0.5, Transient(Code.ORACLE_UNAVAILABLE, reason="dropped"))
    assert (step.result, step.code, step.facts, step.took) == (
        StepResult.FAILED,
        Code.ORACLE_UNAVAILABLE,
        {"reason": "dropped"},
        0.5,
    )


def test_a_step_that_passed_says_what_it_saw_and_one_left_out_nothing() -> None:
    assert Step.passed(StepName.TABLE, 0.1, companies=3).facts == {"companies": 3}
    skipped = Step.skipped(StepName.TABLE)
    assert (skipped.result, skipped.code, dict(skipped.facts)) == (StepResult.SKIPPED, None, {})
