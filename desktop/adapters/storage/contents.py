"""Pictures and files that go out, kept by their digest for a while."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from desktop.adapters.storage import statements
from desktop.domain.content import Content
from desktop.domain.report import ImageFormat, Report
from desktop.domain.send import SendKind

_PICTURES = frozenset(kind.value for kind in ImageFormat)


class ContentStore:
    """Works inside the outbox's transactions.

    Nothing that is queued may be dropped: the keeping time has to be longer than the day for which a send waits.
    """

    def __init__(self, keep: timedelta) -> None:
        self._keep = keep

    def keep(self, connection: Connection, content: Content | Report, at: datetime) -> None:
        """Add it, or note that it is used again; what nobody used for too long makes room for a new one."""
        if connection.execute(statements.USE_CONTENT, {"known": content.sha256, "now": at}).rowcount:
            return
        row = {
            "sha256": content.sha256,
            "mimetype": content.format.value if isinstance(content, Report) else content.mimetype,
            "width": content.width,
            "height": content.height,
            "used_at": at,
            "content": content.content,
        }
        connection.execute(statements.ADD_CONTENT, row)
        connection.execute(statements.DROP_CONTENTS, {"before": at - self._keep})


def find(connection: Connection, sha256: str) -> Content | None:
    row = connection.execute(statements.CONTENT, {"sha256": sha256}).first()
    if row is None:
        return None
    return Content(
        content=row.content,
        sha256=sha256,
        kind=SendKind.IMAGE if row.mimetype in _PICTURES else SendKind.DOCUMENT,
        mimetype=row.mimetype,
        width=row.width,
        height=row.height,
    )
