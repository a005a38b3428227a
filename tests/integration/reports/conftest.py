"""A shop: a folder with reports, its settings, and the sources that read them."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from desktop.adapters.reports.sources import ReportSources
from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company
from desktop.domain.errors import AppError
from desktop.domain.report import Report, ReportRequest
from desktop.domain.settings import ReportSettings
from tests.harness.environment import noon
from tests.integration.reports.pictures import picture

COMPANY = Company(cnpj=Cnpj("62567108000101"), name="Padaria São João", group="120363049876543210@g.us")


def now() -> datetime:
    """Stands still: no midnight passes between the writing of a report and its day."""
    return datetime(2026, 11, 20, 12, tzinfo=noon())


@dataclass
class Shop:
    """What the owner configured, and the disk that the ERP writes to."""

    root: Path
    settings: ReportSettings
    sources: ReportSources | None = None

    def change(self, **settings: Any) -> None:
        self.settings = replace(self.settings, **settings)

    @property
    def report(self) -> Path:
        return self.root / "relatorios" / f"ERP_{COMPANY.cnpj}_VENDAS" / "RelatorioVendas.jpg"

    def write(self, content: bytes | None = None, *, path: Path | None = None, age: timedelta = timedelta()) -> Path:
        path = path or self.report
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture() if content is None else content)
        moment = (now() - age).timestamp()
        os.utime(path, (moment, moment))
        return path

    async def fetch(self, *, path: str | Path | None = None, url: str | None = None, day: date | None = None) -> Report:
        assert self.sources is not None
        request = ReportRequest(
            cnpj=COMPANY.cnpj, day=day or now().date(), path=None if path is None else str(path), url=url
        )
        return await self.sources.fetch(request)

    async def refusal(self, kind: type[AppError], **request: Any) -> AppError:
        """The error that a fetch ends in, which names where it looked."""
        with pytest.raises(kind) as refused:
            await self.fetch(**request)
        assert type(refused.value) is kind
        assert refused.value.facts["source"]
        return refused.value


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    root = tmp_path / "loja"
    (root / "relatorios").mkdir(parents=True)
    template = str(root / "relatorios" / "ERP_{cnpj}_VENDAS" / "RelatorioVendas.jpg")
    shop = Shop(root, ReportSettings(template=template, deadline=45.0))
    shop.sources = ReportSources(lambda: shop.settings, now, disk_check=45.0)
    yield shop
    await shop.sources.close()


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root may read everything: be nobody meanwhile."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(me)
