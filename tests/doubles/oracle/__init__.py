"""An Oracle listener and server in pure Python, for the real python-oracledb thin driver (see README.md)."""

from .certificates import Authority
from .faults import Kind, Point
from .server import OracleDouble
from .state import Account, Config, Logins, Statement
from .tables import Table
from .values import Column, Value
from .verifiers import VerifierKind

__all__ = [
    "Account",
    "Authority",
    "Column",
    "Config",
    "Kind",
    "Logins",
    "OracleDouble",
    "Point",
    "Statement",
    "Table",
    "Value",
    "VerifierKind",
]
