"""What WhatsApp wants beside a picture: JPEG, and a thumbnail shown until the picture itself is loaded."""

from io import BytesIO
from typing import TYPE_CHECKING, Final

from desktop.domain.errors import Code, Rejected

if TYPE_CHECKING:
    from PIL.Image import Image

JPEG: Final = "image/jpeg"
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_QUALITY: Final = 90
_THUMBNAIL_SIDE: Final = 100
_THUMBNAIL_QUALITY: Final = 60


def dressed(content: bytes, mimetype: str) -> tuple[bytes, bytes]:
    """The picture as JPEG, and its thumbnail; a JPEG's own bytes are never touched.

    Raises Rejected(IMAGE_INVALID).
    """
    # Only a sending worker pays for Pillow.
    from PIL import Image

    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as picture:
            if mimetype == JPEG:
                # Decoded at an eighth of the size where that is enough.
                picture.draft("RGB", (_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))
                return content, _thumbnail(picture)
            flat = _on_white(picture)
        # Full colour resolution: a report is mostly small coloured letters.
        return _encoded(flat, _QUALITY, subsampling=0), _thumbnail(flat)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as exc:
        raise Rejected(Code.IMAGE_INVALID, reason="unreadable", detail=str(exc)) from exc


def _on_white(picture: "Image") -> "Image":
    """JPEG knows no transparency, and black would show through."""
    from PIL import Image

    if not picture.has_transparency_data:
        return picture.convert("RGB")
    flat = Image.new("RGBA", picture.size, "white")
    flat.alpha_composite(picture.convert("RGBA"))
    return flat.convert("RGB")


def _thumbnail(picture: "Image") -> bytes:
    small = picture.convert("RGB")
    small.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))
    return _encoded(small, _THUMBNAIL_QUALITY)


def _encoded(picture: "Image", quality: int, **options: int) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, **options)
    return out.getvalue()
