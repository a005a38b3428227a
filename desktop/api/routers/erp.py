"""Contract A: the ERP asks for a company's report by its CNPJ and gets one clear answer."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BeforeValidator

from desktop.api.arrival import arrival_of
from desktop.api.auth import Admit, Caller
from desktop.api.body import read_body
from desktop.api.failure import body_of
from desktop.api.routes import BRIDGE, Routes
from desktop.api.schemas import (
    STATES,
    STATES_BY_NAME,
    Batch,
    BatchBody,
    BatchItem,
    BatchRefusal,
    CompanyView,
    Connections,
    Page,
    Queued,
    SendBody,
    SendView,
    Sent,
)
from desktop.api.views import company_view, connections_view, profile_of, send_view, sent_view
from desktop.domain.access import Access, Scope
from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import AppError, Code, Rejected
from desktop.domain.history import HistoryFilter
from desktop.domain.send import Origin, Send
from desktop.services.catalogue import Services
from desktop.services.sending import SendRequest

_PAGE = 100
_EVERYBODY = 1_000_000
_LONGEST_KEY = 200

# The contract writes `?cnpj=&data=&estado=`: an empty parameter counts as left out.
_OrEmpty = BeforeValidator(lambda value: None if value == "" else value)
_Key = Annotated[str | None, Header(description="A mesma chave recebe a mesma resposta, e nada sai duas vezes.")]
_SendId = Annotated[UUID, Path(alias="id", description="O `id` que o envio recebeu.")]
_CnpjQuery = Annotated[str | None, _OrEmpty, Query(description="Com ou sem máscara.")]
_Day = Annotated[date | None, _OrEmpty, Query(description="AAAA-MM-DD.")]
_State = Annotated[str | None, _OrEmpty, Query(json_schema_extra=STATES)]
_Before = Annotated[UUID | None, _OrEmpty, Query(description="O `proximo` da página anterior.")]
_Limit = Annotated[int, Query(ge=1, le=1000)]
_Search = Annotated[str, Query(max_length=100, description="Parte do nome ou do CNPJ.")]

_MAY_FAIL = (
    Code.IMAGE_NOT_FOUND,
    Code.CNPJ_INVALID,
    Code.COMPANY_NOT_FOUND,
    Code.GROUP_NOT_REGISTERED,
    Code.GROUP_INVALID,
    Code.ORACLE_UNAVAILABLE,
    Code.ORACLE_CREDENTIALS,
    Code.IMAGE_OLD,
    Code.IMAGE_INVALID,
    Code.IMAGE_INCOMPLETE,
    Code.IMAGE_TOO_LARGE,
    Code.IMAGE_OUTSIDE,
    Code.SESSION_NOT_FOUND,
    Code.NOT_PAIRED,
    Code.NOT_CONNECTED,
    Code.NEEDS_HUMAN,
    Code.NOT_IN_GROUP,
    Code.GROUP_UNCONFIRMED,
    Code.TIMED_OUT,
    Code.OUTCOME_UNKNOWN,
    Code.BODY_INVALID,
    Code.BODY_TOO_LARGE,
    Code.KEY_REUSED,
    Code.QUEUE_FULL,
)


@dataclass(frozen=True, slots=True)
class ErpRoutes:
    """Builds the router; `admit` makes what lets in whoever has a right."""

    services: Services
    admit: Callable[[Scope], Admit]

    def router(self) -> APIRouter:
        may = Routes(BRIDGE, self.admit, tag="ERP")
        may.send(
            "POST /api/enviar-relatorio",
            self.send,
            "Enviar o relatório de uma empresa",
            "O servidor do WhatsApp confirmou.",
            *_MAY_FAIL,
            takes=SendBody,
            response_model=Sent,
            also={202: {"model": Queued, "description": "Está na fila (`fila`)."}},
        )
        may.send(
            "POST /api/enviar-relatorio/lote",
            self.send_batch,
            "Pôr na fila várias empresas, ou todas",
            "Estão na fila, cada uma com o seu id; as recusadas dizem por quê.",
            Code.BODY_INVALID,
            Code.BODY_TOO_LARGE,
            Code.SESSION_NOT_FOUND,
            takes=BatchBody,
            response_model_exclude_none=True,
            status_code=202,
        )
        may.read(
            "GET /api/teste-conexao",
            self.check,
            "Testar o cadastro de empresas e o WhatsApp",
            "Tudo funciona.",
            response_model=Connections,
            also={503: {"model": Connections, "description": "Um dos dois não funciona."}},
        )
        may.read(
            "GET /api/envios",
            self.history,
            "Histórico, do mais novo ao mais antigo",
            "Uma página.",
            Code.BODY_INVALID,
            Code.CNPJ_INVALID,
        )
        may.read("GET /api/envios/{id}", self.one, "Um envio", "Como ele está.", Code.BODY_INVALID, Code.SEND_NOT_FOUND)
        may.send(
            "POST /api/envios/{id}/cancelar",
            self.cancel,
            "Cancelar o que ainda não começou",
            "Está cancelado.",
            Code.BODY_INVALID,
            Code.SEND_NOT_FOUND,
            Code.SEND_NOT_CANCELLABLE,
        )
        may.read(
            "GET /api/empresas",
            self.companies,
            "Procurar empresas no cadastro",
            "As que combinam.",
            Code.ORACLE_UNAVAILABLE,
            Code.ORACLE_CREDENTIALS,
            Code.BODY_INVALID,
        )
        return may.router

    async def send(self, request: Request, caller: Caller, idempotency_key: _Key = None) -> JSONResponse:
        body = await read_body(request, SendBody)
        cnpj, session = Cnpj.parse(body.cnpj), body.sessao or None
        caller.require_company(cnpj)
        self._require_session(caller, session, cnpj)
        if body.arquivo and body.url:
            raise Rejected(Code.BODY_INVALID, reason="both", field="arquivo", other="url")
        if location := body.arquivo or body.url:
            self._require_own_picture(caller, location, cnpj)
        ask = SendRequest(
            cnpj=cnpj,
            origin=Origin.ERP,
            session=session,
            caption=body.legenda,
            path=body.arquivo or None,
            url=body.url or None,
            resend=body.reenviar,
            idempotency_key=_key(idempotency_key or body.chave),
            background=body.fila,
        )
        if body.fila:
            queued = await self.services.sending.enqueue(ask)
            answer = Queued(status="na_fila", id=str(queued.id), cnpj=ask.cnpj.value)
            return JSONResponse(answer.model_dump(), status_code=202)
        arrival = await arrival_of(self.services, await self.services.sending.enqueue(ask))
        return JSONResponse(sent_view(arrival.send, duplicate=arrival.duplicate).model_dump())

    async def send_batch(self, request: Request, caller: Caller, idempotency_key: _Key = None) -> Batch:
        body = await read_body(request, BatchBody)
        if body.todas == bool(body.cnpjs):
            raise Rejected(Code.BODY_INVALID, reason="both" if body.todas else "missing", field="cnpjs", other="todas")
        session = body.sessao or None
        if session is not None:
            self._require_named(caller, session)
        key = _key(idempotency_key)
        asked: list[tuple[str, SendRequest | AppError]] = []
        async for text in self._companies_of(body, caller):
            try:
                cnpj = Cnpj.parse(text)
                caller.require_company(cnpj)
                self._require_session(caller, session, cnpj)
            except AppError as error:
                asked.append((text, error))
            else:
                own_key = f"{key}:{cnpj}" if key else None
                ask = SendRequest(
                    cnpj=cnpj, origin=Origin.ERP, session=session, idempotency_key=own_key, background=True
                )
                asked.append((text, ask))
        added = iter(
            await self.services.sending.enqueue_many([ask for _, ask in asked if isinstance(ask, SendRequest)])
        )
        answer = Batch(status="na_fila", envios=[], recusados=[])
        for text, ask_or_error in asked:
            # What was taken before stays taken, so the answer must name it.
            outcome = next(added) if isinstance(ask_or_error, SendRequest) else ask_or_error
            if isinstance(outcome, Send):
                answer.envios.append(BatchItem(cnpj=outcome.cnpj.value if outcome.cnpj else "", id=str(outcome.id)))
            else:
                answer.recusados.append(BatchRefusal.model_validate({"cnpj": text, **body_of(outcome)}))
        return answer

    async def _companies_of(self, body: BatchBody, caller: Access) -> AsyncIterator[str]:
        for text in body.cnpjs or ():
            yield text
        if body.todas:
            for company in await self.services.preparing.everybody():
                if caller.sees_company(company.cnpj):
                    yield company.cnpj.value

    async def check(self) -> JSONResponse:
        diagnosis = await self.services.diagnosing.check(self.services.sessions.default().name)
        answer = connections_view(diagnosis).model_dump(exclude_none=True)
        return JSONResponse(answer, status_code=200 if diagnosis.healthy else 503)

    async def history(
        self,
        caller: Caller,
        cnpj: _CnpjQuery = None,
        data: _Day = None,
        estado: _State = None,
        antes: _Before = None,
        limite: _Limit = _PAGE,
    ) -> Page:
        if estado is not None and estado not in STATES_BY_NAME:
            raise Rejected(Code.BODY_INVALID, reason="choice", field="estado", choices=", ".join(STATES_BY_NAME))
        company = Cnpj.parse(cnpj) if cnpj else None
        if company is not None:
            caller.require_company(company)
        elif caller.companies:
            raise Rejected(Code.FORBIDDEN, reason="companies")
        query = HistoryFilter(
            cnpj=company,
            sessions=caller.sessions,
            day=data,
            states=frozenset({STATES_BY_NAME[estado]}) if estado else frozenset(),
            before=antes,
            limit=limite,
        )
        sends = await self.services.sending.history(query)
        following = str(sends[-1].id) if len(sends) == limite else None
        return Page(envios=[self._view(send) for send in sends], proximo=following)

    async def one(self, send_id: _SendId, caller: Caller) -> SendView:
        return self._view(await self._visible(send_id, caller))

    def _view(self, send: Send) -> SendView:
        return send_view(send, undelivered=self.services.sending.undelivered(send))

    async def cancel(self, send_id: _SendId, caller: Caller) -> SendView:
        await self._visible(send_id, caller)
        return self._view(await self.services.sending.cancel(send_id))

    async def companies(self, caller: Caller, busca: _Search = "", limite: _Limit = _PAGE) -> list[CompanyView]:
        # Some companies' may stand behind any number of others.
        found = await self.services.preparing.search(busca, _EVERYBODY if caller.companies else limite)
        return [company_view(company) for company in found if caller.sees_company(company.cnpj)][:limite]

    def _require_session(self, caller: Access, session: str | None, cnpj: Cnpj) -> None:
        """For the session that would carry it where the caller names none."""
        self._require_named(caller, session or self.services.sessions.session_for(cnpj).name)

    def _require_named(self, caller: Access, name: str) -> None:
        """A session of no company carries everybody's reports; one of another company's is not there."""
        caller.require_session(name)
        company = profile_of(self.services.sessions.get(name)).company
        if company is not None and not caller.sees_company(company):
            raise Rejected(Code.SESSION_NOT_FOUND, name=name)

    def _require_own_picture(self, caller: Access, location: str, cnpj: Cnpj) -> None:
        """Who may send for some companies only shall not get at another one's report by naming its file."""
        if caller.companies and not self.services.preparing.is_own_picture(location, cnpj):
            raise Rejected(Code.FORBIDDEN, reason="file")

    async def _visible(self, send_id: UUID, caller: Access) -> Send:
        """Raises Rejected(SEND_NOT_FOUND), also for another company's or session's: ids are not to be tried out."""
        send = await self.services.sending.get(send_id)
        if not caller.sees_company(send.cnpj) or not caller.sees_session(send.session):
            raise Rejected(Code.SEND_NOT_FOUND, id=str(send_id))
        return send


def _key(text: str | None) -> str | None:
    if text is not None and len(text) > _LONGEST_KEY:
        raise Rejected(Code.BODY_INVALID, reason="long_text", field="Idempotency-Key", most=_LONGEST_KEY)
    return text or None
