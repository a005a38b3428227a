"""Real pictures of every kind that is taken, as Pillow writes them."""

from functools import cache
from io import BytesIO
from random import Random
from typing import Any

from PIL import Image


@cache
def picture(kind: str = "JPEG", width: int = 320, height: int = 480, mode: str = "RGB", **options: Any) -> bytes:
    """Noise, so that the file has the bytes of a real one: FF in scans, checksums, several chunks."""
    noise = Random(width * height).randbytes(width * height)
    image = Image.frombytes("L", (width, height), noise).convert(mode)
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
