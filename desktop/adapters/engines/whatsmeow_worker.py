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
    download_failure,
    nobody_there,
    pack,
    query_failure,
    send_failure,
    upload_failure,
)
from desktop.adapters.engines.whatsmeow_incoming import GROUP, LID
from desktop.adapters.engines.whatsmeow_library import Library, LibraryMissingError, UploadKind
from desktop.adapters.engines.whatsmeow_listener import Outgoing, SessionListener
from desktop.adapters.engines.whatsmeow_picture import JPEG, dressed
from desktop.adapters.worker_child import CallError, Emit, serve
from desktop.domain.errors import AppError, Code, Rejected

_UPLOAD_TRIES: Final = 2
_UPLOAD_PAUSE: Final = 0.5
# Refusals behind which may be that the number is no member, or no administrator, of the group any more.
_MAY_NOT_WRITE: Final = frozenset({401, 403, 405, 420})

_log = logging.getLogger(__name__)
_Value = TypeVar("_Value")


class Clearance:
    """The program's word on its newest message; a message of a smaller number is given up by then."""

    def __init__(self) -> None:
        self._decided = threading.Condition()
        self._send = 0
        self._may_go = False

    def decide(self, send: int, *, may_go: bool) -> None:
        with self._decided:
            self._send, self._may_go = send, may_go
            self._decided.notify_all()

    def wait(self, send: int) -> bool:
        """The program sees to it that this ends: it decides, or ends the worker."""
        with self._decided:
            self._decided.wait_for(lambda: self._send >= send)
            return self._send == send and self._may_go


