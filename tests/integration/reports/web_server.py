"""A web server that answers with exactly the bytes a test says, on a real socket."""

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class WebServer:
    port: int
    answer: Answer = b""
    requests: list[bytes] = field(default_factory=list)
    """The head of every request that came."""

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


def answer(body: bytes = b"", *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {size}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def unsized(body: bytes, *headers: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", "Connection: close", *headers, "", ""]).encode() + body


@asynccontextmanager
async def serve(*, context: ssl.SSLContext | None = None, greeting: bytes = b"") -> AsyncIterator[WebServer]:
    """A server that first says its greeting, which a web server has none of, and answers every request."""
    callers: set[asyncio.Task[None]] = set()
    gone: list[Exception] = []
    """Callers that went away in the middle, as a caller may."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(greeting)
            site.requests.append(await reader.readuntil(b"\r\n\r\n"))
            if isinstance(site.answer, bytes):
                writer.write(site.answer)
                await writer.drain()
            else:
                await site.answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError) as exc:
            gone.append(exc)
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        callers.add(asyncio.create_task(handle(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
    site = WebServer(server.sockets[0].getsockname()[1])
    async with server:
        yield site
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)


def own_certificate(folder: Path) -> ssl.SSLContext:
    """A certificate for 127.0.0.1 that no authority has signed; its file is `folder/certificado.pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relatorios")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificado.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "chave.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificado.pem", folder / "chave.pem")
    return context
