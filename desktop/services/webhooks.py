"""Tells other programs what happens: at least once, in order within a session, signed."""

import asyncio
import hashlib
import hmac
import json
import logging
import secrets as random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from desktop.domain.errors import AppError, Code, Rejected, Transient
from desktop.domain.events import Event, MessageKept, SessionRemoved, WebhookTrouble
from desktop.domain.message import Ack, Direction, Message
from desktop.domain.secret import Credentials, Secret
from desktop.domain.send import new_send_id
from desktop.domain.settings import WebhookSettings
from desktop.domain.webhook import Delivery, Webhook, next_try
from desktop.ports.clock import Clock
from desktop.ports.secrets import Secrets
from desktop.ports.webhooks import WebhookAnswer, WebhookLine, Webhooks
from desktop.services.bus import Bus
from desktop.services.webhook_bodies import body_of

logger = logging.getLogger(__name__)

_SECRET = "webhook"
_GONE = 410
_STUMBLE = 5.0
_LAST_WORDS = 5.0
_QUEUE_LIMIT = 10_000


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
        queue_limit: int = _QUEUE_LIMIT,
    ) -> None:
        self._store = store
        self._line = line
        self._secrets = secrets
        self._bus = bus
        self._clock = clock
        self._settings = settings
        self._targets: dict[str, Webhook] = {}
        self._news: asyncio.Queue[Delivery | SessionRemoved] = asyncio.Queue(queue_limit)
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._wakes: dict[str, asyncio.Event] = {}
        self._noting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take up what waits on disk, then listen."""
        kept = timedelta(days=self._settings().keep_dead_days)
        await self._store.purge(self._clock.now() - kept)
        for webhook in await self._store.targets():
            self._open_lane(webhook)
        self._bus.subscribe(self._heard)
        self._noting = asyncio.create_task(self._note(), name="webhooks")

    async def close(self) -> None:
        """What is on its way may come twice at the next start; what is not on disk within seconds is lost."""
        try:
            async with asyncio.timeout(_LAST_WORDS):
                await self._news.join()
        except TimeoutError:
            logger.error("%d pieces of news could not be put down in time", self._news.qsize())
        assert self._noting is not None
        tasks = [*self._lanes.values(), self._noting]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._line.close()

    def targets(self) -> list[Webhook]:
        return list(self._targets.values())

    async def aim(self, webhook: Webhook) -> None:
        """Tell this session's news there from now on; also how a disabled one is made to work again."""
        await self._store.save(webhook)
        self._open_lane(webhook)

    async def remove(self, session: str) -> None:
        """Tell nothing of this session any more."""
        if session in self._targets:
            self._end_lane(session)
        await self._store.remove(session)

    async def rename_session(self, old: str, new: str) -> None:
        webhook = self._targets.get(old)
        if webhook is None:
            return
        self._end_lane(old)
        await self._store.rename_session(old, new)
        self._open_lane(replace(webhook, session=new))

    async def dead(self, limit: int = 100) -> list[Delivery]:
        """What was given up, newest first."""
        return await self._store.dead(limit)

    async def resend(self, delivery_id: UUID) -> None:
        """Raises Rejected(WEBHOOK_NOT_FOUND)."""
        revived = await self._store.revive(delivery_id)
        if revived is None:
            raise Rejected(Code.WEBHOOK_NOT_FOUND, id=str(delivery_id))
        self._wake(revived.session)

    async def secret(self) -> Secret:
        """What signatures are made with, kept in the keyring; made at its first use."""
        credentials = await self._secrets.credentials(_SECRET)
        if credentials is None:
            credentials = Credentials("malote", Secret(random.token_urlsafe(32)))
            await self._secrets.keep_credentials(_SECRET, credentials)
        return credentials.password

    def _wake(self, session: str) -> None:
        self._wakes.setdefault(session, asyncio.Event()).set()

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
        if isinstance(event, SessionRemoved) and event.session in self._targets:
            self._end_lane(event.session)
            self._put(event)
        if not isinstance(event, MessageKept) or event.backlog:
            return
        webhook = self._targets.get(event.message.session)
        if webhook is None or webhook.disabled:
            return
        delivery = self._delivery(webhook, event.message, new=event.new)
        if delivery is None:
            return
        self._put(delivery)

    def _put(self, news: Delivery | SessionRemoved) -> None:
        try:
            self._news.put_nowait(news)
        except asyncio.QueueFull:
            logger.error("too much news at once: one of session %s is lost", news.session)

    def _delivery(self, webhook: Webhook, message: Message, *, new: bool) -> Delivery | None:
        event = _event_of(message, new=new)
        body = None if event is None else body_of(webhook, event, message)
        if event is None or body is None:
            return None
        now = self._clock.now()
        return Delivery(
            id=new_send_id(now, self._clock.entropy(10)),
            session=webhook.session,
            url=webhook.url,
            event=event,
            body=json.dumps(body, ensure_ascii=False).encode(),
            created_at=now,
        )

    async def _note(self) -> None:
        while True:
            news = await self._news.get()
            while not await self._noted(news):
                await self._clock.sleep(_STUMBLE)
            self._wake(news.session)
            self._news.task_done()

    async def _noted(self, news: Delivery | SessionRemoved) -> bool:
        """A full disk is waited out: what other programs are owed is not forgotten."""
        try:
            if isinstance(news, Delivery):
                await self._store.add([news])
            else:
                await self._store.remove(news.session)
        except Transient as error:
            logger.error("news of session %s cannot be put down: %s", news.session, error)
            return False
        return True

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
        webhook = self._targets[session]
        if webhook.disabled:
            return None
        delivery = await self._store.first_waiting(session)
        if delivery is None:
            return None
        now = self._clock.now()
        if delivery.not_before is not None and delivery.not_before > now:
            return (delivery.not_before - now).total_seconds()
        try:
            answer = await self._line.post(webhook.url, delivery.body, await self._headers(delivery))
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
            logger.warning("session %s: the address of its webhook is gone for good", delivery.session)
            self._targets[webhook.session] = gone = replace(webhook, disabled="410")
            await self._store.save(gone)
            self._bus.publish(WebhookTrouble(gone.session))
        else:
            await self._failed(delivery, f"HTTP {answer.status}", answer.retry_after)

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
        timestamp = str(int(self._clock.now().timestamp()))
        key = (await self.secret()).reveal().encode()
        signature = hmac.new(key, timestamp.encode() + b"." + delivery.body, hashlib.sha256).hexdigest()
        return {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Malote",
            "X-Malote-Event": delivery.event,
            "X-Malote-Delivery": str(delivery.id),
            "X-Malote-Timestamp": timestamp,
            "X-Malote-Signature": f"sha256={signature}",
        }


def _event_of(message: Message, *, new: bool) -> str | None:
    if message.direction is Direction.IN:
        return "message.received" if new else None
    if new or message.ack is Ack.SERVER:
        return "message.sent"
    return "message.ack"
