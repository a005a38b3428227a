"""The child that holds one WhatsApp session: whatsmeow may abort, hang or leak in it, and is then begun anew.

Beside the listener's events it tells `closed` detail: whatsmeow gave up; and `submitting` send: the message of this
number is handed to whatsmeow now, and until then nothing of it can have been sent.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeVar

from desktop.adapters.engines.whatsmeow_failures import (
    LIBRARY_MISSING,
    pack,
    query_failure,
    send_failure,
    upload_failure,
)
from desktop.adapters.engines.whatsmeow_library import Library, LibraryMissingError
from desktop.adapters.engines.whatsmeow_listener import Outgoing, SessionListener
from desktop.adapters.engines.whatsmeow_picture import JPEG, dressed
from desktop.adapters.worker_child import CallError, Emit, serve
from desktop.domain.errors import AppError

_UPLOAD_TRIES: Final = 2
_UPLOAD_PAUSE: Final = 0.5

_log = logging.getLogger(__name__)
_Value = TypeVar("_Value")


class WhatsmeowHandler:
    """Its calls raise CallError as `pack` makes them; messages are sent one at a time."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        try:
            self._library = Library()
        except LibraryMissingError as exc:
            raise CallError(LIBRARY_MISSING, {"detail": str(exc)}) from exc
        self._listener = SessionListener(emit, self._library)
        self._sending = threading.Lock()

    def connect(self, folder: str, file: str, phone: str) -> None:
        """Returns at once; events tell the rest. Only `file` must be free of `#`, `?` and `%`.

        `phone`: digits of the phone that links the session by letters, if it is not linked; empty: by codes.
        """
        os.umask(0o077)
        self._listener.pairing_phone = phone
        # The library puts the path into a URL unescaped: only a bare name is safe.
        os.chdir(folder)
        threading.Thread(target=self._stay, args=(file,), name="whatsmeow", daemon=True).start()

    def send_image(
        self, send: int, jid: str, content: bytes, mimetype: str, width: int, height: int, caption: str
    ) -> dict[str, object]:
        """The acknowledgement: `message_id`, and `at` in Unix seconds."""

        def work() -> dict[str, object]:
            jpeg, thumbnail = dressed(content, mimetype)
            uploaded = self._upload(jpeg)
            image = self._library.content.ImageMessage(
                URL=uploaded.url,
                directPath=uploaded.DirectPath,
                mimetype=JPEG,
                caption=caption,
                fileSHA256=uploaded.FileSHA256,
                fileEncSHA256=uploaded.FileEncSHA256,
                fileLength=uploaded.FileLength,
                mediaKey=uploaded.MediaKey,
                mediaKeyTimestamp=int(time.time()),
                width=width,
                height=height,
                JPEGThumbnail=thumbnail,
            )
            return self._submit(send, jid, self._library.content.Message(imageMessage=image))

        return _packed(work)

    def send_text(self, send: int, jid: str, text: str) -> dict[str, object]:
        """As send_image."""
        return _packed(lambda: self._submit(send, jid, self._library.content.Message(conversation=text)))

    def groups(self) -> list[dict[str, object]]:
        """`jid`, `subject` and `members` of each."""

        def work() -> list[dict[str, object]]:
            answer = self._library.joined_groups()
            if answer.Error:
                raise query_failure(answer.Error)
            return [_described(group) for group in answer.Group]

        return _packed(work)

    def group(self, jid: str) -> dict[str, object]:
        """As one of groups."""

        def work() -> dict[str, object]:
            answer = self._library.group_info(jid)
            if answer.Error:
                raise query_failure(answer.Error, jid)
            return _described(answer.GroupInfo)

        return _packed(work)

    def log_out(self) -> None:
        """The link is gone on WhatsApp's side and in the store."""

        def work() -> None:
            if failure := self._library.log_out():
                raise query_failure(failure)

        _packed(work)

    def ping(self) -> bool:
        """Whether the session has its line; only once it was told to be online."""
        return self._library.is_online()

    def _stay(self, file: str) -> None:
        detail = self._library.run(file, self._listener)
        self._emit("closed", detail=detail)

    def _upload(self, jpeg: bytes) -> Any:
        for left in reversed(range(_UPLOAD_TRIES)):
            answer = self._library.upload_image(jpeg)
            if not answer.Error:
                break
            _log.warning("the upload failed, tries left: %d: %s", left, answer.Error)
            if not left:
                raise upload_failure(answer.Error)
            time.sleep(_UPLOAD_PAUSE)
        return answer.UploadResponse

    def _submit(self, send: int, jid: str, message: Any) -> dict[str, object]:
        with self._sending:
            outgoing = self._listener.outgoing = Outgoing(send, jid)
            self._emit("submitting", send=send)
            try:
                answer = self._library.send(jid, message)
            finally:
                self._listener.outgoing = None
        if answer.Error:
            raise send_failure(answer.Error, jid, written=outgoing.message_id is not None)
        return {"message_id": answer.SendResponse.ID, "at": answer.SendResponse.Timestamp}


def main(arguments: list[str]) -> NoReturn:
    """Turns this process into the worker."""
    serve(WhatsmeowHandler)


def _packed(work: Callable[[], _Value]) -> _Value:
    try:
        return work()
    except AppError as exc:
        raise pack(exc) from exc


def _described(group: Any) -> dict[str, object]:
    jid = f"{group.JID.User}@{group.JID.Server}"
    return {"jid": jid, "subject": group.GroupName.Name, "members": len(group.Participants)}


if __name__ == "__main__":
    main(sys.argv[1:])
