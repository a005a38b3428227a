"""A phone number as a clerk types it."""

_COUNTRY = "55"
_WITH_AREA = (10, 11)
"""Digits of a Brazilian number with its area code, without and with the ninth digit; neither is ever rewritten."""
_SIGNS = frozenset(" ()-.+/")


def read_phone(text: str) -> str | None:
    """The digits with country code of what was typed; None where it cannot be a phone number.

    Without a plus sign a number of ten or eleven digits is a Brazilian one.
    """
    if any(not (sign.isascii() and sign.isdigit()) and sign not in _SIGNS for sign in text):
        return None
    digits = "".join(sign for sign in text if sign.isdigit())
    if text.strip().startswith("+"):
        return digits if 8 <= len(digits) <= 15 else None
    digits = digits.lstrip("0")
    if len(digits) in _WITH_AREA:
        return _COUNTRY + digits
    return digits if digits.startswith(_COUNTRY) and len(digits) - len(_COUNTRY) in _WITH_AREA else None
