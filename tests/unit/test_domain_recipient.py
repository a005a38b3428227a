"""Recipients: groups are never reformatted, people are reduced to digits, the rest is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.domain.errors import Code, Rejected
from desktop.domain.recipient import Recipient, RecipientKind

GROUPS = [
    "120363049876543210@g.us",
    "5511999999999-1600000000@g.us",
    "123456789012345@g.us",
]
DIGITS = st.text("0123456789", min_size=8, max_size=15)


@pytest.mark.parametrize("jid", GROUPS)
def test_a_group_stays_as_it_is_registered(jid: str) -> None:
    assert Recipient.parse(f" {jid}\n") == Recipient(jid, RecipientKind.GROUP)
    assert Recipient.group(f" {jid} ") == Recipient(jid, RecipientKind.GROUP)


@pytest.mark.parametrize(
    "text",
    [
        "5511999999999",
        "+55 (11) 99999-9999",
        "55.11.99999.9999",
        "5511999999999@c.us",
        "5511999999999@s.whatsapp.net",
    ],
)
def test_a_person_is_addressed_by_the_number_however_it_is_written(text: str) -> None:
    assert Recipient.parse(text) == Recipient("5511999999999@s.whatsapp.net", RecipientKind.INDIVIDUAL)


def test_the_ninth_digit_is_never_added_or_removed() -> None:
    assert Recipient.parse("+55 11 9999-9999").jid == "551199999999@s.whatsapp.net"


def test_a_hidden_identity_is_kept() -> None:
    assert Recipient.parse("123456@lid") == Recipient("123456@lid", RecipientKind.LID)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("5511999999999@gmail.com", "unknown_server"),
        ("120363@g.us", "unknown_server"),
        ("1203630498765432101234567@g.us@g.us", "unknown_server"),
        ("1234567", "not_a_number"),
        ("1234567890123456", "not_a_number"),
        ("Padaria", "not_a_number"),
        ("５５１１９９９９９９９９９", "not_a_number"),
    ],
)
def test_anything_else_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(Rejected) as refused:
        Recipient.parse(text)
    assert refused.value.code is Code.RECIPIENT_INVALID
    assert refused.value.facts == {"reason": reason, "value": text.strip()}


@pytest.mark.parametrize("text", ["", "5511999999999", "5511999999999@c.us", "123@lid", "12036304987654321", "x@g.us"])
def test_a_directory_may_only_name_groups(text: str) -> None:
    with pytest.raises(Rejected) as refused:
        Recipient.group(text)
    assert refused.value.code is Code.GROUP_INVALID
    assert refused.value.facts == {"value": text}


def test_a_huge_value_is_named_only_in_part() -> None:
    with pytest.raises(Rejected) as refused:
        Recipient.group("9" * 5000)
    assert refused.value.facts["value"] == "9" * 60


@settings(deadline=None)
@given(DIGITS)
def test_reading_a_jid_again_gives_the_same_recipient(digits: str) -> None:
    once = Recipient.parse(digits)
    assert Recipient.parse(once.jid) == once
    assert once.jid == f"{digits}@s.whatsapp.net"


@settings(deadline=None)
@given(st.text(max_size=40) | st.text("0123456789-@.gus cli+d", max_size=40))
def test_whatever_is_typed_is_understood_or_refused(text: str) -> None:
    try:
        recipient = Recipient.parse(text)
    except Rejected as exc:
        refused = exc
    else:
        user, _, server = recipient.jid.partition("@")
        assert server in {"g.us", "lid", "s.whatsapp.net"}
        assert user.replace("-", "").isdigit()
        return
    assert refused.code is Code.RECIPIENT_INVALID
