"""A double of WhatsApp's server that the real, unmodified engine logs in to on loopback. See README.md."""

from .arrivals import Arrival, Content
from .double import WhatsAppDouble
from .faults import POINTS, Hold, Point
from .journal import DoubleFailedError, Event
from .pairing import PairingRefusedError, ScanRefusedError, WrongLettersError
from .people import Account, Companion, Group, Person
from .shadow import libraries, patch_in_place
from .world import UnknownError

__all__ = [
    "POINTS",
    "Account",
    "Arrival",
    "Companion",
    "Content",
    "DoubleFailedError",
    "Event",
    "Group",
    "Hold",
    "PairingRefusedError",
    "Person",
    "Point",
    "ScanRefusedError",
    "UnknownError",
    "WhatsAppDouble",
    "WrongLettersError",
    "libraries",
    "patch_in_place",
]
