"""Never the wrong group: what is known of a session's groups, and which one a person confirmed for a company."""

import asyncio
import logging
from collections.abc import Callable

from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company
from desktop.domain.errors import Code, Fact, Rejected
from desktop.domain.events import Event, GroupChanged, GroupWarned, SessionChanged, SessionRemoved
from desktop.domain.group import ConfirmedGroup, GroupDoubt, GroupInfo, GroupPolicy, doubt_about
from desktop.domain.recipient import Recipient
from desktop.domain.settings import Settings
from desktop.ports.clock import Clock
from desktop.ports.groups import ConfirmedGroups
from desktop.services.bus import Bus
from desktop.services.preparing import Preparing
from desktop.services.sessions import Sessions

logger = logging.getLogger(__name__)


class _Seen:
    """What one session's number was told of its groups since it got its line."""

    def __init__(self) -> None:
        self.infos: dict[str, GroupInfo] = {}
        self.listed = False
        """True once the whole list was asked for."""
        self.asking = asyncio.Lock()
        self.changes = 0
        """Grows with every change: an answer that was on its way meanwhile is not remembered."""

    def forget(self, jid: str | None = None) -> None:
        """One group, or (None) all of them."""
        self.changes += 1
        if jid is None:
            self.infos.clear()
            self.listed = False
        else:
            self.infos.pop(jid, None)


class Groups:
    """Asks WhatsApp for all groups at once the first time, then only for those that changed: it limits questions."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        preparing: Preparing,
        confirmed: ConfirmedGroups,
        bus: Bus,
        clock: Clock,
        settings: Callable[[], Settings],
    ) -> None:
        self._sessions = sessions
        self._preparing = preparing
        self._confirmed = confirmed
        self._bus = bus
        self._clock = clock
        self._settings = settings
        self._seen: dict[str, _Seen] = {}
        self._known: dict[Cnpj, ConfirmedGroup] = {}
        bus.subscribe(self._hear)

    async def info(self, session: str, jid: str) -> GroupInfo:
        """A group as the session's number sees it; raises what Sessions.engine and Engine.groups and .group raise."""
        seen = self._seen.setdefault(session, _Seen())
        if (known := seen.infos.get(jid)) is not None:
            return known
        async with seen.asking:
            if (known := seen.infos.get(jid)) is not None:
                return known
            engine = self._sessions.engine(session)
            if not seen.listed:
                before = seen.changes
                listed = {group.jid: group for group in await engine.groups()}
                if before == seen.changes:
                    seen.infos.update(listed)
                    seen.listed = True
                if jid in listed:
                    return listed[jid]
            before = seen.changes
            info = await engine.group(jid)
            if before == seen.changes:
                seen.infos[jid] = info
            return info

    async def check(self, company: Company, jid: str, session: str) -> GroupInfo:
        """Let a company's report go to a group, or refuse; by the setting, the person is told or asked.

        Raises Rejected(GROUP_ADMINS_ONLY), Rejected(GROUP_UNCONFIRMED) with the facts `reason` (a GroupDoubt),
        `company`, `cnpj`, `group`, `jid` and `members`, and what `info` raises.
        """
        # Known from here on, so that nobody's yes falls between what the group is and what was said of it.
        await self.confirmed(company.cnpj)
        info = await self.info(session, jid)
        if not info.writable:
            raise Rejected(Code.GROUP_ADMINS_ONLY, group=info.subject)
        doubt = doubt_about(info, self._known.get(company.cnpj))
        if doubt is None:
            return info
        policy = self._settings().groups.policy
        if policy is GroupPolicy.REFUSE:
            raise _unconfirmed(company, info, doubt)
        await self._remember(company.cnpj, info)
        if policy is GroupPolicy.WARN:
            self._bus.publish(GroupWarned(company.label, info, doubt))
        return info

    async def look(self, company: Company, session: str | None = None) -> tuple[GroupInfo, GroupDoubt | None]:
        """A company's group as it is now, and what a person has to look at before a report goes there.

        Raises Rejected(GROUP_NOT_REGISTERED | GROUP_INVALID) and what `info` raises.
        """
        recipient = self._preparing.group_of(company)
        info = await self.info(session or self._sessions.session_for(company.cnpj).name, recipient.jid)
        return info, doubt_about(info, await self.confirmed(company.cnpj))

    async def confirmed(self, cnpj: Cnpj) -> ConfirmedGroup | None:
        """What a person confirmed last for this company."""
        known = self._known.get(cnpj)
        if known is None and (known := await self._confirmed.get(cnpj)) is not None:
            # A person's yes that came meanwhile is newer than what was read.
            known = self._known.setdefault(cnpj, known)
        return known

    async def confirm(self, cnpj: Cnpj, jid: str, subject: str, session: str | None = None) -> GroupInfo:
        """A person's yes to what they were shown; asked anew, so that nothing else is confirmed than what they saw.

        Raises Rejected(GROUP_UNCONFIRMED) where the company's group is another one or has another subject by now.
        """
        company = await self._preparing.company(cnpj)
        recipient: Recipient = self._preparing.group_of(company)
        session = session or self._sessions.session_for(cnpj).name
        self._seen.setdefault(session, _Seen()).forget(recipient.jid)
        info = await self.info(session, recipient.jid)
        if info.jid != jid:
            raise _unconfirmed(company, info, GroupDoubt.OTHER_GROUP)
        if info.subject != subject:
            raise _unconfirmed(company, info, GroupDoubt.RENAMED)
        await self._remember(cnpj, info)
        logger.info("company %s: group %s is confirmed", cnpj, jid)
        return info

    async def _remember(self, cnpj: Cnpj, info: GroupInfo) -> None:
        confirmed = ConfirmedGroup(cnpj=cnpj, jid=info.jid, subject=info.subject, confirmed_at=self._clock.now())
        await self._confirmed.save(confirmed)
        self._known[cnpj] = confirmed

    def _hear(self, event: Event) -> None:
        match event:
            case GroupChanged(session, jid) if session in self._seen:
                self._seen[session].forget(jid)
            case SessionChanged(session) if session.name in self._seen and not session.online:
                # What changes while it has no line is not told afterwards.
                self._seen[session.name].forget()
            case SessionRemoved(session) if session in self._seen:
                self._seen.pop(session).forget()
            case _:
                return


def _unconfirmed(company: Company, info: GroupInfo, doubt: GroupDoubt) -> Rejected:
    facts: dict[str, Fact] = {
        "reason": doubt.value,
        "company": company.label,
        "cnpj": company.cnpj.value,
        "group": info.subject,
        "jid": info.jid,
        "members": info.members,
    }
    return Rejected(Code.GROUP_UNCONFIRMED, **facts)
