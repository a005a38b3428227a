"""What befalls the soak: WhatsApp's faults, the machine's, and people who stop a session in the middle of it."""

import random
from collections import Counter
from collections.abc import Callable

import psutil

from benchmarks.soak_office import Office
from tests.doubles.whatsapp import Point
from tests.harness.processes import ChildError

PROGRAM_DIES = "whole program killed (-9)"
_POINTS: tuple[Point, ...] = (
    "upload-received",
    "upload-stored",
    "message-before-received",
    "message-received-before-ack",
    "after-ack",
    "delivered-receipts-sent",
)
_A_MOMENT = 5.0
"""Seconds that something is waited for which may never come, since chance decides what is under way."""


class Trouble:
    """Each kind is done once, wholly, when it is called; what it broke is whole again afterwards or heals by itself."""

    def __init__(self, office: Office, rng: random.Random) -> None:
        self._office = office
        self._whatsapp = office.whatsapp
        self._rng = rng
        self.done: Counter[str] = Counter()
        self.kinds: dict[str, Callable[[], None]] = {
            "line drops": self._drop,
            "line drops at a point": self._drop_at_a_point,
            "logins refused (503)": self._refuse_logins,
            "WhatsApp not reachable": self._unreachable,
            "uploads fail (503)": self._fail_uploads,
            "send refused (463)": self._restrict,
            "send refused (479)": self._refuse,
            "acks withheld": self._withhold,
            "server silent": self._silence,
            "session stopped": self._stop_session,
            "session restarted": self._restart_session,
            "worker killed (-9)": self._kill_worker,
            "workers killed at a point": self._kill_workers_at_a_point,
        }

    def befall(self, kind: str) -> None:
        self.done[kind] += 1
        if kind == PROGRAM_DIES:
            self._kill_program()
        else:
            self.kinds[kind]()

    def plan(self, images: int, count: int, deaths: int) -> list[tuple[int, str]]:
        """So many troubles by the number of messages taken before each; the program dies in the first quarter and once
        near the end, so that one life of it is long enough to see whether it grows.
        """
        kinds: list[str] = []
        while len(kinds) < count:
            some = list(self.kinds)
            self._rng.shuffle(some)
            kinds += some
        marks = sorted(self._rng.randrange(images // 50, images * 9 // 10) for _ in range(count))
        dies = sorted(self._rng.randrange(images // 20, images // 4) for _ in range(deaths - 1))
        dies.append(images * 9 // 10)
        return sorted([*zip(marks, kinds, strict=False), *((mark, PROGRAM_DIES) for mark in dies)])

    def end(self) -> None:
        """Nothing more is wrong."""
        self._whatsapp.allow_login()
        self._whatsapp.accept_connections()
        self._whatsapp.answer_again()
        self._whatsapp.let_uploads_pass()
        self._office.care()

    def _drop(self) -> None:
        self._whatsapp.drop_connection()

    def _drop_at_a_point(self) -> None:
        self._at_a_point(self._whatsapp.drop_connection)

    def _refuse_logins(self) -> None:
        self._whatsapp.fail_login(503, times=self._rng.randint(1, 6), before_pairing=False)
        self._whatsapp.drop_connection()

    def _unreachable(self) -> None:
        mark = self._office.world.program.mark()
        self._whatsapp.refuse_connections()
        self._comes(lambda: self._office.world.program.wait_for_line(": Sem (conexão|internet)", _A_MOMENT, since=mark))
        self._whatsapp.accept_connections()

    def _fail_uploads(self) -> None:
        self._whatsapp.fail_next_upload(self._rng.choice((503, 503, 0)), times=self._rng.randint(1, 5))

    def _restrict(self) -> None:
        mark = self._office.world.program.mark()
        self._whatsapp.fail_next_send(463)
        if self._comes(lambda: self._office.world.program.wait_for_line("restringiu", _A_MOMENT, since=mark)):
            if self._rng.random() < 0.5:
                for phone in self._office.phones.values():
                    self._whatsapp.restrict(0, phone)
            else:
                self._office.care()

    def _refuse(self) -> None:
        self._whatsapp.fail_next_send(479)

    def _withhold(self) -> None:
        """Until some more messages came; then the acknowledgements come late, or never on a line that drops."""
        self._whatsapp.withhold_acks()
        self._some_more(self._rng.randint(1, len(self._office.phones)))
        how = self._rng.random()
        if how < 0.3:
            self._whatsapp.drop_connection()
        elif how < 0.5:
            self._office.kill_workers(self._one_worker())
        self._whatsapp.answer_again()

    def _silence(self) -> None:
        """The server says nothing more, and takes what comes or leaves it in the line; then the line drops or heals."""
        self._whatsapp.stop_answering(taking=self._rng.random() < 0.5)
        self._some_more(1)
        if self._rng.random() < 0.6:
            self._whatsapp.drop_connection()
        self._whatsapp.answer_again()

    def _stop_session(self) -> None:
        session = self._rng.choice(list(self._office.phones))
        self._office.act(session, "parar")
        self._some_more(self._rng.randint(1, 5))
        self._office.act(session, "iniciar")

    def _restart_session(self) -> None:
        self._office.act(self._rng.choice(list(self._office.phones)), "reiniciar")

    def _kill_worker(self) -> None:
        self._office.kill_workers(self._one_worker())

    def _kill_workers_at_a_point(self) -> None:
        self._at_a_point(lambda: self._office.kill_workers(self._office.workers()))

    def _kill_program(self) -> None:
        if self._rng.random() < 0.7:
            self._at_a_point(self._office.kill)
        else:
            self._office.kill()
        self._office.start()

    def _at_a_point(self, strike: Callable[[], None]) -> None:
        """While one send of whatever session stands still there."""
        with self._whatsapp.hold_at(self._rng.choice(_POINTS)) as hold:
            self._comes(lambda: hold.wait_reached(_A_MOMENT))
            strike()

    def _some_more(self, count: int) -> None:
        wanted = self._office.taken() + count
        self._comes(lambda: self._whatsapp.wait_for(lambda: self._office.taken() >= wanted, _A_MOMENT))

    def _one_worker(self) -> list[psutil.Process]:
        workers = self._office.workers()
        return [self._rng.choice(workers)] if workers else []

    def _comes(self, wait: Callable[[], object]) -> bool:
        try:
            wait()
        except (TimeoutError, ChildError):
            return False
        return True
