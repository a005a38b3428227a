"""Reports by URL, from a real server on a real socket that misbehaves in every way a test can think of."""

import asyncio
import gzip
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from desktop.adapters.reports.web import transport_error
from desktop.domain.errors import AppError, Code, Rejected, Transient
from desktop.domain.report import ImageFormat
from tests.integration.reports.conftest import COMPANY, Shop, now
from tests.integration.reports.pictures import picture
from tests.integration.reports.web_server import Answer, WebServer, answer, own_certificate, serve, unsized


@pytest.fixture
async def site(shop: Shop) -> AsyncIterator[WebServer]:
    """A server that the shop's template names."""
    async with serve() as site:
        shop.change(template=f"http://{site.host}/relatorios/{{cnpj}}/RelatorioVendas.jpg")
        site.answer = answer(picture())
        yield site


def codes(error: Exception) -> tuple[Code, object]:
    assert isinstance(error, Rejected | Transient)
    return error.code, error.facts.get("reason")


async def test_the_days_report_is_downloaded_by_the_template(shop: Shop, site: WebServer) -> None:
    modified = (now() - timedelta(minutes=2)).replace(microsecond=0)
    site.answer = answer(picture(), f"Last-Modified: {format_datetime(modified.astimezone(UTC), usegmt=True)}")
    report = await shop.fetch()
    assert report.content == picture()
    assert (report.format, report.width, report.height) == (ImageFormat.JPEG, 320, 480)
    assert report.modified_at == modified
    assert report.source == f"http://{site.host}/relatorios/62567108000101/RelatorioVendas.jpg"
    assert site.requests[0].startswith(b"GET /relatorios/62567108000101/RelatorioVendas.jpg HTTP/1.1\r\n")


async def test_the_server_is_asked_for_the_original_and_not_for_a_proxys_copy(shop: Shop, site: WebServer) -> None:
    await shop.fetch()
    head = site.requests[0].lower()
    assert b"accept-encoding: identity" in head
    assert b"cache-control: no-cache" in head


async def test_yesterdays_picture_on_the_server_is_not_even_downloaded(shop: Shop, site: WebServer) -> None:
    yesterday = now() - timedelta(days=1)
    stamp = format_datetime(yesterday.astimezone(UTC), usegmt=True)
    site.answer = answer(b"", f"Last-Modified: {stamp}", length=9_000_000)
    error = await shop.refusal(Rejected)
    assert error.code is Code.IMAGE_OLD
    site.answer = answer(picture(), f"Last-Modified: {stamp}")
    shop.change(allow_old=True)
    assert (await shop.fetch()).content == picture()


@pytest.mark.parametrize("header", [None, "Last-Modified: ontem", "Last-Modified: "])
async def test_a_server_that_names_no_time_is_taken_at_its_word_now(
    shop: Shop, site: WebServer, header: str | None
) -> None:
    site.answer = answer(picture(), *([header] if header else []))
    assert (await shop.fetch()).modified_at == now()


async def test_a_time_without_a_zone_is_utc(shop: Shop, site: WebServer) -> None:
    site.answer = answer(picture(), "Last-Modified: Sun, 05 Jul 2026 18:02:00 -0000")
    shop.change(allow_old=True)
    assert (await shop.fetch()).modified_at.isoformat() == "2026-07-05T18:02:00+00:00"


@pytest.mark.parametrize(
    ("status", "kind", "code", "reason"),
    [
        ("404 Not Found", Rejected, Code.IMAGE_NOT_FOUND, "file_missing"),
        ("410 Gone", Rejected, Code.IMAGE_NOT_FOUND, "file_missing"),
        ("204 No Content", Rejected, Code.IMAGE_UNAVAILABLE, "status"),
        ("206 Partial Content", Rejected, Code.IMAGE_UNAVAILABLE, "status"),
        ("400 Bad Request", Rejected, Code.IMAGE_UNAVAILABLE, "status"),
        ("401 Unauthorized", Rejected, Code.IMAGE_UNAVAILABLE, "forbidden"),
        ("403 Forbidden", Rejected, Code.IMAGE_UNAVAILABLE, "forbidden"),
        ("429 Too Many Requests", Transient, Code.IMAGE_UNAVAILABLE, "status"),
        ("500 Internal Server Error", Transient, Code.IMAGE_UNAVAILABLE, "status"),
        ("503 Service Unavailable", Transient, Code.IMAGE_UNAVAILABLE, "status"),
    ],
)
async def test_a_status_says_whether_trying_again_may_help(
    shop: Shop, site: WebServer, status: str, kind: type[Rejected | Transient], code: Code, reason: str
) -> None:
    site.answer = answer(status=status)
    error = await shop.refusal(kind)
    assert codes(error) == (code, reason)
    assert error.facts["status"] == int(status[:3])