class WhatsmeowHandler:
    """Its calls raise CallError as `pack` makes them; messages are sent one at a time."""

    call_threads = 6

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        try:
            self._library = Library()
        except LibraryMissingError as exc:
            raise CallError(LIBRARY_MISSING, {"detail": str(exc)}) from exc
        self._listener = SessionListener(emit, self._library)
        self._sending = threading.Lock()
        self._clearance = Clearance()

    def connect(self, folder: str, file: str, phone: str, release: float) -> None:
        """Returns at once; events tell the rest. Only `file` must be free of `#`, `?` and `%`.

        `phone`: digits of the phone that links the session by letters, if it is not linked; empty: by codes.
        `release`: seconds that a message waits for the word that its id is on disk.
        """
        os.umask(0o077)
        self._listener.pairing_phone, self._listener.release_wait = phone, release
        # The library puts the path into a URL unescaped: only a bare name is safe.
        os.chdir(folder)
        threading.Thread(target=self._stay, args=(file,), name="whatsmeow", daemon=True).start()

    def send_image(
        self, send: int, jid: str, content: bytes, mimetype: str, width: int, height: int, caption: str
    ) -> dict[str, object] | None:
        """The acknowledgement: `message_id`, and `at` in Unix seconds; None where the message was called off."""

        def work() -> dict[str, object] | None:
            jpeg, thumbnail = dressed(content, mimetype)
            image = self._library.content.ImageMessage(
                **self._upload(jpeg, UploadKind.IMAGE),
                mimetype=JPEG,
                caption=caption,
                width=width,
                height=height,
                JPEGThumbnail=thumbnail,
            )
            return self._submit(send, jid, self._library.content.Message(imageMessage=image))

        return _packed(work)

    def send_document(
        self, send: int, jid: str, content: bytes, mimetype: str, filename: str, caption: str
    ) -> dict[str, object] | None:
        """As send_image."""

        def work() -> dict[str, object] | None:
            made = self._library.content
            document = made.DocumentMessage(
                **self._upload(content, UploadKind.DOCUMENT), mimetype=mimetype, fileName=filename, title=filename
            )
            if not caption:
                return self._submit(send, jid, made.Message(documentMessage=document))
            # Telephones show a document's caption only where it comes wrapped like this.
            document.caption = caption
            wrapped = made.FutureProofMessage(message=made.Message(documentMessage=document))
            return self._submit(send, jid, made.Message(documentWithCaptionMessage=wrapped))

        return _packed(work)

    def clear(self, send: int, may_go: bool) -> None:
        """Whether the message of this number may be handed to whatsmeow; numbers only grow."""
        self._clearance.decide(send, may_go=may_go)

    def release(self, send: int) -> None:
        """The id of this message is on disk: it may go to the line."""
        outgoing = self._listener.outgoing
        if outgoing is not None and outgoing.send == send:
            outgoing.released.set()

    def send_text(self, send: int, jid: str, text: str) -> dict[str, object] | None:
        """As send_image."""
        return _packed(lambda: self._submit(send, jid, self._library.content.Message(conversation=text)))

    def find_account(self, phone: str) -> str | None:
        """The jid of the account with that telephone number (digits); None where there is none."""

        def work() -> str | None:
            answer = self._library.find_account(phone)
            if answer.Error and not nobody_there(answer.Error):
                raise query_failure(answer.Error)
            found = next((account.JID for account in answer.IsOnWhatsAppResponse if account.IsIn), None)
            if found is None:
                return None
            jid = f"{found.User}@{found.Server}"
            return (self._library.phone_of(jid) or jid) if found.Server == LID else jid

        return _packed(work)

    def download(self, ticket: bytes, max_bytes: int) -> bytes:
        """The file of a received message; how large it is shows only once it is here."""

        def work() -> bytes:
            answer = self._library.download(ticket)
            if answer.Error:
                raise download_failure(answer.Error)
            content: bytes = answer.Binary
            if len(content) > max_bytes:
                raise Rejected(Code.MEDIA_TOO_LARGE, size=len(content), limit=max_bytes)
            return content

        return _packed(work)

    def groups(self) -> list[dict[str, object]]:
        """`jid`, `subject`, `members`, `admins_only`, `admin` and `community` of each; communities are none themselves:
        nobody can write to them.
        """

        def work() -> list[dict[str, object]]:
            answer = self._library.joined_groups()
            if answer.Error:
                raise query_failure(answer.Error)
            own = self._own_users()
            return [_described(group, own) for group in answer.Group if not group.GroupParent.IsParent]

        return _packed(work)

    def group(self, jid: str) -> dict[str, object]:
        """As one of groups."""

        def work() -> dict[str, object]:
            answer = self._library.group_info(jid)
            if answer.Error:
                raise query_failure(answer.Error, jid)
            if answer.GroupInfo.GroupParent.IsParent:
                raise Rejected(Code.GROUP_INVALID, value=jid, reason="community")
            return _described(answer.GroupInfo, self._own_users())

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

    def _own_users(self) -> frozenset[str]:
        device = self._library.linked_as()
        return frozenset((device.JID.User, device.LID.User))

    def _upload(self, content: bytes, kind: UploadKind) -> dict[str, object]:
        """What a message must say of the file, so that it can be fetched and opened."""
        for left in reversed(range(_UPLOAD_TRIES)):
            answer = self._library.upload(content, kind)
            if not answer.Error:
                break
            _log.warning("the upload failed, tries left: %d: %s", left, answer.Error)
            if not left:
                raise upload_failure(answer.Error)
            time.sleep(_UPLOAD_PAUSE)
        uploaded = answer.UploadResponse
        return {
            "URL": uploaded.url,
            "directPath": uploaded.DirectPath,
            "fileSHA256": uploaded.FileSHA256,
            "fileEncSHA256": uploaded.FileEncSHA256,
            "fileLength": uploaded.FileLength,
            "mediaKey": uploaded.MediaKey,
            "mediaKeyTimestamp": int(time.time()),
        }

    def _explained(self, refusal: AppError, jid: str) -> AppError:
        """A refusal by its reason, where the group itself tells it."""
        number = refusal.facts.get("number")
        if number not in _MAY_NOT_WRITE or not jid.endswith(f"@{GROUP}"):
            return refusal
        answer = self._library.group_info(jid)
        if answer.Error:
            reason = query_failure(answer.Error, jid)
            return reason if isinstance(reason, Rejected) else refusal
        group = _described(answer.GroupInfo, self._own_users())
        if group["admins_only"] and not group["admin"]:
            return Rejected(Code.GROUP_ADMINS_ONLY, group=jid, number=number)
        return refusal

    def _submit(self, send: int, jid: str, message: Any) -> dict[str, object] | None:
        if not self._clearance.wait(send):
            return None
        with self._sending:
            outgoing = self._listener.outgoing = Outgoing(send, jid)
            self._emit("submitting", send=send)
            try:
                answer = self._library.send(jid, message)
            finally:
                self._listener.outgoing = None
        if answer.Error:
            raise self._explained(send_failure(answer.Error, jid, written=outgoing.message_id is not None), jid)
        return {"message_id": answer.SendResponse.ID, "at": answer.SendResponse.Timestamp}


def main(arguments: list[str]) -> NoReturn:
    """Turns this process into the worker."""
    serve(WhatsmeowHandler)


def _packed(work: Callable[[], _Value]) -> _Value:
    try:
        return work()
    except AppError as exc:
        raise pack(exc) from exc


def _described(group: Any, own: frozenset[str]) -> dict[str, object]:
    ours = [
        member for member in group.Participants if own & {member.JID.User, member.LID.User, member.PhoneNumber.User}
    ]
    parent = group.GroupLinkedParent.LinkedParentJID
    return {
        "jid": f"{group.JID.User}@{group.JID.Server}",
        "subject": group.GroupName.Name,
        "members": len(group.Participants),
        "admins_only": group.GroupAnnounce.IsAnnounce,
        "admin": any(member.IsAdmin or member.IsSuperAdmin for member in ours),
        "community": f"{parent.User}@{parent.Server}" if parent.User else None,
    }


if __name__ == "__main__":
    main(sys.argv[1:])
