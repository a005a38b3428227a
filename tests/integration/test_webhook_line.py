"""A webhook's address cannot be made to call what lies behind the owner's own walls."""

import asyncio
import contextlib
import ipaddress
import socket
from typing import Any

import pytest
from aiohttp import web

from desktop.adapters.webhook_line import HttpWebhookLine, _is_public
from desktop.domain.errors import AppError, Code, Rejected, Transient
from desktop.domain.settings import WebhookSettings
from desktop.runtime.clock import SystemClock
from tests.doubles.receiver import receiving


def line(*private_hosts: str, deadline: float = 45) -> HttpWebhookLine:
    settings = WebhookSettings(private_hosts=private_hosts, deadline=deadline)
    return HttpWebhookLine(lambda: settings, SystemClock())


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.0.0.1",
            "172.16.9.9",
            "192.168.0.10",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",  # noqa: S104
            "224.0.0.1",
        ),
        *("255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "ff02::1"),
        *("2002:7f00:1::", "192.0.2.1"),
        # An IPv4 address within an IPv6 one: for a NAT64, compatible, translated. And what was site-local.
        *("64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "::127.0.0.1", "::ffff:0:127.0.0.1", "fec0::1"),
    ],
)
def test_addresses_of_this_machine_and_of_inner_networks_are_not_public(address: str) -> None:
    assert not _is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert _is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]"]
)
async def test_no_spelling_of_this_machine_gets_through(host: str) -> None:
    async with receiving() as receiver:
        port = receiver.url.rpartition(":")[2]
        with pytest.raises(AppError) as refused:
            await line().post(f"http://{host}:{port}/", b"{}", {})
    assert refused.value.code in {Code.WEBHOOK_REFUSED, Code.WEBHOOK_FAILED}
    assert receiver.arrived == []


@pytest.mark.parametrize("port", [0, 65_536, 99_999])
async def test_a_port_that_cannot_be_is_refused(port: int) -> None:
    for call in (line().check, lambda url: line().post(url, b"{}", {})):
        with pytest.raises(Rejected) as refused:
            await call(f"http://8.8.8.8:{port}/")
        assert refused.value.facts["reason"] == "address"


async def test_a_name_is_asked_once_so_that_it_cannot_lead_elsewhere_the_second_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    async with receiving() as receiver:
        port = int(receiver.url.rpartition(":")[2])
        loop = asyncio.get_running_loop()

        async def resolve(host: str, *_: object, **__: object) -> list[Any]:
            asked.append(host)
            address = "127.0.0.1" if len(asked) == 1 else "10.9.9.9"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        monkeypatch.setattr(loop, "getaddrinfo", resolve)
        way_out = line(f"hooks.example:{port}")
        answer = await way_out.post(f"http://hooks.example:{port}/x", b"{}", {})
        await way_out.close()
    assert answer.status == 200
    assert receiver.arrived[0].headers["host"] == f"hooks.example:{port}"
    assert asked[0] == "hooks.example"
    assert set(asked[1:]) <= {"127.0.0.1"}


@pytest.mark.parametrize("takes", [True, False])
async def test_each_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch, takes: bool) -> None:
    """`localhost` is often ::1 first, and a program that listens on 127.0.0.1 alone is there all the same."""
    async with receiving() as receiver:
        port = int(receiver.url.rpartition(":")[2])
        hosts = ["::1", "127.0.0.1" if takes else "127.0.0.2"]

        async def resolve(*_: object, **__: object) -> list[Any]:
            return [(0, socket.SOCK_STREAM, 6, "", (host, port)) for host in hosts]

        way_out = line("hooks.example")
        # httpcore asks the loop for the addresses themselves, too.
        real = asyncio.get_running_loop().getaddrinfo
        monkeypatch.setattr(
            asyncio.get_running_loop(),
            "getaddrinfo",
            lambda host, *args, **named: (resolve if host == "hooks.example" else real)(host, *args, **named),
        )
        if takes:
            assert (await way_out.post(f"http://hooks.example:{port}/x", b"{}", {})).status == 200
        else:
            with pytest.raises(Transient) as failed:
                await way_out.post(f"http://hooks.example:{port}/x", b"{}", {})
            assert failed.value.code is Code.WEBHOOK_FAILED
        await way_out.close()
    assert len(receiver.arrived) == int(takes)