@pytest.mark.parametrize(
    ("header", "seconds"), [("30", 30.0), ("999999", 3600.0), ("bald", None), ("", None), ("-1", None)]
)
async def test_a_server_that_asks_to_wait_is_heard(
    shop: Shop, site: WebServer, header: str, seconds: float | None
) -> None:
    site.answer = answer(b"", f"Retry-After: {header}", status="503 Service Unavailable")
    error = await shop.refusal(Transient)
    assert isinstance(error, Transient)
    assert error.retry_after == seconds


async def test_a_server_may_name_the_moment_to_come_back(shop: Shop, site: WebServer) -> None:
    later = format_datetime((now() + timedelta(seconds=90)).astimezone(UTC), usegmt=True)
    site.answer = answer(b"", f"Retry-After: {later}", status="503 Service Unavailable")
    error = await shop.refusal(Transient)
    assert isinstance(error, Transient)
    assert error.retry_after == 90


@pytest.mark.parametrize("target", ["http://127.0.0.1:1/outro.jpg", "/login", "//outro/x.jpg"])
async def test_a_redirect_is_never_followed(shop: Shop, site: WebServer, target: str) -> None:
    site.answer = answer(b"", f"Location: {target}", status="302 Found")
    assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_UNAVAILABLE, "redirect")
    assert len(site.requests) == 1


async def test_an_error_page_that_calls_itself_ok_is_no_picture(shop: Shop, site: WebServer) -> None:
    site.answer = answer(b"<html>Sess\xe3o expirada</html>", "Content-Type: image/jpeg")
    assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_INVALID, "unknown_format")


async def test_a_body_that_is_cut_off_is_incomplete(shop: Shop, site: WebServer) -> None:
    site.answer = answer(picture()[:5000], length=len(picture()))
    assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_INCOMPLETE, "connection_lost")
    site.answer = unsized(picture()[:5000])
    assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_INCOMPLETE, "cut_off")
    site.answer = unsized(b"5\r\n\xff\xd8\xff\xe0\0\r\n", "Transfer-Encoding: chunked")
    assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_INCOMPLETE, "connection_lost")
    site.answer = unsized(b"zz\r\n", "Transfer-Encoding: chunked")
    assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_INCOMPLETE, "connection_lost")


async def test_a_body_without_a_length_is_taken_to_its_end(shop: Shop, site: WebServer) -> None:
    site.answer = unsized(picture("PNG"))
    assert (await shop.fetch()).content == picture("PNG")


async def test_bytes_beyond_the_announced_length_do_not_count(shop: Shop, site: WebServer) -> None:
    site.answer = answer(picture() + b"HTTP/1.1 200 OK\r\n\r\n", length=len(picture()))
    assert (await shop.fetch()).content == picture()


async def test_a_body_beyond_the_limit_is_not_downloaded(shop: Shop, site: WebServer) -> None:
    site.answer = answer(b"", length=99_000_000)
    error = await shop.refusal(Rejected)
    assert error.code is Code.IMAGE_TOO_LARGE
    assert (error.facts["size"], error.facts["limit"]) == (99_000_000, 15_000_000)


async def test_a_body_that_never_ends_is_given_up_at_the_limit(shop: Shop, site: WebServer) -> None:
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(unsized(b""))
        while True:
            writer.write(bytes(65_536))
            sent += 65_536
            await writer.drain()

    site.answer = endless
    shop.change(max_bytes=1_000_000)
    assert (await shop.refusal(Rejected)).code is Code.IMAGE_TOO_LARGE
    assert sent < 20_000_000


