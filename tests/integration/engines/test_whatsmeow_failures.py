"""What whatsmeow's error texts mean for a send."""

from __future__ import annotations

import pytest

from desktop.adapters.engines.whatsmeow_failures import (
    download_failure,
    pack,
    query_failure,
    send_failure,
    unpack,
    upload_failure,
)
from desktop.domain.errors import AppError, Code, NeedsHuman, OutcomeUnknown, Rejected, Transient

GROUP, PERSON = "120363000000000001@g.us", "5511999990000@s.whatsapp.net"


@pytest.mark.parametrize(
    ("text", "written", "kind", "code", "number"),
    [
        ("server returned error 420", True, Rejected, Code.SEND_REFUSED, 420),
        ("server returned error 463", True, NeedsHuman, Code.NEEDS_HUMAN, 463),
        ("server returned error 429", True, Transient, Code.SEND_REFUSED, 429),
        ("server returned error 479", True, Rejected, Code.SEND_REFUSED, 479),
        ("server returned error 403", True, Rejected, Code.NOT_IN_GROUP, 403),
        ("timed out waiting for message send response", True, OutcomeUnknown, Code.OUTCOME_UNKNOWN, None),
        # Even if the id was missed: this can only follow a message that went out.
        ("timed out waiting for message send response", False, OutcomeUnknown, Code.OUTCOME_UNKNOWN, None),
        (
            "websocket disconnected before message send returned response",
            False,
            OutcomeUnknown,
            Code.OUTCOME_UNKNOWN,
            None,
        ),
        # After the first try went out, also a plain failure to send it again is no proof.
        ("websocket not connected", True, OutcomeUnknown, Code.OUTCOME_UNKNOWN, None),
        ("failed to send message node: websocket not connected", False, Transient, Code.NOT_CONNECTED, None),
        # The line had gone while the id was being kept: not a byte of the only try was written.
        ("failed to send message node: frame socket is closed", True, Transient, Code.NOT_CONNECTED, None),
        # This may be the second try.
        ("frame socket is closed", True, OutcomeUnknown, Code.OUTCOME_UNKNOWN, None),
        (
            "failed to get group members: you're not participating in that group",
            False,
            Rejected,
            Code.NOT_IN_GROUP,
            None,
        ),
        ("failed to get group members: that group does not exist", False, Rejected, Code.NOT_IN_GROUP, None),
        ("failed to get group members: info query timed out", False, Transient, Code.NOT_CONNECTED, None),
        ("info query returned status 404: item-not-found", False, Rejected, Code.NOT_IN_GROUP, 404),
        ("info query returned status 400: bad-request", False, Rejected, Code.SEND_REFUSED, 400),
        ("info query returned status 429: rate-overlimit", False, Transient, Code.SEND_REFUSED, 429),
        ("info query returned status 503: service-unavailable", False, Transient, Code.NOT_CONNECTED, None),
        ("the store doesn't contain a device JID", False, NeedsHuman, Code.NOT_PAIRED, None),
        ("failed to encrypt: something new", False, Transient, Code.NOT_CONNECTED, None),
    ],
)
def test_a_failed_send_tells_what_may_have_happened(
    text: str, written: bool, kind: type[AppError], code: Code, number: int | None
) -> None:
    error = send_failure(text, GROUP, written=written)
    assert (type(error), error.code, error.facts.get("number")) == (kind, code, number)


def test_somebody_without_whatsapp_is_told_as_such() -> None:
    error = send_failure(f"no LID found for {PERSON} from server", PERSON, written=False)
    assert (type(error), error.code) == (Rejected, Code.NOT_ON_WHATSAPP)


def test_a_chat_that_may_not_be_begun_stops_no_group() -> None:
    error = send_failure("server returned error 463", PERSON, written=True)
    assert (type(error), error.code) == (Rejected, Code.SEND_REFUSED)
    assert error.facts == {"reason": "new_chat", "number": 463}


@pytest.mark.parametrize(
    ("text", "written"),
    [("info query returned status 429: rate-overlimit", False), ("server returned error 429", True)],
)
def test_whoever_asks_too_often_is_told_to_wait(text: str, written: bool) -> None:
    error = send_failure(text, GROUP, written=written)
    assert isinstance(error, Transient)
    assert error.retry_after == 60.0


def test_a_question_about_a_person_is_never_answered_with_a_group_that_one_has_left() -> None:
    assert query_failure("info query returned status 404: item-not-found").code is Code.SEND_REFUSED


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("download failed with status code 404", Rejected, Code.MEDIA_GONE),
        ("download failed with status code 410", Rejected, Code.MEDIA_GONE),
        ("download failed with status code 403", Rejected, Code.MEDIA_GONE),
        ("failed to download media from last host: hash of media ciphertext doesn't match", Rejected, Code.MEDIA_GONE),
        ("failed to download media from last host: invalid media hmac", Rejected, Code.MEDIA_GONE),
        ("didn't find any attachments in message", Rejected, Code.MEDIA_GONE),
        (
            "failed to download media from last host: download failed with status code 503",
            Transient,
            Code.NOT_CONNECTED,
        ),
        ("failed to refresh media connections: websocket not connected", Transient, Code.NOT_CONNECTED),
    ],
)
def test_a_file_that_cannot_be_fetched_is_gone_or_may_come_later(text: str, kind: type[AppError], code: Code) -> None:
    error = download_failure(text)
    assert (type(error), error.code) == (kind, code)


def test_a_person_who_refuses_is_no_group_that_one_has_left() -> None:
    assert send_failure("server returned error 403", PERSON, written=True).code is Code.SEND_REFUSED


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("upload failed with status code 503", Code.UPLOAD_FAILED),
        ("failed to execute request: EOF", Code.UPLOAD_FAILED),
        ("failed to refresh media connections: websocket not connected", Code.NOT_CONNECTED),
        ("failed to refresh media connections: info query timed out", Code.NOT_CONNECTED),
    ],
)
def test_a_failed_upload_may_be_tried_again(text: str, code: Code) -> None:
    error = upload_failure(text)
    assert (type(error), error.code) == (Transient, code)


@pytest.mark.parametrize(
    "error",
    [
        Rejected(Code.NOT_IN_GROUP, group=GROUP, number=403),
        NeedsHuman(Code.NOT_PAIRED, detail="x"),
        Transient(Code.SEND_REFUSED, retry_after=60.0, number=429),
        Transient(Code.UPLOAD_FAILED),
        OutcomeUnknown(Code.OUTCOME_UNKNOWN, reason="no_ack"),
        query_failure("that group does not exist", GROUP),
    ],
)
def test_an_error_leaves_the_worker_as_it_was(error: AppError) -> None:
    again = unpack(pack(error))
    assert (type(again), again.code, again.facts) == (type(error), error.code, error.facts)
    assert getattr(again, "retry_after", None) == getattr(error, "retry_after", None)
