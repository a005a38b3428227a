"""WhatsApp's media hosts: they keep what was uploaded, encrypted, and hand it out by its path."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass

from aiohttp import web

from .faults import Faults
from .journal import Journal
from .noise import derive
from .signal_session import UndecryptableError, decrypt_cbc, encrypt_cbc

HOST = "mmg.whatsapp.net"
UPLOAD_MAX = 128 << 20
MAC_SIZE = 10
KEY_INFO = {
    "image": b"WhatsApp Image Keys",
    "video": b"WhatsApp Video Keys",
    "audio": b"WhatsApp Audio Keys",
    "document": b"WhatsApp Document Keys",
    "history": b"WhatsApp History Keys",
}


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file as the media host keeps it, and what a message must say so that somebody can open it."""

    data: bytes
    key: bytes
    plain_hash: bytes
    path: str

    @property
    def hash(self) -> bytes:
        return hashlib.sha256(self.data).digest()


def _keys(media_key: bytes, kind: str) -> tuple[bytes, bytes, bytes]:
    raw = derive(media_key, salt=None, info=KEY_INFO[kind], length=112)
    return raw[:16], raw[16:48], raw[48:80]


def _path(kind: str, digest: bytes) -> str:
    return f"/v/t62/{kind}/{base64.urlsafe_b64encode(digest).decode().rstrip('=')}?ccb=1"


def opened(data: bytes, media_key: bytes, kind: str) -> bytes:
    """The file's plain bytes. Raises UndecryptableError where it was changed or the key is another's."""
    iv, key, mac_key = _keys(media_key, kind)
    body, mac = data[:-MAC_SIZE], data[-MAC_SIZE:]
    if not hmac.compare_digest(hmac.digest(mac_key, iv + body, "sha256")[:MAC_SIZE], mac):
        raise UndecryptableError("the file's signature does not match its key")
    return decrypt_cbc(key, iv, body)


def sealed(plain: bytes, kind: str) -> Sealed:
    """A file encrypted under a fresh key, as a member's phone uploads it."""
    media_key = os.urandom(32)
    iv, key, mac_key = _keys(media_key, kind)
    body = encrypt_cbc(key, iv, plain)
    data = body + hmac.digest(mac_key, iv + body, "sha256")[:MAC_SIZE]
    return Sealed(data, media_key, hashlib.sha256(plain).digest(), _path(kind, hashlib.sha256(data).digest()))


class MediaHost:
    """The upload and download handlers, and the files they keep in memory."""

    def __init__(self, faults: Faults, journal: Journal) -> None:
        self._faults, self._journal = faults, journal
        self._files: dict[str, bytes] = {}
        self.auth = base64.urlsafe_b64encode(os.urandom(24)).decode()

    def keep(self, path: str, data: bytes) -> None:
        self._files[path] = data

    def fetch(self, path: str) -> bytes | None:
        return self._files.get(path)

    def drop(self, path: str) -> None:
        self._files.pop(path, None)

    def clear(self) -> None:
        self._files.clear()

    async def upload(self, request: web.Request) -> web.StreamResponse:
        kind, token = request.match_info["kind"], request.match_info["token"]
        data = await request.read()
        digest = hashlib.sha256(data).digest()
        self._journal.record("uploaded", media=kind, size=len(data))
        await self._faults.reach("upload-received")
        status = self._faults.upload_statuses.popleft() if self._faults.upload_statuses else 200
        if status == 0 and request.transport is not None:
            request.transport.abort()
        if status != 200:
            return web.Response(status=status or 500)
        if request.query.get("auth") != self.auth:
            return web.Response(status=401)
        if base64.urlsafe_b64encode(digest).decode() != token:
            return web.json_response({"error": "hash mismatch"}, status=400)
        path = _path(kind, digest)
        self.keep(path, data)
        await self._faults.reach("upload-stored")
        return web.json_response({"url": f"https://{HOST}{path}", "direct_path": path})

    async def download(self, request: web.Request) -> web.StreamResponse:
        data = self.fetch(f"{request.path}?ccb=1")
        self._journal.record("downloaded", path=request.path, found=data is not None)
        if self._faults.download_statuses:
            return web.Response(status=self._faults.download_statuses.popleft())
        return web.Response(status=404) if data is None else web.Response(body=data)

    async def delete(self, request: web.Request) -> web.StreamResponse:
        """A computer has read its part of the history, which nobody needs any more."""
        path = base64.urlsafe_b64decode(request.query["d_md"] + "==").decode()
        self.drop(f"{path}?ccb=1")
        self._journal.record("media-deleted", path=path)
        return web.Response()