async def test_a_packed_body_is_refused_unopened(shop: Shop, site: WebServer) -> None:
    site.answer = answer(gzip.compress(bytes(50_000_000)), "Content-Encoding: gzip")
    assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_UNAVAILABLE, "encoding")


async def silent(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def dripping(writer: asyncio.StreamWriter) -> None:
    writer.write(unsized(b""))
    while True:
        writer.write(b"\xff")
        await writer.drain()
        await asyncio.sleep(0.01)  # the server's own pace


@pytest.mark.parametrize("slow", [silent, dripping])
async def test_a_silent_or_dripping_server_is_given_up_at_the_deadline(
    shop: Shop, site: WebServer, slow: Answer
) -> None:
    site.answer = slow
    shop.change(deadline=0.3)
    async with asyncio.timeout(30):  # neither ends by itself
        assert codes(await shop.refusal(Transient)) == (Code.IMAGE_UNAVAILABLE, "no_answer")


async def test_a_server_that_hangs_up_or_talks_nonsense_may_work_later(shop: Shop, site: WebServer) -> None:
    site.answer = b""
    assert codes(await shop.refusal(Transient)) == (Code.IMAGE_UNAVAILABLE, "connection_lost")
    site.answer = b"220 ftp ready\r\n\r\n"
    assert codes(await shop.refusal(Transient)) == (Code.IMAGE_UNAVAILABLE, "connection_lost")


async def test_a_port_where_nobody_listens_is_named(shop: Shop) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        shop.change(template=f"http://127.0.0.1:{taken.getsockname()[1]}/{{cnpj}}.jpg")
        assert codes(await shop.refusal(Transient)) == (Code.IMAGE_UNAVAILABLE, "refused")


async def test_a_name_that_nobody_knows_is_named(shop: Shop) -> None:
    shop.change(template="http://servidor-que-nao-existe.invalid/{cnpj}.jpg")
    assert codes(await shop.refusal(Transient)) == (Code.IMAGE_UNAVAILABLE, "name_unknown")


async def test_a_certificate_that_nobody_signed_is_refused(shop: Shop, tmp_path: Path) -> None:
    async with serve(context=own_certificate(tmp_path)) as site:
        site.answer = answer(picture())
        shop.change(template=f"https://{site.host}/{{cnpj}}.jpg")
        assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_UNAVAILABLE, "certificate")
    assert site.requests == []


async def test_a_certificate_that_the_system_trusts_is_taken(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve(context=own_certificate(tmp_path)) as site:
        site.answer = answer(picture())
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificado.pem"))
        shop.change(template=f"https://{site.host}/{{cnpj}}.jpg")
        assert (await shop.fetch()).content == picture()


async def test_a_server_without_tls_is_named(shop: Shop) -> None:
    async with serve(greeting=b"220 servidor de arquivos\r\n") as site:
        shop.change(template=f"https://{site.host}/{{cnpj}}.jpg")
        assert codes(await shop.refusal(Transient)) == (Code.IMAGE_UNAVAILABLE, "tls")


async def test_a_server_that_falls_silent_before_it_is_safe_to_talk_is_given_up(shop: Shop) -> None:
    async with serve() as site:
        shop.change(template=f"https://{site.host}/{{cnpj}}.jpg", deadline=0.3)
        assert codes(await shop.refusal(Transient)) == (Code.IMAGE_UNAVAILABLE, "no_answer")


async def test_a_proxy_in_the_environment_is_not_used(
    shop: Shop, site: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert (await shop.fetch()).content == picture()


async def test_a_callers_url_on_the_templates_server_is_taken(shop: Shop, site: WebServer) -> None:
    url = f"HTTP://{site.host}/outra/pasta.png?dia=1"
    site.answer = answer(picture("PNG"))
    report = await shop.fetch(url=url)
    assert (report.source, report.format) == (url, ImageFormat.PNG)
    assert site.requests[0].startswith(b"GET /outra/pasta.png?dia=1 HTTP/1.1\r\n")


async def test_a_callers_url_on_a_configured_server_is_taken(shop: Shop, site: WebServer) -> None:
    shop.change(template="/srv/{cnpj}.jpg", url_hosts=("servidor:porta", "127.0.0.1", site.host))
    assert (await shop.fetch(url=f"http://{site.host}/x.jpg")).content == picture()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:1/x.jpg", "host"),
        ("http://127.0.0.1/x.jpg", "host"),
        ("http://localhost:{port}/x.jpg", "host"),
        ("http://127.1:{port}/x.jpg", "host"),
        ("http://2130706433:{port}/x.jpg", "host"),
        ("http://{host}.intruso/x.jpg", "address"),
        ("http://intruso/{host}/x.jpg", "host"),
        ("http://{host}@intruso/x.jpg", "address"),
        ("http://usuario@{host}/x.jpg", "address"),
        ("http://intruso#@{host}/x.jpg", "host"),
        ("http://intruso\\@{host}/x.jpg", None),
        ("file:///etc/passwd", "address"),
        ("ftp://{host}/x.jpg", "address"),
        ("http:///x.jpg", "address"),
        ("http://{host}/x\n.jpg", "address"),
        ("//{host}/x.jpg", "address"),
        ("", "address"),
    ],
)
async def test_a_callers_url_on_any_other_server_is_refused(
    shop: Shop, site: WebServer, url: str, reason: str | None
) -> None:
    with pytest.raises((Rejected, Transient)) as refused:
        await shop.fetch(url=url.format(host=site.host, port=site.port))
    assert site.requests == []
    if reason is not None:
        assert codes(refused.value) == (Code.IMAGE_OUTSIDE, reason)


