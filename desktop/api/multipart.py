"""Reading a form of several parts, as browsers and HTTP libraries send files."""

from email.message import Message
from email.parser import HeaderParser

from desktop.domain.content import File
from desktop.domain.errors import Code, Rejected

FORM = "multipart/form-data"
_MOST_PARTS = 20


def read_form(content_type: str, body: bytes) -> dict[str, str | File]:
    """A form's fields by name: texts, and files with what their sender calls them.

    Raises Rejected(BODY_INVALID) with `reason` `broken_form`, or `repeated` with the `field` that is there twice.
    """
    head = Message()
    head["content-type"] = content_type
    boundary = head.get_boundary()
    if not boundary:
        raise Rejected(Code.BODY_INVALID, reason="broken_form")
    # Before the first boundary and after the last there is nothing of interest.
    *parts, end = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
    if not end.startswith(b"--") or len(parts) > _MOST_PARTS:
        raise Rejected(Code.BODY_INVALID, reason="broken_form")
    fields: dict[str, str | File] = {}
    for name, value in map(_field, parts[1:]):
        if name in fields:
            # One of the two would be lost in silence.
            raise Rejected(Code.BODY_INVALID, reason="repeated", field=name)
        fields[name] = value
    return fields


def _field(part: bytes) -> tuple[str, str | File]:
    lines, gap, content = part.partition(b"\r\n\r\n")
    head = HeaderParser().parsestr(lines.lstrip(b"\r\n").decode(errors="replace"))
    name = head.get_param("name", header="content-disposition")
    if not gap or not isinstance(name, str):
        raise Rejected(Code.BODY_INVALID, reason="broken_form")
    filename = head.get_filename()
    if filename is None:
        return name, content.decode(errors="replace")
    kind = head.get_content_type() if head["content-type"] else ""
    return name, File(content, filename, kind)
