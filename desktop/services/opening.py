"""Sessions as other programs make them: they keep what they receive, and are told of from their first message on."""

from collections.abc import Awaitable, Callable

from desktop.domain.session import Session
from desktop.domain.webhook import Webhook, WebhookShape
from desktop.services.contract_words import sessions_of
from desktop.services.sessions import Sessions
from desktop.services.webhooks import Telling


def tenant_named(sessions: Sessions, telling: Telling, name: str) -> str | None:
    """The session that contract C made for a company, called `1` or `empresa1`; None where it made none."""
    told = {webhook.session for webhook in telling.targets() if webhook.shape is WebhookShape.TENANTS}
    # Of one whose making broke off, a target may be left.
    made = [session.name for session in sessions.all() if session.name in told]
    if name in made:
        return name
    return next((one for one in made if one in sessions_of(name) or name in sessions_of(one)), None)


async def open_tenant(sessions: Sessions, telling: Telling, name: str) -> tuple[Session, bool]:
    """Contract C's session of that company, connecting; True where it was made now.

    Raises what Sessions.add raises, SESSION_EXISTS also where the name is a session's that contract C did not make.
    """
    async with telling.opening:
        known = tenant_named(sessions, telling, name)
        made, name = known is None, known or name
        if made:
            await _open(sessions, name, telling.aim_tenant)
    await sessions.start(name)
    return sessions.get(name), made


async def open_instance(sessions: Sessions, telling: Telling, name: str, url: str) -> Session:
    """A new session of contract E, connecting, whose news go to the address; to nobody where it is empty.

    Raises what Sessions.add raises, and Rejected(WEBHOOK_REFUSED).
    """

    async def aim(session: str, instance: str) -> None:
        await telling.aim(Webhook(session=session, instance=instance, url=url, shape=WebhookShape.INSTANCES))

    if url:
        await telling.check(url)
    name = await _open(sessions, name, aim if url else None)
    await sessions.start(name)
    return sessions.get(name)


async def _open(sessions: Sessions, name: str, aim: Callable[[str, str], Awaitable[None]] | None) -> str:
    """The session's name as it is kept; nothing is left of it where its webhook cannot be put down."""

    async def furnish(session: Session) -> None:
        assert session.profile is not None
        if aim is not None:
            await aim(session.name, str(session.profile.id))

    return (await sessions.add(name, keeps_messages=True, furnish=furnish)).name
