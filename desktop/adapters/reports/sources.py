"""The day's picture of a company, from a file or from the web."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from desktop.adapters.abandonable import AbandonableCalls, LeftBehindError
from desktop.adapters.reports.files import WINDOWS, locate, look_for, read_report
from desktop.adapters.reports.picture import look_at
from desktop.adapters.reports.web import ReportWeb, host_of
from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Code, Rejected, Transient
from desktop.domain.location import TemplateCheck, fixed_folder, inspect_template, is_own_place, is_url
from desktop.domain.report import Report, ReportRequest, check_day
from desktop.domain.settings import ReportSettings

_EXAMPLE = Cnpj("12345678000195")
_MOST_STUCK_READS = 8
_DISK_CHECK = 2.0


class ReportSources:
    """Implements ports.reports.Reports with the settings as they are at each call."""

    def __init__(
        self, settings: Callable[[], ReportSettings], now: Callable[[], datetime], *, disk_check: float = _DISK_CHECK
    ) -> None:
        """`disk_check`: seconds that a person who is typing waits for a disk."""
        self._settings = settings
        self._disk_check = disk_check
        self._web = ReportWeb(now)
        self._disk = AbandonableCalls("report", limit=_MOST_STUCK_READS)

    async def fetch(self, request: ReportRequest) -> Report:
        settings = self._settings()
        cnpj = request.cnpj
        if request.path is not None:
            return await self._from_disk(request.path, _folders(settings), request, settings)
        template = inspect_template(
            settings.template, cnpj, windows=WINDOWS, allow_network=settings.allow_network_paths
        )
        hosts = (*settings.url_hosts, *(host_of(template.example) if template.is_url else ()))
        if request.url is not None:
            return await self._from_web(request.url, hosts, request, settings)
        if template.faults:
            raise Rejected(Code.REPORT_NOT_CONFIGURED, source=settings.template, reason=template.faults[0].value)
        if template.is_url:
            return await self._from_web(template.example, hosts, request, settings)
        # The owner's own template may start at the root of a drive; a caller's path may not rely on that.
        folders = _folders(settings) or (template.folder,)
        return await self._from_disk(template.example, folders, request, settings)

    async def check_template(self, template: str, cnpj: Cnpj | None = None) -> TemplateCheck:
        """Look at a template that is being typed, and at the folder that it names for one CNPJ."""
        settings = self._settings()
        check = inspect_template(
            template, cnpj or _EXAMPLE, windows=WINDOWS, allow_network=settings.allow_network_paths
        )
        if check.faults or check.is_url:
            return check
        try:
            folder, file = await self._disk.run(lambda: look_for(check.example), deadline=self._disk_check)
        except LeftBehindError:
            return check
        return replace(check, folder_exists=folder, file_exists=file)

    def is_own(self, location: str, cnpj: Cnpj) -> bool:
        return is_own_place(location, self._settings().template, cnpj, windows=WINDOWS)

    async def close(self) -> None:
        await self._web.close()

    async def _from_disk(
        self, path: str, folders: tuple[str, ...], request: ReportRequest, settings: ReportSettings
    ) -> Report:
        def read() -> Report:
            real = locate(path, folders, allow_network=settings.allow_network_paths)
            content, modified_at = read_report(
                path, real=real, max_bytes=settings.max_bytes, check_time=_time_check(path, request, settings)
            )
            return _report(content, modified_at, path)

        try:
            return await self._disk.run(read, deadline=settings.deadline)
        except LeftBehindError as exc:
            raise Transient(Code.IMAGE_UNAVAILABLE, source=path, reason="no_answer") from exc

    async def _from_web(
        self, url: str, hosts: tuple[str, ...], request: ReportRequest, settings: ReportSettings
    ) -> Report:
        content, modified_at = await self._web.download(
            url,
            hosts=hosts,
            max_bytes=settings.max_bytes,
            deadline=settings.deadline,
            check_time=_time_check(url, request, settings),
        )
        return await asyncio.to_thread(_report, content, modified_at, url)


def _folders(settings: ReportSettings) -> tuple[str, ...]:
    template = settings.template.strip()
    if settings.folders or not template or is_url(template):
        return settings.folders
    fixed = fixed_folder(template, windows=WINDOWS)
    return () if fixed is None else (fixed,)


def _time_check(source: str, request: ReportRequest, settings: ReportSettings) -> Callable[[datetime], None]:
    def check(modified_at: datetime) -> None:
        if settings.allow_old:
            return
        try:
            check_day(modified_at, request.day)
        except Rejected as exc:
            raise Rejected(exc.code, source=source, **exc.facts) from exc

    return check


def _report(content: bytes, modified_at: datetime, source: str) -> Report:
    picture = look_at(content, source)
    return Report(
        content=content,
        sha256=sha256(content).hexdigest(),
        format=picture.format,
        width=picture.width,
        height=picture.height,
        modified_at=modified_at,
        source=source,
    )
