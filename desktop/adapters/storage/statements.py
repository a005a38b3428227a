"""The statements of the outbox that every send passes through, built once: building one costs more than running it."""

from sqlalchemy import bindparam, delete, func, or_, select, update

from desktop.adapters.storage.tables import QUEUED, Instant, confirmations, contents, sends, steps
from desktop.domain.send import ON_ITS_WAY, SendKind, SendState

_session = sends.c.session == bindparam("session")
_now = bindparam("now", type_=Instant())

BY_ID = select(sends).where(sends.c.id == bindparam("id"))
# SQLite has locked the whole file at BEGIN IMMEDIATE and leaves FOR UPDATE out; other databases need it.
LOCKED = BY_ID.with_for_update()
BY_KEY = select(sends).where(sends.c.idempotency_key == bindparam("key"))
QUEUE_LENGTH = select(func.count()).select_from(sends).where(QUEUED)
NEXT_QUEUED = (
    select(sends)
    .where(QUEUED, _session, or_(sends.c.not_before.is_(None), sends.c.not_before <= _now))
    .order_by(sends.c.priority, sends.c.id)
    .limit(1)
)
NEXT_RETRY = select(func.min(sends.c.not_before)).where(QUEUED, _session, sends.c.not_before > _now)
NEXT_EXPIRY = select(func.min(sends.c.start_by)).where(QUEUED, _session, sends.c.start_by > _now)
SAME_REPORT = (
    select(sends)
    .where(sends.c.cnpj == bindparam("cnpj"), sends.c.day == bindparam("day"))
    .where(sends.c.report_sha256 == bindparam("sha256"), sends.c.kind == SendKind.REPORT)
    .where(sends.c.id != bindparam("own"))
    # A simulated send is no reason to hold back a real one.
    .where(sends.c.state.in_(ON_ITS_WAY), sends.c.simulated == bindparam("simulated"))
    .with_for_update()
)
INTERRUPTED = select(sends).where(sends.c.state == SendState.SENDING)
LATE = select(sends).where(QUEUED, sends.c.start_by <= _now)
RECENT_STARTS = (
    select(sends.c.sending_at).where(_session, sends.c.sending_at >= bindparam("since")).order_by(sends.c.sending_at)
)
COUNTS = select(sends.c.state, func.count()).where(_session).group_by(sends.c.state)
BY_MESSAGES = (
    select(sends)
    .where(sends.c.message_id.in_(bindparam("messages", expanding=True)), _session)
    .where(sends.c.state.in_(ON_ITS_WAY))
    .order_by(sends.c.id)
    .with_for_update()
)
_confirmation = (
    bindparam("send", type_=confirmations.c.send_id.type),
    bindparam("by", type_=confirmations.c.member.type),
    bindparam("at", type_=confirmations.c.delivered_at.type),
)
_same_member = (confirmations.c.send_id == _confirmation[0], confirmations.c.member == _confirmation[1])
ADD_CONFIRMATION = confirmations.insert().from_select(
    [confirmations.c.send_id, confirmations.c.member, confirmations.c.delivered_at],
    select(*_confirmation).where(~select(confirmations.c.member).where(*_same_member).exists()),
)
ADD_READING = (
    update(confirmations).where(*_same_member, confirmations.c.read_at.is_(None)).values(read_at=bindparam("at"))
)
RENAME_SESSION = update(sends).where(sends.c.session == bindparam("old")).values(session=bindparam("new"))

STEPS = (
    select(steps.c.state, steps.c.at, steps.c.error).where(steps.c.send_id == bindparam("id")).order_by(steps.c.number)
)

CONTENT = select(contents).where(contents.c.sha256 == bindparam("sha256"))
USE_CONTENT = update(contents).where(contents.c.sha256 == bindparam("known")).values(used_at=bindparam("now"))
ADD_CONTENT = contents.insert()
DROP_CONTENTS = delete(contents).where(
    contents.c.sha256.in_(
        select(contents.c.sha256)
        .where(contents.c.used_at < bindparam("before"))
        .order_by(contents.c.used_at)
        # More than the one that comes in, so that a shorter keeping time takes effect.
        .limit(2)
    )
)
