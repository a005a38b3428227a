"""What the ERPs of the soak ask for, and how they ask again until they know what became of it."""

import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from benchmarks.soak_office import Client, Office

_TRIES = 4
_ASKED_AGAIN = 40


@dataclass
class Order:
    """One picture for one company, however often it is asked for."""

    number: int
    client: Client
    content: bytes
    body: dict[str, object]
    keys: list[str]
    """The last one is the one asked with now; a new one where an ERP tries anew what was refused."""
    ids: set[str] = field(default_factory=set)
    """Every send that the door has named for it."""
    last: dict[str, Any] = field(default_factory=dict)
    """The last answer."""
    closed: bool = False
    """It is not asked for again: another picture may lie in its place."""

    @property
    def told(self) -> str:
        """`enviado`, or the code of the last answer."""
        return str(self.last.get("codigo") or self.last.get("status") or "")


class Orders:
    """Asks for pictures in three ways, mixed by `rng`; knows every answer."""

    def __init__(self, office: Office, rng: random.Random, seed: int) -> None:
        self._office = office
        self._rng = rng
        self._seed = seed
        self.all: list[Order] = []
        self.counts: Counter[str] = Counter()
        """How often it was asked in which way, and what was answered."""
        self._counting = threading.Lock()
        self._template_of = {client.cnpj: threading.Lock() for client in office.clients}

    def make(self, images: int) -> None:
        """Plan so many pictures; every tenth goes by the template's place."""
        for number in range(images):
            client = self._rng.choice(self._office.clients)
            by_template = self._rng.random() < 0.1
            path, content = self._office.picture(number, None if by_template else client, self._seed)
            body: dict[str, object] = dict(client.asks) if path is None else {**client.asks, "arquivo": str(path)}
            self.all.append(Order(number, client, content, body, [f"soak-{number}"]))

    def place(self, order: Order) -> None:
        """Ask for one: wait for its outcome, or leave it in the queue (`fila`, or a `lote` of one)."""
        if "arquivo" not in order.body:
            with self._template_of[order.client.cnpj]:
                self._place_by_template(order)
        elif order.number % 2:
            self._count("espera")
            self._know(order)
        else:
            self._count("fila")
            self._hear(order, self._ask("/api/enviar-relatorio", order, fila=True))

    def follow(self, order: Order) -> None:
        """Wait for the outcome, trying anew what was refused with nothing sent."""
        for _ in range(_TRIES):
            self._know(order)
            if order.told in ("enviado", "desfecho_desconhecido"):
                return
            self._office.care()
            order.keys.append(f"soak-{order.number}-{len(order.keys)}")

    def _know(self, order: Order) -> None:
        for _ in range(_ASKED_AGAIN):
            self._hear(order, self._ask("/api/enviar-relatorio", order))
            # `incerto` with the wait's end as its reason: it is queued or under way.
            if not (order.last.get("incerto") and order.told == "tempo_esgotado"):
                return
        raise AssertionError(f"nobody can tell what becomes of picture {order.number}: {order.last}")

    def _place_by_template(self, order: Order) -> None:
        """Keeps the picture in its place until it went out: what is asked for there is read only then."""
        (order.client.folder / "RelatorioVendas.jpg").write_bytes(order.content)
        self._count("lote")
        body = {"cnpjs": [order.client.cnpj], **{k: v for k, v in order.body.items() if k == "sessao"}}
        key = f"lote-{order.number}"
        answer = self._post("/api/enviar-relatorio/lote", body, key)
        assert answer.status_code == 202, answer.text
        [taken] = answer.json()["envios"]
        order.ids.add(taken["id"])
        order.keys.append(f"{key}:{order.client.cnpj}")
        self._know(order)
        order.closed = True

    def _ask(self, path: str, order: Order, **more: object) -> httpx.Response:
        return self._post(path, {**order.body, **more}, order.keys[-1])

    def _post(self, path: str, body: dict[str, object], key: str) -> httpx.Response:
        """As an ERP does it: where the program is gone before it answers, the same again with the same key."""
        gone: httpx.Client | None = None
        while True:
            door = self._office.door(gone)
            try:
                return door.post(path, json=body, headers={"Idempotency-Key": key})
            except (httpx.TransportError, RuntimeError) as error:
                # RuntimeError: the client was closed between the question for it and its use.
                if isinstance(error, RuntimeError) and "closed" not in str(error):
                    raise
                gone = door

    def _hear(self, order: Order, answer: httpx.Response) -> None:
        assert answer.status_code in (200, 202, 400, 503), answer.text
        order.last = answer.json()
        if order.last.get("id"):
            order.ids.add(str(order.last["id"]))
        self._count(order.told)

    def _count(self, what: str) -> None:
        with self._counting:
            self.counts[what] += 1
