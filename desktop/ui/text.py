"""Strings on their way to the screen: translation outside of QObjects, and numbers and times as people write them."""

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

if TYPE_CHECKING:
    from datetime import date, datetime

translate = QCoreApplication.translate

_PLACE = re.compile(r"%(\d)")
_PEOPLE = frozenset({"s.whatsapp.net", "c.us"})


def fill(template: str, *values: object) -> str:
    """Put values where `%1`, `%2`… stand; done in one pass, so a value with a percent sign is left as it is."""
    return _PLACE.sub(lambda place: str(values[int(place[1]) - 1]), template)


def shown_time(at: "datetime") -> str:
    """The local time of day, 18:02."""
    return f"{at.astimezone():%H:%M}"


def shown_moment(at: "datetime", today: "date") -> str:
    """A time as short as it can be told: «today 18:02», «yesterday 18:02», or with its date."""
    local = at.astimezone()
    match (today - local.date()).days:
        case 0:
            return fill(translate("Words", "today %1"), f"{local:%H:%M}")
        case 1:
            return fill(translate("Words", "yesterday %1"), f"{local:%H:%M}")
        case _:
            return shown_date_time(at)


def shown_date_time(at: "datetime") -> str:
    """The local date and time in the order the language has them."""
    local = at.astimezone()
    pattern = translate("Words", "%Y-%m-%d %H:%M", "strftime: date and time")
    return local.strftime(pattern)


def shown_phone(digits: str) -> str:
    """A phone number with country code; Brazilian ones with their area code apart."""
    if digits.startswith("55") and len(digits) in (12, 13):
        area, number = digits[2:4], digits[4:]
        return f"+55 ({area}) {number[:-4]}-{number[-4:]}"
    return f"+{digits}"


def shown_chat(jid: str) -> str:
    """A chat as short as it can be told: a person's number, or enough of a group's jid to tell it from the next."""
    number, at, server = jid.partition("@")
    if server in _PEOPLE and number.isdigit():
        return shown_phone(number)
    return f"{number[:4]}…{number[-4:]}{at}{server}" if len(number) > 10 else jid


def plain(source: str) -> str:
    """A control's text without the ampersand of its mnemonic."""
    return re.sub(r"&(.)", r"\1", source)
