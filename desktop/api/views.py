"""Sends and companies as contract A shows them."""

from datetime import datetime
from typing import TypeVar, overload

from desktop.api.schemas import (
    STATE_NAMES,
    CompanyView,
    Connections,
    DirectoryPart,
    Part,
    SendView,
    Sent,
    WhatsAppPart,
)
from desktop.domain.company import Company, DirectoryCheck
from desktop.domain.errors import AppError
from desktop.domain.send import Send
from desktop.domain.session import Profile, Session
from desktop.domain.settings import Language
from desktop.runtime.wording import describe, describe_error
from desktop.services.diagnosis import Diagnosis


def sent_view(send: Send, *, duplicate: bool) -> Sent:
    """The answer to a send that WhatsApp acknowledged."""
    return Sent(
        status="enviado",
        grupo=send.recipient or "",
        cnpj=send.cnpj.value if send.cnpj else "",
        id=str(send.id),
        empresa=send.company_name,
        mensagem_id=send.message_id,
        duplicado=duplicate,
        simulacao=send.simulated,
    )


def send_view(send: Send, *, undelivered: bool = False) -> SendView:
    """One row of the history; times in the machine's own zone.

    `undelivered` where it was sent long ago and no phone has confirmed it.
    """
    wording = describe(send.error, send.facts, Language.PORTUGUESE) if send.error else None
    return SendView(
        id=str(send.id),
        tipo=send.kind.value,
        cnpj=send.cnpj.value if send.cnpj else None,
        empresa=send.company_name,
        estado=STATE_NAMES[send.state],
        grupo=send.recipient or send.addressee,
        mensagem_id=send.message_id,
        origem=send.origin.value,
        sessao=send.session,
        dia=send.day.isoformat(),
        criado_em=local_time(send.created_at, "milliseconds"),
        enviado_em=local_time(send.sent_at, "milliseconds"),
        entregue_em=local_time(send.delivered_at, "milliseconds"),
        lido_em=local_time(send.read_at, "milliseconds"),
        entregues=send.delivered_count,
        lidos=send.read_count,
        entrega_nao_confirmada=undelivered,
        codigo=send.error.value if send.error else None,
        mensagem=wording.text if wording else None,
        acao=wording.action if wording else None,
        duplicado_de=str(send.duplicate_of) if send.duplicate_of else None,
        simulacao=send.simulated,
    )


def profile_of(session: Session) -> Profile:
    """As what it is registered: the services give no session without it."""
    assert session.profile is not None
    return session.profile


@overload
def local_time(at: datetime, precision: str = "auto") -> str: ...
@overload
def local_time(at: datetime | None, precision: str = "auto") -> str | None: ...
def local_time(at: datetime | None, precision: str = "auto") -> str | None:
    """ISO 8601 in the machine's own zone."""
    return at.astimezone().isoformat(timespec=precision) if at else None


def company_view(company: Company) -> CompanyView:
    return CompanyView(cnpj=company.cnpj.value, nome=company.name, grupo=company.group)


def connections_view(diagnosis: Diagnosis) -> Connections:
    """How each part of a send stands, with what to do about the one that fails."""
    directory = diagnosis.directory
    if isinstance(directory, DirectoryCheck):
        oracle = DirectoryPart(ok=True, fonte=directory.source, empresas=directory.companies)
    else:
        oracle = _blamed(DirectoryPart(ok=False), directory)
    error = diagnosis.session_error
    whatsapp = WhatsAppPart(ok=error is None, estado=diagnosis.session.state.value)
    if error is not None:
        whatsapp = _blamed(whatsapp, error)
    return Connections(status="ok" if diagnosis.healthy else "erro", oracle=oracle, whatsapp=whatsapp)


_Part = TypeVar("_Part", bound=Part)


def _blamed(part: _Part, error: AppError) -> _Part:
    wording = describe_error(error)
    return part.model_copy(update={"mensagem": wording.text, "codigo": error.code.value, "acao": wording.action})
