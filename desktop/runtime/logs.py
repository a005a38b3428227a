"""One log file per instance, bounded; the terminal too where there is one."""

import logging
import logging.handlers
import sys
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_BYTES = 2_000_000
_FILES = 5


def start_logging(path: Path, *, terminal: bool) -> None:
    """Log to a rotating file and, if asked, to stderr; libraries speak from WARNING on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handlers: list[logging.Handler] = [
        logging.handlers.RotatingFileHandler(path, maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8")
    ]
    if terminal and sys.stderr is not None:
        handlers.append(logging.StreamHandler(sys.stderr))
    for handler in handlers:
        handler.setFormatter(logging.Formatter(_FORMAT))
    root = logging.getLogger()
    root.setLevel(logging.WARNING)
    for handler in handlers:
        root.addHandler(handler)
    logging.getLogger("desktop").setLevel(logging.INFO)
