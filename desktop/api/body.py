"""Reading a JSON body as legacy ERPs write it."""

import asyncio
import codecs
import json
import re
from collections.abc import Container
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.requests import Request

from desktop.api.gate import MAX_BODY
from desktop.api.misfit import misfit
from desktop.domain.errors import Code, Rejected

JSON = "application/json"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# C programs send the NUL that ends their string along.
_PADDING = " \t\r\n\0"
# Fields as a browser writes them, or the first boundary of several parts.
_FORM = re.compile(r"[\w.%+-]+=|--\S+\r\nContent-Disposition: form-data", re.IGNORECASE)

Shape = TypeVar("Shape", bound=BaseModel)


async def read_body(request: Request, shape: type[Shape]) -> Shape:
    """A request's body in its shape; what is null counts as left out.

    Raises Rejected(BODY_INVALID) as read_object, or as misfit says it of the first field at fault.
    """
    body = await request.body()
    # A file takes a tenth of a second to read: not on the loop.
    value = read_object(body) if len(body) <= MAX_BODY else await asyncio.to_thread(read_object, body)
    try:
        return shape.model_validate({name: part for name, part in value.items() if part is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise misfit(first, ".".join(map(str, first["loc"]))) from error


def require_json(headers: Headers, taken: Container[str] = (JSON,)) -> None:
    """Refuse a body that does not say it is JSON, or what else is taken: forms and simple requests of web pages cannot.

    Raises Rejected(BODY_TYPE).
    """
    if "transfer-encoding" not in headers and headers.get("content-length", "0").strip("0") == "":
        return
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in taken:
        raise Rejected(Code.BODY_TYPE, kind=kind[:100])


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
    """The JSON object of a body; line ends and other control characters inside texts are taken as they are.

    Raises Rejected(BODY_INVALID) with `reason` `empty`, `not_json` (with line and column), `form` (fields of an HTML
    form), `not_an_object`, or `repeated` with the `field` that is there twice, since one of the two would be ignored.
    """
    text = decode_body(body).strip(_PADDING)
    if not text:
        raise Rejected(Code.BODY_INVALID, reason="empty")
    try:
        value = json.loads(text, strict=False, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        if _FORM.match(text):
            raise Rejected(Code.BODY_INVALID, reason="form") from error
        raise Rejected(Code.BODY_INVALID, reason="not_json", line=error.lineno, column=error.colno) from error
    except (RecursionError, ValueError) as error:
        # Thousands of brackets, or a number of thousands of digits: no place to name.
        raise Rejected(Code.BODY_INVALID, reason="not_json", line=1, column=1) from error
    if not isinstance(value, dict):
        raise Rejected(Code.BODY_INVALID, reason="not_an_object")
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value: dict[str, object] = {}
    for name, part in pairs:
        if name in value:
            raise Rejected(Code.BODY_INVALID, reason="repeated", field=name)
        value[name] = part
    return value
