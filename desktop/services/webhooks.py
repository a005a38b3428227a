"""Tells other programs what happens: at least once, in order within a session, signed."""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from desktop.domain.errors import AppError, Code, Rejected, Transient
from desktop.domain.events import Event, MessageKept, SessionRemoved, SettingsChanged, WebhookTrouble
from desktop.domain.settings import WebhookSettings
from desktop.domain.webhook import Delivery, Webhook, WebhookShape, next_try
from desktop.ports.clock import Clock
from desktop.ports.messages import Tell
from desktop.ports.secrets import Secrets
from desktop.ports.webhooks import WebhookAnswer, WebhookLine, Webhooks
from desktop.services.bus import Bus
from desktop.services.webhook_news import tell_from
from desktop.services.webhook_outage import Outage
from desktop.services.webhook_secret import SigningSecret, Turn

logger = logging.getLogger(__name__)

_GONE = 410
_STUMBLE = 5.0
_TENANTS_PATH = "/webhook/whatsapp"
NO_ADDRESS = "no_address"
"""Why a session of contract C tells nothing: the owner has not said where."""


class Telling:
    """One lane per session; a delivery that fails holds up those behind it until it is taken or given up."""

    def __init__(
        self,
        *,
        store: Webhooks,
        line: WebhookLine,
        secrets: Secrets,
        bus: Bus,
        clock: Clock,
        settings: Callable[[], WebhookSettings],
        turn: Turn = nullcontext,
    ) -> None:
        """`turn`: see SigningSecret."""
        self._store = store
        self._line = line
        self.signing = SigningSecret(secrets, clock, turn)
        """What deliveries are signed with."""
        self._outage = Outage(clock)
        self._bus = bus
        self._clock = clock
        self._settings = settings
        self._targets: dict[str, Webhook] = {}
        self._aliases: dict[str, str] = {}
        """Names that sessions are about to give up, under which messages may still be put down."""
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._wakes: dict[str, asyncio.Event] = {}
        self._changing = asyncio.Lock()
        """Held while where news go changes, here and on disk: nobody decides by what another is about to write over."""
        self.opening = asyncio.Lock()
        """Held while a session is made together with where its news go."""

    async def start(self) -> None:
        """Take up what waits on disk, then listen."""
        kept = timedelta(days=self._settings().keep_dead_days)
        await self._store.purge(self._clock.now() - kept)
        for webhook in await self._store.targets():
            self._open_lane(webhook)
        self._bus.subscribe(self._heard)

    async def close(self) -> None:
        """What is on its way may come twice at the next start."""
        tasks = list(self._lanes.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._line.close()

    def teller(self, *, new: bool) -> Tell:
        """Implements Teller: it goes by the names and addresses of this moment."""
        targets = {name: self._current(webhook) for name, webhook in self._targets.items()}
        targets |= {old: targets[new] for old, new in self._aliases.items() if new in targets}
        return tell_from(targets, self._clock, new=new)

    @property
    def unsigned(self) -> AppError | None:
        """Why nothing can be signed, and so nobody is told anything, at present."""
        return self._outage.error

    def targets(self) -> list[Webhook]:
        return [self._current(webhook) for webhook in self._targets.values()]

    async def aim(self, webhook: Webhook) -> None:
        """Tell this session's news there from now on; also how a disabled one is made to work again."""
        async with self._changing:
            await self._aim(webhook)

    async def aim_tenant(self, session: str, instance: str) -> None:
        """Tell contract C's receiver of this session, wherever the settings put it now and later."""
        await self.aim(Webhook(session=session, instance=instance, url="", shape=WebhookShape.TENANTS))

    async def check(self, url: str) -> None:
        """Raise Rejected(WEBHOOK_REFUSED) for an address that could never be told; one that is not there yet passes."""
        try:
            await self._line.check(url)
        except Transient as error:
            logger.warning("a webhook's address cannot be found for now: %s", error)

    async def enable(self, session: str) -> Webhook:
        """Tell a disabled webhook again, as what waits for it. Raises Rejected(SESSION_NOT_FOUND)."""
        async with self._changing:
            webhook = self._targets.get(self._aliases.get(session, session))
            if webhook is None:
                raise Rejected(Code.SESSION_NOT_FOUND, name=session)
            self._outage.hurry()
            await self._aim(replace(webhook, disabled=""))
            return self._current(self._targets[webhook.session])

    async def forget_session(self, session: str) -> None:
        """Tell nothing of this session any more."""
        async with self._changing:
            if session in self._targets:
                self._end_lane(session)
            await self._store.forget_session(session)

    async def rename_session(self, old: str, new: str) -> None:
        async with self._changing:
            await self._rename(old, new)

    async def dead(self, limit: int = 100, *, sessions: Collection[str] | None = None) -> list[Delivery]:
        """What was given up of these sessions, of all where it is None; newest first."""
        return await self._store.dead(limit, sessions)

    async def resend(self, delivery_id: UUID, sees: Callable[[str], bool] = lambda session: True) -> Delivery:
        """Raises Rejected(WEBHOOK_NOT_FOUND), also where its session is none that the caller sees."""
        found = await self._store.one_dead(delivery_id)
        revived = await self._store.revive(delivery_id) if found is not None and sees(found.session) else None
        if revived is None:
            raise Rejected(Code.WEBHOOK_NOT_FOUND, id=str(delivery_id))
        self._outage.hurry()
        self._wake(revived.session)
        return revived

    async def _aim(self, webhook: Webhook) -> None:
        await self._store.save(webhook)
        self._open_lane(webhook)

    async def _rename(self, old: str, new: str) -> None:
        webhook = self._targets.get(old)
        if webhook is None:
            return
        self._end_lane(old)
        self._aliases.pop(new, None)
        self._aliases[old] = new
        # What is put down meanwhile bears the new name already, and stands behind what is renamed now.
        self._targets[new] = renamed = replace(webhook, session=new)
        try:
            await self._store.rename_session(old, new)
        except BaseException:
            del self._targets[new], self._aliases[old]
            self._open_lane(webhook)
            raise
        self._open_lane(renamed)

    def _wake(self, session: str) -> None:
        if wake := self._wakes.get(session):
            wake.set()

    def _open_lane(self, webhook: Webhook) -> None:
        self._targets[webhook.session] = webhook
        wake = self._wakes.setdefault(webhook.session, asyncio.Event())
        wake.set()
        lane = self._lanes.get(webhook.session)
        if lane is None or lane.done():
            name = f"webhooks {webhook.session}"
            self._lanes[webhook.session] = asyncio.create_task(self._work(webhook.session, wake), name=name)

    def _end_lane(self, session: str) -> None:
        del self._targets[session]
        self._lanes.pop(session).cancel()

    def _heard(self, event: Event) -> None:
        match event:
            case MessageKept(message):
                self._wake(self._aliases.get(message.session, message.session))
            case SessionRemoved(name):
                self._aliases.pop(name, None)
            case SettingsChanged():
                for name in self._targets:
                    self._wake(name)
            case _:
                return

    def _current(self, webhook: Webhook) -> Webhook:
        """With the address that the settings give contract C's sessions by now."""
        if webhook.shape is not WebhookShape.TENANTS:
            return webhook
        base = self._settings().tenants_url.rstrip("/")
        url = base and base + _TENANTS_PATH
        gone = webhook.disabled if webhook.url == url else ""
        return replace(webhook, url=url, disabled=gone if url else NO_ADDRESS)

    async def _work(self, session: str, wake: asyncio.Event) -> None:
        while True:
            wake.clear()
            try:
                wait = await self._deliver_first(session)
            except Exception:
                # Nobody foresaw it; the lane goes on, or one bug would silence a session for good.
                logger.exception("session %s: its webhooks stumbled", session)
                wait = _STUMBLE
            await self._rest(wake, wait)

    async def _rest(self, wake: asyncio.Event, wait: float | None) -> None:
        """Until there is more to do, or so many seconds; None: until there is."""
        if wait == 0:
            return
        ends: set[asyncio.Future[Any]] = {asyncio.create_task(wake.wait())}
        if wait is not None:
            ends.add(asyncio.ensure_future(self._clock.sleep(wait)))
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()

    async def _deliver_first(self, session: str) -> float | None:
        """Try the first in line if it is due; seconds until there is something to do, None where nothing waits."""
        if self._current(self._targets[session]).disabled:
            return None
        delivery = await self._store.first_waiting(session)
        if delivery is None:
            return None
        now = self._clock.now()
        if delivery.not_before is not None and delivery.not_before > now:
            return (delivery.not_before - now).total_seconds()
        if wait := self._outage.wait():
            return wait
        try:
            headers = await self._headers(delivery)
        except AppError as error:
            # Nobody's but ours: it takes nothing off the tries that a receiver has.
            self._cannot_sign(delivery, error)
            return self._outage.wait()
        if self._outage.over():
            for name in self._targets:
                self._wake(name)
        try:
            # Looked up as late as can be: a person may have changed it while the keyring waited for them.
            webhook = self._current(self._targets[session])
            if webhook.disabled:
                return None
            answer = await self._line.post(webhook.url, delivery.body, headers)
        except AppError as error:
            await self._failed(delivery, str(error), None)
            return 0
        await self._answered(webhook, delivery, answer)
        return 0

    async def _answered(self, webhook: Webhook, delivery: Delivery, answer: WebhookAnswer) -> None:
        if 200 <= answer.status < 300:
            await self._store.taken(delivery.id)
            logger.info("session %s: %s told", delivery.session, delivery.event)
        elif answer.status == _GONE:
            await self._give_up(webhook)
        else:
            await self._failed(delivery, f"HTTP {answer.status}", answer.retry_after)

    async def _give_up(self, webhook: Webhook) -> None:
        """Its address is gone for good."""
        async with self._changing:
            if self._current(self._targets[webhook.session]) != webhook:
                return  # it has another address by now
            logger.warning("session %s: the address of its webhook is gone for good", webhook.session)
            gone = replace(webhook, disabled="410")
            await self._store.save(gone)
            self._targets[webhook.session] = gone
        self._bus.publish(WebhookTrouble(gone.session))

    def _cannot_sign(self, delivery: Delivery, error: AppError) -> None:
        if self._outage.failed(error):
            logger.warning("nothing can be signed, so no webhook is told anything: %s", error)
            self._bus.publish(WebhookTrouble(delivery.session))

    async def _failed(self, delivery: Delivery, why: str, retry_after: float | None) -> None:
        now = self._clock.now()
        again = next_try(delivery, now, jitter=self._clock.chance(), retry_after=retry_after)
        logger.warning("session %s: %s could not be told (%s)", delivery.session, delivery.event, why)
        await self._store.failed(
            replace(
                delivery,
                attempts=delivery.attempts + 1,
                not_before=again,
                last_error=why,
                dead_at=now if again is None else None,
            )
        )
        if again is None:
            self._bus.publish(WebhookTrouble(delivery.session))

    async def _headers(self, delivery: Delivery) -> Mapping[str, str]:
        """The signature is over the timestamp, a dot and the body, so that an old one cannot be played again."""
        keys = await self.signing.keys()
        # Taken after the keyring was asked, which may wait for a person: receivers refuse what was signed long ago.
        timestamp = str(int(self._clock.now().timestamp()))
        signed = timestamp.encode() + b"." + delivery.body
        signatures = [hmac.new(key.reveal().encode(), signed, hashlib.sha256).hexdigest() for key in keys]
        names = ("X-Malote-Signature", "X-Malote-Signature-Previous")
        return {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Malote",
            "X-Malote-Event": delivery.event,
            "X-Malote-Delivery": str(delivery.id),
            "X-Malote-Timestamp": timestamp,
        } | {name: f"sha256={signature}" for name, signature in zip(names, signatures, strict=False)}
