"""What the contracts' examples take for granted: a session in some state, a send that waits, a picture that is old."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from desktop.domain.cnpj import Cnpj
from desktop.domain.secret import Credentials, Secret
from desktop.ports import engine as said
from tests.doubles.oracle import OracleDouble
from tests.integration.api.door import GROUP, MARKET
from tests.integration.api.examples import Given, Stage
from tests.integration.api.told import INCOMING, JID, PHONE, told

BAD_GROUP, BROKEN, HALF, OLD = (Cnpj(f"33{n:06}000100").expected.value for n in range(1, 5))
TALKS = "5511977776666"
"""Who has written sixty messages."""
LETTERS = "12ABC34501DE35"
COMPANIES = f"""{BAD_GROUP};Loja do Grupo Errado;não é um grupo
{BROKEN};Loja da Imagem Estragada;{GROUP}
{HALF};Loja da Imagem pela Metade;{GROUP}
{OLD};Loja da Imagem de Ontem;{GROUP}
{LETTERS};Loja das Letras;{GROUP}
"""


@contextmanager
def open_stage(folder: Path) -> Iterator[Stage]:
    """A connected session of each contract: `b` and `d` are ids, `hook` is a webhook's address, `sent` a send's id."""
    with told(folder) as opened:
        stage = Stage(opened)
        opened.door.change({"pace.hourly_cap": 10_000})
        _put_companies(stage)
        names, engine = stage.make("loja")
        stage.known["b"] = names["id"]
        stage.say(engine, said.MessageReceived(replace(INCOMING, id="3EB0AA", text="no grupo", chat=GROUP)))
        stage.say(engine, said.MessageReceived(INCOMING))
        talks = f"{TALKS}@s.whatsapp.net"
        for n in range(60):
            stage.say(engine, said.MessageReceived(replace(INCOMING, id=f"3EB0{n:04}", chat=talks, sender=talks)))
        stage.client.post("/tenants", json={"tenantId": "empresa1"}).raise_for_status()
        made = stage.client.post("/whatsapp/connections", json={"name": "filial", "companyId": "7"}).json()
        stage.known["d"] = made["id"]
        stage.client.post(f"/whatsapp/connections/{made['id']}/connect").raise_for_status()
        stage.say(opened.engine, said.MessageReceived(INCOMING))
        body = {"name": "empresa_x", "webhookUrl": f"{opened.receiver.url}/webhook/whatsapp"}
        stage.client.post("/instances/create", json=body).raise_for_status()
        stage.known["hook"] = opened.receiver.url
        stage.known["sent"] = opened.door.send(MARKET).json()["id"]
        opened.door.run(opened.door.services.inbox.settled())
        yield stage


def _put_companies(stage: Stage) -> None:
    door = stage.door
    table = door.home.folder / "empresas.csv"
    table.write_text(table.read_text("utf-8") + COMPANIES, "utf-8")
    whole = door.put_report(LETTERS).read_bytes()
    door.put_report(BROKEN).write_bytes(b"isto nao e uma imagem" * 40)
    door.put_report(HALF).write_bytes(whole[: len(whole) // 2])
    then = time.time() - 86_400
    os.utime(door.put_report(OLD), (then, then))


def session(*news: said.EngineEvent, online: bool = True, started: bool = True) -> Given:
    """One more session, gone afterwards; its engine tells these news. It is `id` and `name`."""

    @contextmanager
    def given(stage: Stage) -> Iterator[Mapping[str, str]]:
        names, engine = stage.make(started=False)
        engine.goes_online = online
        if started:
            stage.door.run(stage.door.services.sessions.start(names["name"]))
        for one in news:
            stage.say(engine, one)
        try:
            yield names
        finally:
            stage.client.delete(f"/whatsapp/sessions/{names['id']}")

    return given


def whatsapp_says(error: Exception) -> Given:
    """One more session, whose next send WhatsApp answers with this error."""

    @contextmanager
    def given(stage: Stage) -> Iterator[Mapping[str, str]]:
        with session()(stage) as names:
            stage.told.engine.outcomes = [error]
            yield names

    return given


def knows(phone: str, jid: str) -> Given:
    """WhatsApp has this number under another one: the ninth digit."""

    @contextmanager
    def given(stage: Stage) -> Iterator[Mapping[str, str]]:
        stage.door.engine.accounts[phone] = jid
        yield {}

    return given


@contextmanager
def busy(stage: Stage) -> Iterator[Mapping[str, str]]:
    """A send is under way and does not end, another one waits behind it; they are `first` and `waiting`."""
    door = stage.door
    before = len(door.engine.taken)
    release = door.hold()
    first = door.send(MARKET, fila=True, reenviar=True).json()["id"]
    door.wait_taken(before + 1)
    waiting = door.send(MARKET, fila=True, reenviar=True).json()["id"]
    try:
        yield {"first": first, "waiting": waiting}
    finally:
        release()


@contextmanager
def impatient(stage: Stage) -> Iterator[Mapping[str, str]]:
    """As `busy`, and nobody is kept waiting for longer than a moment."""
    stage.door.change({"door.wait_limit": 0.2})
    try:
        with busy(stage) as names:
            yield names
    finally:
        stage.door.change({"door.wait_limit": 30})


@contextmanager
def no_oracle(stage: Stage, port: int = 9) -> Iterator[Mapping[str, str]]:
    """The companies are in an Oracle that nobody has started."""
    where: dict[str, object] = {"host": "127.0.0.1", "port": port, "service_name": "XEPDB1", "deadline": 5}
    stage.door.change(
        {"directory.kind": "oracle"} | {f"directory.oracle.{name}": value for name, value in where.items()}
    )
    stage.told.secrets.kept["oracle"] = Credentials("erp", Secret("s3gredo"))
    try:
        yield {}
    finally:
        stage.door.change({"directory.kind": "table"})


@contextmanager
def wrong_password(stage: Stage) -> Iterator[Mapping[str, str]]:
    """The companies are in an Oracle that has another password."""
    with (
        OracleDouble(user="erp", password="0utra", service="XEPDB1", sid="xe", tables={}) as server,
        no_oracle(stage, server.port) as names,
    ):
        yield names


WAITS_FOR_SCAN = session(said.QrShown("https://wa.me/settings/linked_devices#1", 60.0), online=False)
NOBODY_SCANNED = session(said.QrShown("https://wa.me/1", 60.0), said.QrExpired(), online=False)
STOPPED = session(started=False)
CONNECTED = session()
ANOTHER_NUMBER = knows("5511987654321", "551187654321@s.whatsapp.net")
RECIPIENTS = {
    PHONE: JID,
    "+55 (11) 98888-7777": JID,
    f"{PHONE}@c.us": JID,
    JID: JID,
    GROUP: GROUP,
    "5511988887777-1600000000@g.us": "5511988887777-1600000000@g.us",
    "100200300400005@lid": "100200300400005@lid",
}
"""The forms in which somebody may be named, and where the message goes."""
