"""How long the tests wait for what comes by an event."""

from typing import Final

PATIENCE: Final = 45.0
"""Seconds: nothing to a test whose event comes; a machine on which it is not enough is as good as dead."""
