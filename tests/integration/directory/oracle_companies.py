"""What the directory's Oracle tests share: the table, the settings that name its columns, and a keyring."""

from __future__ import annotations

from typing import Any, Final

from desktop.domain.settings import OracleSource
from desktop.ports.secrets import Credentials, Secret
from tests.doubles.oracle import OracleDouble, Table

USER: Final = "erp"
PASSWORD: Final = "segredo"
PADARIA: Final = "62567108000101"
"""Its check digits are wrong, as in the customer's own example."""
ACOUGUE: Final = "12ABC34501DE35"
MERCEARIA: Final = "00623904000173"
UNKNOWN: Final = "11222333000181"

QUERY: Final = {
    "table": "D_EMPRESAS",
    "column_cnpj": "CNPJ_CO2",
    "column_group": "NUMERO_WHATSAPP_GRUPO",
    "column_name": "RAZAO_SOCIAL",
}
NAMES: Final = {PADARIA: "Padaria São João", ACOUGUE: "Açougue do Zé", MERCEARIA: "Mercearia"}
GROUPS: Final = {PADARIA: "120363021234567890@g.us", ACOUGUE: "5511999990000-1600000000@g.us", MERCEARIA: None}


class Keyring:
    """Implements ports.secrets.Secrets in memory; counts how often it was asked."""

    def __init__(self, user: str = USER, password: str = PASSWORD) -> None:
        self.kept: dict[str, Credentials] = {"oracle": Credentials(user, Secret(password))}
        self.asked = 0

    async def credentials(self, name: str) -> Credentials | None:
        self.asked += 1
        return self.kept.get(name)

    async def keep_credentials(self, name: str, credentials: Credentials) -> None:
        self.kept[name] = credentials

    async def forget_credentials(self, name: str) -> None:
        self.kept.pop(name, None)

    def change(self, password: str, *, name: str = "oracle") -> None:
        self.kept[name] = Credentials(USER, Secret(password))


def source_of(oracle: OracleDouble, *, deadline: float = 120.0, by_sid: bool = True, **chosen: Any) -> OracleSource:
    target = {"sid": "xe"} if by_sid else {"service_name": "XEPDB1"}
    return OracleSource(**{"host": "127.0.0.1", "port": oracle.port, "deadline": deadline, **QUERY, **target, **chosen})


def companies(cnpj_type: str = "CHAR(18)", **kept: object) -> Table:
    """The three companies; `kept` says, by CNPJ with a `c` in front, how the column keeps one of them."""
    declared = {"CNPJ_CO2": cnpj_type, "NUMERO_WHATSAPP_GRUPO": "VARCHAR2(60)", "RAZAO_SOCIAL": "CHAR(40)"}
    rows = [
        {"CNPJ_CO2": kept.get(f"c{cnpj}", cnpj), "NUMERO_WHATSAPP_GRUPO": GROUPS[cnpj], "RAZAO_SOCIAL": name}
        for cnpj, name in NAMES.items()
        if not (cnpj_type.startswith("NUMBER") and cnpj == ACOUGUE)
    ]
    return Table.of(declared, rows)


def many(count: int) -> Table:
    declared = {"CNPJ_CO2": "CHAR(14)", "NUMERO_WHATSAPP_GRUPO": "VARCHAR2(60)", "RAZAO_SOCIAL": "VARCHAR2(60)"}
    return Table.of(
        declared,
        (
            {
                "CNPJ_CO2": f"{number:014}",
                "NUMERO_WHATSAPP_GRUPO": f"1203630{number:011}@g.us",
                "RAZAO_SOCIAL": f"Loja {number}",
            }
            for number in range(count)
        ),
    )
