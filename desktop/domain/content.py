"""What goes out beside a report: a file that a caller gave, checked and whole."""

from dataclasses import dataclass

from desktop.domain.send import SendKind


@dataclass(frozen=True, slots=True)
class File:
    """A file as a caller gave it, unchecked."""

    content: bytes
    filename: str
    mimetype: str


@dataclass(frozen=True, slots=True)
class FileAt:
    """A file that a caller keeps on a web server."""

    url: str
    filename: str = ""
    """Empty: the last part of the address."""
    mimetype: str = ""
    """Empty: what the name's ending says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A file that may go out."""

    content: bytes
    sha256: str
    """Hexadecimal digest of the content."""
    kind: SendKind
    """IMAGE or DOCUMENT."""
    mimetype: str
    filename: str = ""
    width: int = 0
    """Pixels; 0 for what is no picture."""
    height: int = 0
