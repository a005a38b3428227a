"""WhatsApp's binary XML: what the engine sends is read with its token tables, what the double sends needs none."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .jid import DOMAINS, PHONE, Jid
from .tokens import SINGLE_TOKENS_END, Tokens

LIST_EMPTY, DICTIONARY_0, LIST_8, LIST_16 = 0, 236, 248, 249
AD_JID, JID_PAIR, HEX_8, BINARY_8, BINARY_20, BINARY_32, NIBBLE_8 = 247, 250, 251, 252, 253, 254, 255
NIBBLES = "0123456789-.???\0"
HEXES = "0123456789ABCDEF"
COMPRESSED = 2

Attribute = str | int | Jid
Attributes = dict[str, Attribute]


@dataclass(slots=True)
class Node:
    """One stanza or element; content is bytes, children, or nothing."""

    tag: str
    attrs: Mapping[str, Attribute] = field(default_factory=dict)
    content: bytes | list[Node] | None = None

    @property
    def children(self) -> list[Node]:
        return self.content if isinstance(self.content, list) else []

    @property
    def data(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else b""

    def find(self, *path: str) -> Node | None:
        """The first element down this path of tags."""
        node: Node | None = self
        for tag in path:
            node = next((child for child in node.children if child.tag == tag), None) if node else None
        return node

    def all(self, tag: str) -> Iterator[Node]:
        return (child for child in self.children if child.tag == tag)

    def text(self, name: str) -> str:
        """An attribute as text, empty where it is absent."""
        return str(self.attrs.get(name, ""))

    def jid(self, name: str) -> Jid:
        """An attribute that must be an address. Raises ValueError where it is none."""
        value = self.attrs.get(name)
        if isinstance(value, Jid):
            return value
        raise ValueError(f"<{self.tag} {name}={value!r}> is no address")

    def __str__(self) -> str:
        """XML for the eye, long contents shortened."""
        attrs = "".join(f' {name}="{value}"' for name, value in self.attrs.items())
        if isinstance(self.content, list):
            return f"<{self.tag}{attrs}>{''.join(map(str, self.content))}</{self.tag}>"
        if self.content is None:
            return f"<{self.tag}{attrs}/>"
        shown = self.content.hex() if len(self.content) <= 16 else f"<!-- {len(self.content)} bytes -->"
        return f"<{self.tag}{attrs}>{shown}</{self.tag}>"


def encode(node: Node) -> bytes:
    """A frame's plaintext: one byte of flags, then the node."""
    out = bytearray(b"\0")
    _write_node(out, node)
    return bytes(out)


def _write_node(out: bytearray, node: Node) -> None:
    attrs = {name: value for name, value in node.attrs.items() if value != ""}
    _write_list(out, 1 + 2 * len(attrs) + (node.content is not None))
    _write_bytes(out, node.tag.encode())
    for name, value in attrs.items():
        _write_bytes(out, name.encode())
        if isinstance(value, Jid):
            _write_jid(out, value)
        else:
            _write_bytes(out, str(value).encode())
    if isinstance(node.content, list):
        _write_list(out, len(node.content))
        for child in node.content:
            _write_node(out, child)
    elif node.content is not None:
        _write_bytes(out, node.content)


def _write_list(out: bytearray, size: int) -> None:
    if size < 256:
        out += bytes((LIST_8, size)) if size else bytes((LIST_EMPTY,))
    else:
        out += bytes((LIST_16,)) + size.to_bytes(2, "big")


def _write_bytes(out: bytearray, value: bytes) -> None:
    if len(value) < 256:
        out += bytes((BINARY_8, len(value)))
    elif len(value) < 1 << 20:
        out += bytes((BINARY_20,)) + len(value).to_bytes(3, "big")
    else:
        out += bytes((BINARY_32,)) + len(value).to_bytes(4, "big")
    out += value


def _write_jid(out: bytearray, jid: Jid) -> None:
    if jid.device and jid.domain is not None:
        out += bytes((AD_JID, jid.domain, jid.device))
        _write_bytes(out, jid.user.encode())
        return
    out.append(JID_PAIR)
    if jid.user:
        _write_bytes(out, jid.user.encode())
    else:
        out.append(LIST_EMPTY)
    _write_bytes(out, jid.server.encode())


def decode(data: bytes, tokens: Tokens) -> Node:
    """One node from a frame's plaintext. Raises ValueError on anything that the engine does not write."""
    body = zlib.decompress(data[1:]) if data[0] & COMPRESSED else data[1:]
    return _Reader(body, tokens).node()


class _Reader:
    def __init__(self, data: bytes, tokens: Tokens) -> None:
        self.data, self.tokens, self.at = data, tokens, 0

    def take(self, size: int) -> bytes:
        taken = self.data[self.at : self.at + size]
        if len(taken) != size:
            raise ValueError("a stanza ends in the middle of a value")
        self.at += size
        return taken

    def integer(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def list_size(self, tag: int) -> int:
        if tag == LIST_EMPTY:
            return 0
        if tag in (LIST_8, LIST_16):
            return self.integer(1 if tag == LIST_8 else 2)
        raise ValueError(f"byte {tag} where a list must begin")

    def node(self) -> Node:
        size = self.list_size(self.integer(1))
        tag = self.value(self.integer(1))
        if not isinstance(tag, str) or not size:
            raise ValueError("a stanza without a name")
        attrs: Attributes = {}
        for _ in range((size - 1) // 2):
            name, value = self.value(self.integer(1)), self.value(self.integer(1))
            attrs[str(name)] = value if isinstance(value, str | Jid) else ""
        content: bytes | list[Node] | None = None
        if size % 2 == 0:
            first = self.integer(1)
            if first in (LIST_8, LIST_16):
                content = [self.node() for _ in range(self.list_size(first))]
            elif first in (BINARY_8, BINARY_20, BINARY_32):
                content = self.binary(first)
            elif first != LIST_EMPTY:
                content = str(self.value(first)).encode()
        return Node(tag, attrs, content)

    def binary(self, tag: int) -> bytes:
        if tag == BINARY_20:
            return self.take(self.integer(3) & 0xFFFFF)
        return self.take(self.integer(1 if tag == BINARY_8 else 4))

    def value(self, tag: int) -> str | Jid | None:
        if tag == LIST_EMPTY:
            return None
        if tag < SINGLE_TOKENS_END:
            return self.tokens.single[tag]
        if tag < DICTIONARY_0 + len(self.tokens.double):
            return self.tokens.double[tag - DICTIONARY_0][self.integer(1)]
        if tag in (BINARY_8, BINARY_20, BINARY_32):
            return self.binary(tag).decode()
        if tag in (NIBBLE_8, HEX_8):
            return self.packed(NIBBLES if tag == NIBBLE_8 else HEXES)
        if tag == JID_PAIR:
            user, server = self.value(self.integer(1)), self.value(self.integer(1))
            return Jid(str(user or ""), str(server))
        if tag == AD_JID:
            domain, device = self.integer(1), self.integer(1)
            return Jid(str(self.value(self.integer(1))), DOMAINS.get(domain, PHONE), device)
        raise ValueError(f"byte {tag} where a value must begin")

    def packed(self, alphabet: str) -> str:
        start = self.integer(1)
        digits = "".join(alphabet[byte >> 4] + alphabet[byte & 15] for byte in self.take(start & 0x7F))
        return digits[:-1] if start & 0x80 else digits
