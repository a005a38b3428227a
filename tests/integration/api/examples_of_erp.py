"""Contract A's examples."""

import re

from desktop.domain.errors import Code, OutcomeUnknown, Rejected
from tests.integration.api.door import BAKERY, GROUP, MARKET, WITHOUT_GROUP, WITHOUT_REPORT
from tests.integration.api.example_worlds import (
    BAD_GROUP,
    BROKEN,
    HALF,
    LETTERS,
    OLD,
    STOPPED,
    WAITS_FOR_SCAN,
    busy,
    impatient,
    no_oracle,
    whatsapp_says,
    wrong_password,
)
from tests.integration.api.examples import FAILED, ID, MESSAGE, SAID, TIME, Each, example, fails

CAPTION = {"cnpj": MARKET, "sessao": "{name}", "reenviar": True}
SAME_KEY = {"Idempotency-Key": "venda-1"}
REPORT = "POST /api/enviar-relatorio"
SENT = {
    "status": "enviado",
    "grupo": GROUP,
    "cnpj": MARKET,
    "id": ID,
    "empresa": "Mercado São João",
    "mensagem_id": MESSAGE,
    "duplicado": False,
    "simulacao": False,
}
SEND = {
    "id": ID,
    "tipo": "report",
    "cnpj": MARKET,
    "empresa": "Mercado São João",
    "estado": "enviado",
    "grupo": GROUP,
    "mensagem_id": MESSAGE,
    "origem": "erp",
    "sessao": "principal",
    "dia": re.compile(r"\d{4}-\d\d-\d\d"),
    "criado_em": TIME,
    "enviado_em": TIME,
    "entregue_em": None,
    "lido_em": None,
    "entregues": 0,
    "lidos": 0,
    "entrega_nao_confirmada": False,
    "codigo": None,
    "mensagem": None,
    "acao": None,
    "duplicado_de": None,
    "simulacao": False,
}
NOT_SENT = SEND | {
    "empresa": "",
    "estado": "cancelado",
    "grupo": None,
    "mensagem_id": None,
    "enviado_em": None,
    "codigo": "envio_cancelado",
    "mensagem": SAID,
    "acao": SAID,
}
BODY_A = {"cnpj": MARKET, "fila": True, "reenviar": True}
ERP = [
    example("A", REPORT, {"cnpj": MARKET, "reenviar": True}, answer=SENT),
    example("A", REPORT, {"cnpj": MARKET}, answer=SENT | {"duplicado": True}),
    example("A", REPORT, {"cnpj": " 62.567.108/0001-01 ", "reenviar": True}, answer=SENT),
    example("A", REPORT, {"cnpj": LETTERS.lower()}, answer=SENT | {"cnpj": LETTERS, "empresa": "Loja das Letras"}),
    example("A", REPORT, {"cnpj": MARKET, "chave": "k", "reenviar": True, "legenda": "Vendas"}, answer=SENT),
    example("A", REPORT, BODY_A, status=202, answer={"status": "na_fila", "id": ID, "cnpj": MARKET}),
    example("A", REPORT, {"cnpj": MARKET, "reenviar": True}, answer=SENT, headers=SAME_KEY),
    example("A", REPORT, {"cnpj": MARKET, "reenviar": True}, answer=SENT, headers=SAME_KEY),
    fails("A", REPORT, {"cnpj": BAKERY}, 400, "chave_repetida", headers=SAME_KEY),
    fails("A", REPORT, {"cnpj": "6256710800010"}, 400, "cnpj_invalido"),
    fails("A", REPORT, {"cnpj": "62567108000118"}, 400, "empresa_nao_encontrada", id=ID),
    fails("A", REPORT, {"cnpj": WITHOUT_GROUP}, 400, "grupo_nao_cadastrado", id=ID),
    fails("A", REPORT, {"cnpj": BAD_GROUP}, 400, "grupo_invalido", id=ID),
    fails("A", REPORT, {"cnpj": WITHOUT_REPORT}, 400, "imagem_nao_encontrada", id=ID, mensagem="não achou imagem"),
    fails("A", REPORT, {"cnpj": BROKEN}, 400, "imagem_invalida", id=ID),
    fails("A", REPORT, {"cnpj": OLD}, 400, "imagem_antiga", id=ID),
    fails("A", REPORT, {"cnpj": HALF}, 400, "imagem_incompleta", id=ID),
    fails("A", REPORT, {"cnpj": BAKERY}, 400, "oracle_indisponivel", id=ID, given=no_oracle),
    fails("A", REPORT, {"cnpj": BAKERY}, 400, "oracle_credenciais", id=ID, given=wrong_password),
    fails("A", REPORT, CAPTION, 400, "whatsapp_desconectado", id=ID, given=STOPPED),
    fails("A", REPORT, CAPTION, 400, "whatsapp_nao_pareado", id=ID, given=WAITS_FOR_SCAN),
    fails("A", REPORT, CAPTION, 400, "fora_do_grupo", id=ID, given=whatsapp_says(Rejected(Code.NOT_IN_GROUP))),
    fails("A", REPORT, {"cnpj": MARKET, "reenviar": True}, 400, "tempo_esgotado", id=ID, given=impatient),
    fails(
        "A",
        REPORT,
        CAPTION,
        400,
        "desfecho_desconhecido",
        id=ID,
        incerto=True,
        given=whatsapp_says(OutcomeUnknown(Code.OUTCOME_UNKNOWN)),
    ),
    fails("A", REPORT, {"cnpj": MARKET, "arquivo": "/etc/passwd"}, 400, "imagem_fora_da_pasta", id=ID),
    fails("A", REPORT, {"cnpj": MARKET, "url": "http://example.com/x.jpg"}, 400, "imagem_fora_da_pasta", id=ID),
    example(
        "A",
        "GET /api/teste-conexao",
        answer={
            "status": "ok",
            "oracle": {"ok": True, "fonte": SAID, "empresas": 9},
            "whatsapp": {"ok": True, "estado": "connected"},
        },
    ),
    example(
        "A",
        "GET /api/teste-conexao",
        status=503,
        given=wrong_password,
        answer={
            "status": "erro",
            "oracle": {"ok": False, "mensagem": SAID, "codigo": "oracle_credenciais", "acao": SAID},
            "whatsapp": {"ok": True, "estado": "connected"},
        },
    ),
    example("A", "GET /api/envios/{sent}", answer=SEND),
    fails("A", f"GET /api/envios/{'0' * 8}-ac96-774b-bcce-b302099a8057", None, 404, "envio_nao_encontrado"),
    example(
        "A",
        f"GET /api/envios?cnpj={MARKET}&data=&estado=enviado&limite=1",
        answer={"envios": [SEND], "proximo": ID},
    ),
    example("A", "GET /api/envios?data=2020-01-01", answer={"envios": [], "proximo": None}),
    example("A", "POST /api/envios/{waiting}/cancelar", answer=NOT_SENT, given=busy),
    fails("A", "POST /api/envios/{first}/cancelar", None, 409, "envio_ja_iniciado", id=ID, given=busy),
    example(
        "A",
        "GET /api/empresas?busca=mercado",
        answer=[{"cnpj": MARKET, "nome": "Mercado São João", "grupo": GROUP}],
    ),
    example(
        "A",
        "POST /api/enviar-relatorio/lote",
        {"cnpjs": [MARKET, "1"]},
        status=202,
        answer={
            "status": "na_fila",
            "envios": [{"cnpj": MARKET, "id": ID}],
            "recusados": [FAILED["A"]("cnpj_invalido", 400, cnpj="1")],
        },
    ),
    example(
        "A",
        "POST /api/enviar-relatorio/lote",
        {"todas": True},
        status=202,
        answer={"status": "na_fila", "envios": Each({"cnpj": re.compile(r"[0-9A-Z]{14}"), "id": ID}), "recusados": []},
    ),
]
