"""A company's label: what a person reads."""

from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company


def test_a_company_is_called_by_its_name() -> None:
    assert Company(cnpj=Cnpj("62567108000101"), name="Padaria São João", group=None).label == "Padaria São João"


def test_a_company_without_a_name_is_called_by_its_masked_cnpj() -> None:
    assert Company(cnpj=Cnpj("62567108000101"), name="", group=None).label == "62.567.108/0001-01"
