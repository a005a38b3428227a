"""A session as the owner's own tools show it."""

from datetime import date

from desktop.api.views import local_time
from desktop.domain.session import Disconnected, LoggedOut, NeedsPerson, PairingCode, Qr, Session
from desktop.domain.settings import Language
from desktop.runtime.session_wording import describe_session, engine_warning


def session_view(session: Session, version: int, language: Language, today: date) -> dict[str, object]:
    """Where it stands and what to do, in the owner's language; times in the machine's own zone."""
    wording = describe_session(session, language)
    warning = engine_warning(session, today, language)
    status, account, profile = session.status, session.account, session.profile
    return {
        "nome": session.name,
        "id": str(profile.id) if profile else None,
        "versao": version,
        "estado": session.state.value,
        "motivo": _reason(session),
        "texto": wording.text,
        "acao": wording.action,
        "ate": local_time(status.until) if isinstance(status, NeedsPerson) else None,
        "desde": local_time(session.since),
        "telefone": account.phone if account else None,
        "conta": account.name if account else None,
        "vinculada": session.has_link,
        "empresa": profile.company.value if profile and profile.company else None,
        "padrao": profile is not None and profile.default,
        "guarda_mensagens": profile is not None and profile.keeps_messages,
        "criada_em": local_time(profile.created_at) if profile else None,
        "ultimo_sinal": local_time(session.last_heartbeat),
        "qr": status.text if isinstance(status, Qr) else None,
        "qr_expira_em": local_time(status.expires_at) if isinstance(status, Qr) else None,
        "codigo": status.code if isinstance(status, PairingCode) else None,
        "codigo_expira_em": local_time(status.expires_at) if isinstance(status, PairingCode) else None,
        "motor_data": session.engine_build.isoformat() if session.engine_build else None,
        "motor_antigo": session.engine_old(today),
        "aviso": f"{warning.text} {warning.action}" if warning else None,
        "simulacao": session.simulated,
    }


def _reason(session: Session) -> str | None:
    match session.status:
        case NeedsPerson(reason=reason):
            return reason.value
        case Disconnected(cause=cause) | LoggedOut(cause=cause):
            return cause.value
        case _:
            return None
