"""Contract A: the ERP asks for a company's report by its CNPJ and gets one clear answer."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from desktop.api.body import read_object
from desktop.api.errors import body_of
from desktop.api.schemas import (
    STATES_BY_NAME,
    BatchBody,
    CompanyView,
    Failure,
    Page,
    Queued,
    SendBody,
    SendView,
    Sent,
    read_body,
)
from desktop.api.views import company_view, send_view, sent_view
from desktop.domain.cnpj import Cnpj
from desktop.domain.company import DirectoryCheck
from desktop.domain.errors import AppError, Code, Rejected
from desktop.domain.history import HistoryFilter
from desktop.domain.send import Origin, Send
from desktop.domain.session import DEFAULT_SESSION
from desktop.services.catalogue import Services
from desktop.services.sending import SendRequest

FAILURES: dict[int | str, dict[str, Any]] = {
    400: {"model": Failure, "description": "O que deu errado e o que fazer."},
    401: {"model": Failure, "description": "Falta a chave, ou ela não vale."},
    403: {"model": Failure, "description": "Host ou origem que não são desta máquina."},
}
_PAGE = 100
_EVERYBODY = 100_000


def _takes(shape: type[BaseModel]) -> dict[str, Any]:
    # Bodies are read by hand (old encodings), so the document is told what they hold.
    schema = shape.model_json_schema(ref_template="#/components/schemas/{model}")
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


@dataclass(frozen=True, slots=True)
class ErpRoutes:
    """Builds the router; `admit` is the dependency that lets a caller in."""

    services: Services
    admit: Any

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api", tags=["ERP"], dependencies=[Depends(self.admit)], responses=FAILURES)
        add = router.add_api_route
        send_answers: dict[int | str, dict[str, Any]] = {200: {"model": Sent}, 202: {"model": Queued}}
        add(
            "/enviar-relatorio",
            self.send,
            methods=["POST"],
            summary="Enviar o relatório de uma empresa",
            responses=send_answers | {409: {"model": Failure}},
            openapi_extra=_takes(SendBody),
        )
        add(
            "/enviar-relatorio/lote",
            self.send_batch,
            methods=["POST"],
            status_code=202,
            summary="Pôr na fila várias empresas, ou todas",
            openapi_extra=_takes(BatchBody),
        )
        add("/teste-conexao", self.check, methods=["GET"], summary="Testar cadastro e WhatsApp")
        add("/envios", self.history, methods=["GET"], response_model=Page, summary="Histórico, do mais novo")
        add("/envios/{send_id}", self.one, methods=["GET"], response_model=SendView, summary="Um envio")
        add(
            "/envios/{send_id}/cancelar",
            self.cancel,
            methods=["POST"],
            response_model=SendView,
            responses={409: {"model": Failure}},
            summary="Cancelar o que ainda não começou",
        )
        add("/empresas", self.companies, methods=["GET"], response_model=list[CompanyView], summary="Procurar empresas")
        return router

    async def send(self, request: Request, idempotency_key: Annotated[str | None, Header()] = None) -> JSONResponse:
        body = read_body(SendBody, read_object(await request.body()))
        ask = SendRequest(
            cnpj=Cnpj.parse(body.cnpj),
            origin=Origin.ERP,
            session=body.sessao or DEFAULT_SESSION,
            caption=body.legenda,
            path=body.arquivo,
            url=body.url,
            resend=body.reenviar,
            idempotency_key=_key(idempotency_key or body.chave),
            background=body.fila,
        )
        if body.fila:
            return _queued(await self.services.sending.enqueue(ask))
        arrival = await self.services.sending.send_and_wait(ask)
        return JSONResponse(sent_view(arrival.send, duplicate=arrival.duplicate).model_dump())

    async def send_batch(self, request: Request) -> dict[str, object]:
        body = read_body(BatchBody, read_object(await request.body()))
        if body.todas == bool(body.cnpjs):
            raise Rejected(Code.BODY_INVALID, reason="missing", field="cnpjs")
        accepted, refused = [], []
        for text in body.cnpjs or [c.cnpj.value for c in await self.services.preparing.search("", _EVERYBODY)]:
            try:
                ask = SendRequest(
                    cnpj=Cnpj.parse(text),
                    origin=Origin.ERP,
                    session=body.sessao or DEFAULT_SESSION,
                    background=True,
                )
                send = await self.services.sending.enqueue(ask)
            except Rejected as error:
                if error.code not in {Code.CNPJ_INVALID, Code.QUEUE_FULL}:
                    raise
                refused.append({"cnpj": text, **body_of(error)})
            else:
                accepted.append({"cnpj": send.cnpj.value, "id": str(send.id)})
        return {"status": "na_fila", "envios": accepted, "recusados": refused}

    async def check(self) -> JSONResponse:
        diagnosis = await self.services.diagnosing.check(DEFAULT_SESSION)
        directory = diagnosis.directory
        whatsapp: dict[str, object] = {"ok": diagnosis.session_error is None, "estado": diagnosis.session.state.value}
        if diagnosis.session_error is not None:
            whatsapp |= _blame(diagnosis.session_error)
        if isinstance(directory, DirectoryCheck):
            oracle: dict[str, object] = {"ok": True, "fonte": directory.source, "empresas": directory.companies}
        else:
            oracle = {"ok": False, **_blame(directory)}
        answer = {"status": "ok" if diagnosis.healthy else "erro", "oracle": oracle, "whatsapp": whatsapp}
        return JSONResponse(answer, status_code=200 if diagnosis.healthy else 503)

    async def history(
        self,
        cnpj: str | None = None,
        data: date | None = None,
        estado: str | None = None,
        antes: UUID | None = None,
        limite: Annotated[int, Query(ge=1, le=1000)] = _PAGE,
    ) -> Page:
        if estado is not None and estado not in STATES_BY_NAME:
            raise Rejected(Code.BODY_INVALID, reason="wrong", field="estado")
        query = HistoryFilter(
            cnpj=Cnpj.parse(cnpj) if cnpj else None,
            day=data,
            states=frozenset({STATES_BY_NAME[estado]}) if estado else frozenset(),
            before=antes,
            limit=limite,
        )
        sends = await self.services.sending.history(query)
        following = str(sends[-1].id) if len(sends) == limite else None
        return Page(envios=[send_view(send) for send in sends], proximo=following)

    async def one(self, send_id: UUID) -> SendView:
        return send_view(await self.services.sending.get(send_id))

    async def cancel(self, send_id: UUID) -> SendView:
        return send_view(await self.services.sending.cancel(send_id))

    async def companies(
        self, busca: Annotated[str, Query(max_length=100)] = "", limite: Annotated[int, Query(ge=1, le=1000)] = _PAGE
    ) -> list[CompanyView]:
        return [company_view(company) for company in await self.services.preparing.search(busca, limite)]


def _key(text: str | None) -> str | None:
    if text is not None and len(text) > 200:
        raise Rejected(Code.BODY_INVALID, reason="wrong", field="Idempotency-Key")
    return text or None


def _queued(send: Send) -> JSONResponse:
    return JSONResponse(Queued(status="na_fila", id=str(send.id), cnpj=send.cnpj.value).model_dump(), status_code=202)


def _blame(error: AppError) -> dict[str, object]:
    body = body_of(error)
    return {name: body[name] for name in ("mensagem", "codigo", "acao")}