async def test_a_name_without_a_port_means_the_ports_of_the_web(shop: Shop) -> None:
    shop.change(template="/srv/{cnpj}.jpg", url_hosts=("127.0.0.1",), deadline=10.0)
    with pytest.raises(AppError) as asked:  # whoever may listen there on this machine
        await shop.fetch(url="http://127.0.0.1:80/x.jpg")
    assert asked.value.code is not Code.IMAGE_OUTSIDE
    error = await shop.refusal(Rejected, url="http://127.0.0.1:8080/x.jpg")
    assert codes(error) == (Code.IMAGE_OUTSIDE, "host")


async def test_a_file_template_allows_no_url_by_itself(shop: Shop) -> None:
    error = await shop.refusal(Rejected, url="http://127.0.0.1/x.jpg")
    assert codes(error) == (Code.IMAGE_OUTSIDE, "host")
    assert error.facts["host"] == "127.0.0.1"


async def test_a_url_template_is_checked_without_asking_its_server(shop: Shop, site: WebServer) -> None:
    assert shop.sources is not None
    check = await shop.sources.check_template(shop.settings.template, COMPANY.cnpj)
    assert (check.is_url, check.faults, check.folder_exists) == (True, (), None)
    assert check.example == f"http://{site.host}/relatorios/62567108000101/RelatorioVendas.jpg"
    assert site.requests == []


def _all(kind: type[httpx.TransportError]) -> set[type[httpx.TransportError]]:
    return {kind, *(deeper for below in kind.__subclasses__() for deeper in _all(below))}


@pytest.mark.parametrize("kind", sorted(_all(httpx.TransportError), key=str))
def test_every_error_of_the_client_is_understood(kind: type[httpx.TransportError]) -> None:
    error = transport_error(kind("x"), "http://servidor/x.jpg")
    assert error.code is Code.IMAGE_UNAVAILABLE
    assert error.facts["reason"] in {"no_answer", "connection_lost", "network"}


@pytest.mark.parametrize(
    ("cause", "kind", "reason"),
    [
        (ssl.SSLCertVerificationError("x"), Rejected, "certificate"),
        (ssl.SSLError("x"), Transient, "tls"),
        (socket.gaierror("x"), Transient, "name_unknown"),
        (ConnectionRefusedError(), Transient, "refused"),
        (ExceptionGroup("x", [OSError(), ConnectionRefusedError()]), Transient, "refused"),
        (OSError(101, "Network is unreachable"), Transient, "network"),
    ],
)
def test_the_root_cause_of_a_failed_connection_is_named(
    cause: Exception, kind: type[Rejected | Transient], reason: str
) -> None:
    error = httpx.ConnectError("x")
    error.__cause__ = OSError("all attempts failed")
    error.__cause__.__cause__ = cause
    found = transport_error(error, "http://servidor/x.jpg")
    assert type(found) is kind
    assert found.facts["reason"] == reason
