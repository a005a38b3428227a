"""Reading a JSON body as legacy ERPs write it."""

import codecs
import json

from desktop.domain.errors import Code, Rejected

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode_body(body: bytes) -> str:
    """UTF-8 with or without a BOM, UTF-16 with one, and otherwise Windows-1252, which Delphi and Harbour send."""
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(encoding, errors="replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("windows-1252", errors="replace")


def read_object(body: bytes) -> dict[str, object]:
    """The JSON object of a body.

    Raises Rejected(BODY_INVALID) with `reason` `empty`, `not_json` (with line and column) or `not_an_object`.
    """
    text = decode_body(body).strip()
    if not text:
        raise Rejected(Code.BODY_INVALID, reason="empty")
    try:
        value = json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        raise Rejected(Code.BODY_INVALID, reason="not_json", line=error.lineno, column=error.colno) from error
    except RecursionError as error:
        raise Rejected(Code.BODY_INVALID, reason="not_json", line=1, column=1) from error
    if not isinstance(value, dict):
        raise Rejected(Code.BODY_INVALID, reason="not_an_object")
    return value
