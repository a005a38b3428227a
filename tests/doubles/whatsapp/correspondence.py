"""What other people do while a program is linked: they write, send files, change groups, remember."""

from __future__ import annotations

import time

from . import contents
from .binary_node import Node
from .contents import Remembered
from .controls import Controls
from .people import Account, Group, Person
from .queries import participant_node

INITIAL_HISTORY, RECENT_HISTORY = 0, 3


class Correspondence(Controls):
    """`chat` is a group, or somebody's own address: then it goes to the account alone. `sender` is an address, or which
    of the group's members. `phone` names the account, the double's own first one without it.
    """

    def incoming(self, chat: Group | str, sender: str | int, message: bytes, phone: str | None = None) -> str:
        """Somebody writes what one of the functions of `contents` makes. Returns the message id."""
        account, where, who = self.account(phone), self._chat(chat), self._sender(chat, sender)
        return self._call(self.server.writing.write(account, where, who, message))

    def incoming_text(self, chat: Group | str, sender: str | int, text: str, phone: str | None = None) -> str:
        """Returns the message id."""
        return self.incoming(chat, sender, contents.text(text), phone)

    def incoming_image(
        self, chat: Group | str, sender: str | int, picture: bytes, caption: str = "", phone: str | None = None
    ) -> str:
        """Returns the message id."""
        return self.incoming_file(chat, sender, "image", picture, phone, caption=caption)

    def incoming_file(
        self,
        chat: Group | str,
        sender: str | int,
        kind: str,
        data: bytes,
        phone: str | None = None,
        *,
        said: int | None = None,
        **about: str | int,
    ) -> str:
        """kind: one of contents.FILES; `about` as in contents.file; `said`: a wrong size. Returns the message id."""
        account, where, who = self.account(phone), self._chat(chat), self._sender(chat, sender)

        async def send() -> str:
            file = self.server.writing.upload(data, contents.FILES[kind].media)
            message = contents.file(kind, file, len(data) if said is None else said, **about)
            return await self.server.writing.write(account, where, who, message, "media")

        return self._call(send())

    def write_on_own_phone(self, chat: Group | str, text: str, phone: str | None = None) -> str:
        """The account's owner writes on the phone; the program gets its copy. chat: a group or a person's address."""
        account = self.account(phone)
        return self._call(self.server.writing.write(account, self._chat(chat), account, contents.text(text)))

    def send_history(
        self,
        chats: dict[str, list[Remembered]],
        phone: str | None = None,
        *,
        phones: dict[str, str] | None = None,
        kind: int = INITIAL_HISTORY,
    ) -> None:
        """The phone sends what it remembers to its computers; phones: the numbers it tells for hidden ids."""
        account = self.account(phone)
        self._call(self.server.writing.history(account, contents.history(chats, phones or {}, kind), kind))

    def remembered_file(
        self, chat: Group | str, sender: str | int, kind: str, data: bytes, **about: str | int
    ) -> Remembered:
        """A file for `send_history`, which the media host still has."""
        who = self._sender(chat, sender)

        async def upload() -> bytes:
            file = self.server.writing.upload(data, contents.FILES[kind].media)
            return contents.file(kind, file, len(data), **about)

        return Remembered(f"OLD-{time.time_ns()}", self._call(upload()), str(who.lid), who.name)

    def forget_media(self) -> None:
        """The media host has deleted what was uploaded, as WhatsApp does after some weeks."""

        async def forget() -> None:
            self.world.media.clear()

        self._call(forget())

    def fail_next_download(self, status: int, times: int = 1) -> None:
        """The next downloads are answered by this HTTP status."""

        async def fail() -> None:
            self.world.faults.download_statuses.extend([status] * times)

        self._call(fail())

    def rename_group(self, group: Group | str, subject: str) -> None:
        """Linked programs are told, as of every change below."""

        async def rename() -> None:
            found = self.group(group)
            found.subject = subject
            change = Node("subject", {"subject": subject, "s_t": int(time.time())})
            await self.server.mail.tell_change(found, change)

        self._call(rename())

    def set_admins_only(self, group: Group | str, admins_only: bool = True) -> None:
        async def settle() -> None:
            found = self.group(group)
            found.admins_only = admins_only
            change = Node("announcement" if admins_only else "not_announcement", {"v_id": str(time.time_ns())})
            await self.server.mail.tell_change(found, change)

        self._call(settle())

    def promote(self, group: Group | str, phone: str | None = None) -> None:
        """The account becomes an administrator."""
        account = self.account(phone)

        async def promote() -> None:
            found = self.group(group)
            found.admins.add(account)
            await self.server.mail.tell_change(found, Node("promote", content=[participant_node(found, account)]))

        self._call(promote())

    def add_member(self, group: Group | str, name: str = "Nova") -> Person:
        """Somebody new joins."""

        async def add() -> Person:
            found, person = self.group(group), self.world.person(name)
            found.people.append(person)
            await self.server.mail.tell_change(found, Node("add", content=[participant_node(found, person)]))
            return person

        return self._call(add())

    def _chat(self, chat: Group | str) -> str:
        return chat.jid if isinstance(chat, Group) else chat

    def _sender(self, chat: Group | str, sender: str | int) -> Person:
        if isinstance(sender, str):
            return self.person(sender)
        return [person for person in self.group(chat).people if not isinstance(person, Account)][sender]
