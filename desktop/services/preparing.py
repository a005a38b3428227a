"""From a CNPJ to what is sent: the company, its group, the picture and the caption."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company
from desktop.domain.errors import Code, Rejected
from desktop.domain.location import TemplateCheck, is_url
from desktop.domain.recipient import Recipient
from desktop.domain.report import Report, ReportRequest, fill_caption
from desktop.domain.settings import Settings
from desktop.ports.directory import Directory
from desktop.ports.reports import Reports


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    company: Company
    recipient: Recipient
    report: Report
    caption: str


class Preparing:
    def __init__(self, *, directory: Directory, reports: Reports, settings: Callable[[], Settings]) -> None:
        self._directory = directory
        self._reports = reports
        self._settings = settings

    async def company(self, cnpj: Cnpj) -> Company:
        """Look a company up.

        Raises Rejected(COMPANY_NOT_FOUND) with the fact `expected`: the CNPJ with the right check digits where the
        given ones are wrong, else None; Rejected(CNPJ_INVALID) with reason `check_digits` where the owner is strict.
        """
        expected = None if cnpj.check_digits_hold else cnpj.expected.value
        if expected and self._settings().directory.strict_check_digits:
            raise Rejected(Code.CNPJ_INVALID, reason="check_digits", suggestion=expected)
        company = await self._directory.find(cnpj)
        if company is None:
            raise Rejected(Code.COMPANY_NOT_FOUND, cnpj=cnpj.value, expected=expected)
        return company

    async def search(self, text: str, limit: int) -> list[Company]:
        """Companies by part of their name or CNPJ; a whole CNPJ is looked up even where no list has it yet."""
        found = await self._directory.search(text, limit)
        if found:
            return found
        try:
            company = await self._directory.find(Cnpj.parse(text))
        except Rejected:
            return []
        return [company] if company else []

    async def everybody(self) -> list[Company]:
        """All companies, as the directory has them now."""
        return await self._directory.everybody()

    def list_read_at(self) -> datetime | None:
        """How old the list is that `search` looks in; None where it looks at the companies themselves."""
        return self._directory.freshness()

    async def check_template(self, template: str, cnpj: Cnpj | None = None) -> TemplateCheck:
        """Look at a report template while it is being typed."""
        return await self._reports.check_template(template, cnpj)

    def is_own_picture(self, location: str, cnpj: Cnpj) -> bool:
        """Whether a caller's path or URL lies where this company's reports are and no other's."""
        return self._reports.is_own(location, cnpj)

    async def prepare(self, cnpj: Cnpj, day: date) -> Prepared:
        """What a plain send of this company would carry; raises what `company` and `gather` raise."""
        return await self.gather(cnpj, day)

    async def gather(
        self,
        cnpj: Cnpj,
        day: date,
        *,
        path: str | None = None,
        url: str | None = None,
        caption: str | None = None,
        on_company: Callable[[Company], None] = lambda company: None,
    ) -> Prepared:
        """Gather what a send of this company needs, without sending anything; `on_company` hears who it is.

        Raises what `company` and `group_of` raise, then what Reports.fetch raises.
        """
        request = ReportRequest(cnpj=cnpj, day=day, path=path, url=url)
        # The disk works while the directory is asked. A web site is left alone until it is clear that there is such a
        # company.
        may_fetch = asyncio.Event()
        if url is None and (path is not None or not is_url(self._settings().report.template)):
            may_fetch.set()

        async def fetch() -> Report:
            await may_fetch.wait()
            return await self._reports.fetch(request)

        fetching = asyncio.create_task(fetch())
        try:
            # The disk begins first: it takes longer.
            await asyncio.sleep(0)
            company = await self.company(cnpj)
            on_company(company)
            recipient = self.group_of(company)
            may_fetch.set()
            report = await fetching
        finally:
            fetching.cancel()
            # The company's error comes first; what the disk said besides is of no interest.
            await asyncio.gather(fetching, return_exceptions=True)
        if caption is None:
            caption = fill_caption(self._settings().report.caption, company, day)
        return Prepared(company=company, recipient=recipient, report=report, caption=caption)

    def group_of(self, company: Company) -> Recipient:
        """The group that the directory names; raises Rejected(GROUP_NOT_REGISTERED | GROUP_INVALID)."""
        if not company.group or not company.group.strip():
            raise Rejected(Code.GROUP_NOT_REGISTERED, company=company.label)
        return Recipient.group(company.group)
