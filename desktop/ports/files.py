"""Files that callers give to be sent."""

from typing import Protocol

from desktop.domain.content import Content, File, FileAt


class Files(Protocol):
    async def fetch(self, file: FileAt) -> File:
        """Get a file from a web server that the owner allowed, bounded in time and size, never redirected.

        Raises Rejected(CONTENT_INVALID) with a `reason`: `url_address`, `url_host` (with `host`), `url_missing`,
        `url_unavailable`, or `too_large` (with `limit`).
        """
        ...

    async def look_at(self, file: File) -> Content:
        """Check a file before it is put in the queue: a picture by its structure, anything else by what it says it is.

        Raises Rejected(CONTENT_INVALID) with a `reason`: `empty`, `too_large` (with `size` and `limit`), `not_a_pdf`,
        or what is wrong with a picture: `cut_off`, `unknown_format`, `damaged`, `no_pixels` or `too_many_pixels`.
        """
        ...
