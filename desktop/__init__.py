"""Malote: sends each company's daily report to its WhatsApp group."""

__version__ = "0.1.0"
