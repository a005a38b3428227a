"""What a send carries and whom it goes to, found step by step before it begins."""

import asyncio
from dataclasses import dataclass, replace

from desktop.domain.company import Company
from desktop.domain.errors import Code, Rejected
from desktop.domain.recipient import Recipient, RecipientKind
from desktop.domain.report import ImageFormat, Report
from desktop.domain.send import Send, SendKind
from desktop.ports.engine import Engine, Outgoing, OutgoingDocument, OutgoingImage, OutgoingText
from desktop.ports.outbox import Outbox
from desktop.services.groups import Groups
from desktop.services.preparing import Preparing


@dataclass(slots=True)
class Errand:
    """Mutable on purpose: what was found stays known where a later step fails, so that the history names it."""

    send: Send
    outgoing: Outgoing | None = None
    """None until it was gathered."""
    company: Company | None = None
    report: Report | None = None
    """None for what is no report."""


class Headstart:
    """An errand that is gathered while its send is still being put on disk; nothing of it goes to an engine."""

    def __init__(self, send: Send, loading: "Loading") -> None:
        self.send = send
        self.errand = Errand(send)
        self._gathering = asyncio.create_task(self._gather(loading))
        # One that is let go has nobody who asks how it ended.
        self._gathering.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    async def _gather(self, loading: "Loading") -> None:
        # One turn of the loop later: the disk that the send is put on begins first, and is waited for longest.
        await asyncio.sleep(0)
        await loading.gather(self.errand)

    async def gathered(self) -> None:
        """Raises what Loading.gather raises."""
        await self._gathering

    def let_go(self) -> None:
        self._gathering.cancel()


class Loading:
    def __init__(self, *, preparing: Preparing, groups: Groups, outbox: Outbox) -> None:
        self._preparing = preparing
        self._groups = groups
        self._outbox = outbox

    async def gather(self, errand: Errand) -> None:
        """Find what goes out; no WhatsApp is asked.

        Raises what Preparing.company and Preparing.gather raise, or Rejected(MEDIA_GONE) for a file that is not kept
        any more.
        """
        send = errand.send
        if send.cnpj is not None and send.kind is SendKind.REPORT:
            await self._gather_report(errand)
        elif send.kind is SendKind.TEXT:
            errand.outgoing = OutgoingText(send.caption or "")
        else:
            errand.outgoing = await self._file(send)

    async def address(self, errand: Errand, engine: Engine) -> None:
        """Make sure of whom it goes to, as WhatsApp knows them.

        Raises what Groups.check raises, Rejected(NOT_ON_WHATSAPP) with the fact `number`, and what the engine raises.
        """
        send = errand.send
        if errand.company is not None:
            assert send.recipient is not None
            await self._groups.check(errand.company, send.recipient, send.session)
            return
        assert send.addressee is not None
        jid: str | None = send.addressee
        if Recipient.parse(send.addressee).kind is RecipientKind.INDIVIDUAL:
            number = send.addressee.partition("@")[0]
            # WhatsApp answers, no rule: the Brazilian ninth digit differs by account.
            jid = await engine.find_account(number)
            if jid is None:
                raise Rejected(Code.NOT_ON_WHATSAPP, number=number)
        errand.send = replace(send, recipient=jid)

    async def _gather_report(self, errand: Errand) -> None:
        send = errand.send
        assert send.cnpj is not None

        def named(company: Company) -> None:
            errand.send = replace(errand.send, company_name=company.name)

        prepared = await self._preparing.gather(
            send.cnpj, send.day, path=send.path, url=send.url, caption=send.caption, on_company=named
        )
        report = errand.report = prepared.report
        errand.company = prepared.company
        errand.outgoing = OutgoingImage(
            content=report.content,
            format=report.format,
            width=report.width,
            height=report.height,
            caption=prepared.caption,
        )
        errand.send = replace(
            errand.send,
            recipient=prepared.recipient.jid,
            caption=prepared.caption,
            mimetype=report.format.value,
            report_sha256=report.sha256,
            report_source=report.source,
        )

    async def _file(self, send: Send) -> Outgoing:
        content = await self._outbox.content(send.report_sha256 or "")
        if content is None:
            raise Rejected(Code.MEDIA_GONE)
        if send.kind is SendKind.IMAGE:
            return OutgoingImage(
                content=content.content,
                format=ImageFormat(content.mimetype),
                width=content.width,
                height=content.height,
                caption=send.caption or "",
            )
        return OutgoingDocument(
            content=content.content, filename=send.filename, mimetype=send.mimetype, caption=send.caption or ""
        )
