"""Tables to look at: three companies that differ in what matters, or as many as one likes."""

from .tables import Table

_COLUMNS = {"CNPJ_CO2": "CHAR(18)", "NUMERO_WHATSAPP_GRUPO": "VARCHAR2(60)", "RAZAO_SOCIAL": "VARCHAR2(80)"}
DEMO = Table.of(
    _COLUMNS,
    [
        {
            "CNPJ_CO2": "62567108000101",
            "NUMERO_WHATSAPP_GRUPO": "120363021234567890@g.us",
            "RAZAO_SOCIAL": "Padaria São João Ltda.",
        },
        {
            "CNPJ_CO2": "12.ABC.345/01DE-35",
            "NUMERO_WHATSAPP_GRUPO": "5511999990000-1600000000@g.us",
            "RAZAO_SOCIAL": "Açougue do Zé",
        },
        {"CNPJ_CO2": "00623904000173", "NUMERO_WHATSAPP_GRUPO": None, "RAZAO_SOCIAL": "Mercearia sem grupo"},
    ],
)


def made_up(count: int) -> Table:
    """So many companies with a group each; their CNPJs have no check digits that hold."""
    return Table.of(
        _COLUMNS,
        (
            {
                "CNPJ_CO2": f"{number:014}",
                "NUMERO_WHATSAPP_GRUPO": f"1203630{number:011}@g.us",
                "RAZAO_SOCIAL": f"Comércio de Pães São João Loja {number} Ltda.",
            }
            for number in range(count)
        ),
    )
