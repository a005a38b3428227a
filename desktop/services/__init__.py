"""Use cases: what the doors call; they order I/O through ports and publish what happened."""
