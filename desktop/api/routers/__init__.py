"""One router per contract."""
