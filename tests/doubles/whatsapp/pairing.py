"""How a computer is linked: the server's codes, and the phone that scans one (or types the eight letters)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from . import protobuf
from .binary_node import Attributes, Node
from .connection import LEAVES_ITSELF, Connection, error_to, reply_to
from .curve import KeyPair, verifies
from .jid import SERVER
from .noise import derive
from .people import Account, Companion
from .world import World

REGISTRATION = 19
ACCOUNT_SIGNATURE, DEVICE_SIGNATURE = b"\x06\x00", b"\x06\x01"
QR_PREFIX = "https://wa.me/settings/linked_devices#"
CODE_ROUNDS = 2 << 16
PLATFORM = "android"


class ScanRefusedError(Exception):
    """The phone cannot use this code: nobody shows it (any more), or it is no WhatsApp code."""


class WrongLettersError(ScanRefusedError):
    """These are not the letters that the program shows; the owner may type them again."""


class PairingRefusedError(Exception):
    """The program under test did not accept the phone's answer; the text is the program's own."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """What a QR holds; the last three are the secrets that never pass the server."""

    ref: str
    noise: bytes
    identity: bytes
    adv: bytes

    @classmethod
    def parse(cls, text: str) -> QrCode:
        """Raises ScanRefusedError where the text is no WhatsApp code."""
        parts = text.removeprefix(QR_PREFIX).split(",")
        if len(parts) < 4:
            raise ScanRefusedError("this is not a WhatsApp code")
        try:
            return cls(parts[0], *(base64.b64decode(part, validate=True) for part in parts[1:4]))
        except ValueError as exc:
            raise ScanRefusedError("this is not a WhatsApp code") from exc


@dataclass(slots=True)
class _CodeRequest:
    """A computer that waits for the phone's owner to type its eight letters."""

    connection: Connection
    ref: str
    wrapped: bytes
    bundle: asyncio.Future[bytes] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Pairing:
    """The pairing half of the server and the phone's half of it; runs in the double's loop."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._code_requests: dict[str, _CodeRequest] = {}

    async def offer_codes(self, connection: Connection) -> None:
        """Gives an unpaired program its refs, of which it makes the QR codes that it shows in turn."""
        connection.refs = ["2@" + secrets.token_urlsafe(48) for _ in range(self._world.qr_refs)]
        refs = [Node("ref", content=ref.encode()) for ref in connection.refs]
        attrs: Attributes = {"from": SERVER, "type": "set", "id": connection.next_id(), "xmlns": "md"}
        await connection.ask(Node("iq", attrs, [Node("pair-device", content=refs)]))
        self._world.journal.record("codes-offered", count=len(refs))

    async def scan(self, text: str, phone: str, *, tampered: bool = False) -> Companion | None:
        """The phone links the program that shows this code; None where a passkey is asked for first.

        Raises ScanRefusedError and PairingRefusedError.
        """
        code = QrCode.parse(text)
        connection = next((c for c in self._world.connections if code.ref in c.refs and not c.closed), None)
        if connection is None:
            raise ScanRefusedError("no program shows this code now")
        identity = connection.payload.message(REGISTRATION).bytes(3)
        if code.noise != connection.static or code.identity != identity:
            raise PairingRefusedError("the code names other keys than those the program connected with")
        if self._world.passkey_asked:
            await self.ask_for_passkey(connection)
            return None
        return await self._link(connection, self._world.account(phone), os.urandom(32) if tampered else code.adv)

    async def scan_with_old_phone(self, text: str) -> None:
        """A phone whose WhatsApp is too old for linked devices."""
        code = QrCode.parse(text)
        for connection in self._world.connections:
            if code.ref in connection.refs:
                await connection.send(Node("ib", {"from": SERVER}, [Node("downgrade_webclient")]))

    async def ask_for_passkey(self, connection: Connection) -> None:
        """What some accounts get instead of a pairing: a challenge that only a web.whatsapp.com page can answer."""
        options = {
            "challenge": base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("="),
            "timeout": 60000,
            "rpId": "whatsapp.com",
            "allowCredentials": [],
            "userVerification": "preferred",
            "extensions": {},
        }
        attrs: Attributes = {
            "from": SERVER,
            "type": "passkey_prologue_request",
            "id": connection.next_id(),
            "t": int(time.time()),
        }
        content = Node("passkey_request_options", content=json.dumps(options).encode())
        await connection.send(Node("notification", attrs, [content]))
        self._world.journal.record("passkey-asked")

    async def _link(self, connection: Connection, account: Account, adv: bytes) -> Companion:
        registration = connection.payload.message(REGISTRATION)
        number = account.devices_linked + 1
        companion = Companion(
            account,
            number,
            connection.static,
            registration.bytes(3),
            int.from_bytes(registration.bytes(1), "big"),
            int.from_bytes(registration.bytes(4), "big"),
            registration.bytes(5),
            registration.bytes(6),
        )
        phone = account.phone.identity
        details = protobuf.encode((1, account.phone.registration_id), (2, int(time.time())), (3, number))
        signature = phone.sign(ACCOUNT_SIGNATURE + details + companion.identity)
        signed = protobuf.encode((1, details), (2, phone.public), (3, signature))
        wrapped = protobuf.encode((1, signed), (2, hmac.digest(adv, signed, "sha256")))
        success = Node(
            "pair-success",
            content=[
                Node("device-identity", content=wrapped),
                Node("biz", {"name": account.name}),
                Node("device", {"jid": companion.pn, "lid": companion.lid}),
                Node("platform", {"name": PLATFORM}),
            ],
        )
        attrs: Attributes = {
            "from": SERVER,
            "type": "set",
            "id": connection.next_id(),
            "t": int(time.time()),
            "xmlns": "md",
        }
        answer = await connection.ask(Node("iq", attrs, [success]))
        if answer.text("type") == "error":
            error = answer.find("error")
            text = "" if error is None else f"{error.text('code')} {error.text('text')}"
            self._world.journal.record("pairing-refused", by="program", error=text)
            raise PairingRefusedError(text)
        confirmed = answer.find("pair-device-sign", "device-identity")
        proof = protobuf.decode(b"" if confirmed is None else confirmed.data).bytes(4)
        signed_by_device = DEVICE_SIGNATURE + details + companion.identity + phone.public
        if len(proof) != 64 or not verifies(companion.identity, signed_by_device, proof):
            raise PairingRefusedError("the program's signature of its own device is wrong")
        account.devices_linked = number
        account.companions[number] = companion
        connection.refs = []
        self._world.journal.record("paired", account=account.pn.user, device=number)
        await connection.end_with(Node("stream:error", {"code": "515"}), LEAVES_ITSELF)
        return companion

    async def code_stage(self, connection: Connection, query: Node, stage: Node) -> None:
        """The two queries of a program that wants to be linked by eight letters instead of a QR."""
        if stage.text("stage") == "companion_hello":
            if self._world.faults.letters_errors:
                await connection.send(error_to(query, *self._world.faults.letters_errors.popleft()))
                return
            wrapped = stage.find("link_code_pairing_wrapped_companion_ephemeral_pub")
            request = _CodeRequest(connection, secrets.token_urlsafe(24), b"" if wrapped is None else wrapped.data)
            self._code_requests[stage.jid("jid").user] = request
            ref = Node("link_code_pairing_ref", content=request.ref.encode())
            await connection.send(reply_to(query, Node("link_code_companion_reg", content=[ref])))
            self._world.journal.record("code-asked", phone=stage.jid("jid").user)
            return
        bundle = stage.find("link_code_pairing_wrapped_key_bundle")
        waiting = self._code_requests.get(stage.jid("jid").user)
        if waiting is None or bundle is None:
            await connection.send(error_to(query, 400, "bad-request"))
            return
        await connection.send(reply_to(query))
        waiting.bundle.set_result(bundle.data)

    async def type_code(self, code: str, phone: str, *, tampered: bool = False) -> Companion | None:
        """The phone's owner types the letters that the program shows; None where a passkey is asked for first.

        Raises ScanRefusedError, WrongLettersError and PairingRefusedError.
        """
        request = self._code_requests.get(phone)
        if request is None or request.connection.closed:
            raise ScanRefusedError(f"no program asked to be linked to {phone}")
        if self._world.passkey_asked:
            await self.ask_for_passkey(request.connection)
            return None
        letters = code.replace("-", "").encode()
        account, ephemeral = self._world.account(phone), KeyPair.generate()
        companion_public = _code_cipher(letters, request.wrapped[:32], request.wrapped[32:48], request.wrapped[48:80])
        salt, iv = os.urandom(32), os.urandom(16)
        content = [
            Node("link_code_pairing_ref", content=request.ref.encode()),
            Node(
                "link_code_pairing_wrapped_primary_ephemeral_pub",
                content=salt + iv + _code_cipher(letters, salt, iv, ephemeral.public),
            ),
            Node("primary_identity_pub", content=account.phone.identity.public),
        ]
        attrs: Attributes = {"from": SERVER, "type": "link_code_companion_reg", "id": request.connection.next_id()}
        attrs["t"] = str(int(time.time()))
        registration = Node("link_code_companion_reg", {"stage": "primary_hello"}, content)
        await request.connection.send(Node("notification", attrs, [registration]))
        bundle = await request.bundle
        request.bundle = asyncio.get_running_loop().create_future()
        shared = ephemeral.agree(companion_public)
        key = derive(shared, salt=bundle[:32], info=b"link_code_pairing_key_bundle_encryption_key", length=32)
        try:
            opened = AESGCM(key).decrypt(bundle[32:44], bundle[44:], None)
        except InvalidTag as exc:
            raise WrongLettersError(f"these are not the letters for {phone}") from exc
        del self._code_requests[phone]
        identity, random = opened[:32], opened[64:96]
        secret = shared + account.phone.identity.agree(identity) + random
        adv = derive(secret, salt=None, info=b"adv_secret", length=32)
        return await self._link(request.connection, account, os.urandom(32) if tampered else adv)


def _code_cipher(letters: bytes, salt: bytes, iv: bytes, data: bytes) -> bytes:
    """AES-CTR under a key made of the eight letters: the same both ways."""
    key = hashlib.pbkdf2_hmac("sha256", letters, salt, CODE_ROUNDS, 32)
    cipher = Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor()
    return cipher.update(data) + cipher.finalize()
