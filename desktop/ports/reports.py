"""Where the reports' pictures come from."""

from typing import Protocol

from desktop.domain.cnpj import Cnpj
from desktop.domain.location import TemplateCheck
from desktop.domain.report import Report, ReportRequest


class Reports(Protocol):
    async def fetch(self, request: ReportRequest) -> Report:
        """Find, read and check the picture.

        Raises Rejected with IMAGE_NOT_FOUND, IMAGE_OUTSIDE, IMAGE_INVALID, IMAGE_INCOMPLETE, IMAGE_OLD,
        IMAGE_TOO_LARGE or REPORT_NOT_CONFIGURED, Transient with IMAGE_UNAVAILABLE, each with the fact `source`.
        """
        ...

    async def check_template(self, template: str, cnpj: Cnpj | None = None) -> TemplateCheck:
        """What a person sees while typing a template: its faults, an example, whether the folder is there."""
        ...

    def is_own(self, location: str, cnpj: Cnpj) -> bool:
        """Whether a path or URL lies where the template has this company's pictures and no other's."""
        ...

    async def close(self) -> None: ...
