"""What a listener's answer to the probe means, before any password is sent."""

from typing import Final

from desktop.adapters.directory.oracle_answers import Probed
from desktop.adapters.directory.oracle_errors import KNOWN, Reason, app_error
from desktop.adapters.directory.oracle_logins import Address
from desktop.adapters.directory.oracle_probe import OLDEST_FOR_THIN_MODE, Outcome
from desktop.domain.errors import AppError, Code

_MEANINGS: Final = {
    Outcome.REFUSED: Reason.OTHER,
    Outcome.CLOSED: Reason.DROPPED,
    Outcome.SILENT: Reason.SILENT,
    Outcome.NOT_ORACLE: Reason.REFUSED,
    Outcome.WANTS_TLS: Reason.TLS_EXPECTED,
}
_UNKNOWN: Final = frozenset({Reason.SID_UNKNOWN, Reason.SERVICE_UNKNOWN})


def judge(probed: Probed, *, tls: bool) -> None:
    """Raise NeedsHuman or Transient(ORACLE_UNAVAILABLE) unless thin mode can go on."""
    if probed["suits_thin_mode"]:
        return
    outcome, ora, version = Outcome(probed["outcome"]), probed["ora"], probed["tns_version"]
    facts: dict[str, object] = {}
    if outcome is Outcome.ACCEPTED:
        old = version is not None and version < OLDEST_FOR_THIN_MODE
        facts["reason"] = (Reason.SERVER_TOO_OLD if old else Reason.ENCRYPTION_REQUIRED).value
        facts["tns_version"] = version
    elif ora is not None:
        facts |= {"reason": KNOWN.get(ora, Reason.OTHER).value, "ora": ora}
    elif outcome is Outcome.CLOSED and tls:
        facts["reason"] = Reason.CERTIFICATE_WANTED.value
    else:
        facts["reason"] = _MEANINGS[outcome].value
    if facts["reason"] == Reason.OTHER:
        facts["detail"] = ora or outcome.value
    raise app_error(Code.ORACLE_UNAVAILABLE, facts)


def other_names(address: Address, error: AppError) -> list[dict[str, str]]:
    """What else an unknown name may have been meant as: a SID as a service, a service as a SID, also without domain."""
    if error.facts.get("reason") not in _UNKNOWN:
        return []
    if address.sid:
        return [{"service_name": address.sid}]
    short = address.service_name.partition(".")[0]
    return [{"sid": name} for name in dict.fromkeys((address.service_name, short))]


def is_known(probed: Probed) -> bool:
    """Whether the listener knew the name, whatever else it said."""
    return probed["outcome"] == Outcome.ACCEPTED
