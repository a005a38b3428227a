"""Rows behind tables and lists."""