async def test_no_name_is_told_over_the_connection_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two customers' names may have one address; over TLS the certificate was looked at for the first one alone."""
    lines: list[object] = []

    async def take(request: web.Request) -> web.Response:
        assert request.transport is not None
        lines.append(request.transport.get_extra_info("peername"))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    loop = asyncio.get_running_loop()
    real = loop.getaddrinfo

    async def resolve(host: str, *args: Any, **named: Any) -> list[Any]:
        return await real("127.0.0.1" if host.endswith(".example") else host, *args, **named)

    monkeypatch.setattr(loop, "getaddrinfo", resolve)
    way_out = line("a.example", "b.example")
    try:
        for name in ("a", "b", "a"):
            assert (await way_out.post(f"http://{name}.example:{port}/", b"{}", {})).status == 200
    finally:
        await way_out.close()
        await runner.cleanup()
    assert lines[0] == lines[2] != lines[1]


async def test_one_inner_address_among_others_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(*_: object, **__: object) -> list[Any]:
        return [(2, 1, 6, "", ("8.8.8.8", 80)), (2, 1, 6, "", ("192.168.0.1", 80))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    with pytest.raises(Rejected) as refused:
        await line().post("http://hooks.example/", b"{}", {})
    assert refused.value.facts["reason"] == "private"


async def test_a_redirect_is_an_answer_like_any_other() -> None:
    async with receiving() as receiver:
        receiver.answers = [(307, {"Location": "http://127.0.0.1:1/"})]
        way_out = line(receiver.host)
        assert (await way_out.post(receiver.url, b"{}", {})).status == 307
        await way_out.close()
    assert len(receiver.arrived) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("17", 17.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("soon", None), ("", None), ("21 Oct 2015 07:28:00", 0.0)],
)
async def test_how_long_the_other_side_asks_to_wait(value: str, seconds: float | None) -> None:
    async with receiving() as receiver:
        receiver.answers = [(429, {"Retry-After": value})]
        way_out = line(receiver.host)
        answer = await way_out.post(receiver.url, b"{}", {})
        await way_out.close()
    assert (answer.status, answer.retry_after) == (429, seconds)


async def test_a_receiver_that_does_not_answer_is_not_waited_for() -> None:
    async with receiving() as receiver:
        receiver.silent = asyncio.Event()
        way_out = line(receiver.host, deadline=0.2)
        with pytest.raises(Transient) as late:
            await way_out.post(receiver.url, b"{}", {})
        receiver.silent.set()
        await way_out.close()
    assert late.value.facts["reason"] == "no_answer"


async def test_an_endless_answer_is_not_read() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):  # whoever asked has had enough
            while True:
                await response.write(b"x" * 65_536)
        return response

    app = web.Application()
    app.router.add_post("/", endless)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host = f"127.0.0.1:{runner.addresses[0][1]}"
    way_out = line(host)
    try:
        assert (await way_out.post(f"http://{host}/", b"{}", {})).status == 200
    finally:
        await way_out.close()
        await runner.cleanup()


@pytest.mark.parametrize("url", ["http://127.0.0.1:{free}/", "http://nowhere.invalid/"])
async def test_a_receiver_that_is_not_there_may_come_back(url: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        free = taken.getsockname()[1]
        way_out = line(f"127.0.0.1:{free}")
        with pytest.raises(Transient) as failed:  # nobody listens, and nobody else can
            await way_out.post(url.format(free=free), b"{}", {})
        await way_out.close()
    assert failed.value.code is Code.WEBHOOK_FAILED


async def test_an_address_is_looked_at_without_being_called() -> None:
    async with receiving() as receiver:
        await line(receiver.host).check(receiver.url)
        with pytest.raises(Rejected) as refused:
            await line().check(receiver.url)
        assert refused.value.facts["reason"] == "private"
        assert receiver.arrived == []
    for deadline, reason in ((45.0, "name_unknown"), (0.0, "no_answer")):
        with pytest.raises(Transient) as failed:
            await line(deadline=deadline).check("http://nobody.invalid/")
        assert failed.value.facts["reason"] == reason
