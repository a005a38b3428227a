"""Linking a phone: a QR code to scan, or letters to type on the phone, with the steps beside them."""

from datetime import datetime
from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from desktop.ui.phone import read_phone
from desktop.ui.text import fill, shown_phone
from desktop.ui.theme import Tone
from desktop.ui.widgets.basics import button, card, column, label, row
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.pairing import PairingView
from desktop.ui.widgets.qr import QrView


class Face(Enum):
    QR = "qr"
    PHONE = "phone"
    CODE = "code"


class LinkCard(QWidget):
    phone_given = Signal(str)
    """Digits with country code: ask WhatsApp for a code to type on that phone."""
    qr_wanted = Signal()
    """Back to the QR code, away from the phone number or from a code that was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._wants_phone = False
        self._last_phone = ""
        self._qr = QrView()
        self._pairing = PairingView()
        self._code_for = label("", "muted", wrap=True)
        self._phone = QLineEdit()
        self._phone.setObjectName("link-phone")
        self._phone.setProperty("large", True)
        self._phone.setPlaceholderText("(11) 99999-9999")
        self._phone_field = Field(
            self.tr("Phone n&umber of this WhatsApp"),
            self._phone,
            self.tr(
                "With area code, as in (11) 99999-9999. For a number from abroad, begin with + and the country code."
            ),
        )
        self._ask = button(self.tr("Get the c&ode"), self._give, "primary", large=True)
        self._ask.setObjectName("link-ask-code")
        self._phone.returnPressed.connect(self._ask.click)
        self._splits: list[QBoxLayout] = []
        # In no QStackedWidget: that one is always as tall as its tallest page.
        self._faces = {Face.QR: self._qr_face(), Face.PHONE: self._phone_face(), Face.CODE: self._code_face()}
        self.setLayout(column(card(column(*self._faces.values()), margins=24)))
        self._turn(Face.QR)

    @property
    def last_phone(self) -> str:
        """The number for which a code was last asked for the session on show; empty where none was."""
        return self._last_phone

    def begin(self, last_phone: str) -> None:
        """Serve another session, which has nothing to do with what was typed and shown for the one before."""
        self.clear()
        self._phone.clear()
        self._last_phone = last_phone

    def show_qr(self, text: str, expires_at: datetime) -> None:
        """The newest code; whoever is typing a phone number is left in peace."""
        self._pairing.clear()
        self._qr.show_code(text, expires_at)
        self._turn(Face.PHONE if self._wants_phone else Face.QR)

    def show_code(self, code: str, phone: str, expires_at: datetime) -> None:
        """The letters that are to be typed on the phone of that number."""
        self._qr.clear()
        self._wants_phone = False
        self._last_phone = phone
        self._code_for.setText(fill(self.tr("On the phone %1:"), shown_phone(phone)))
        self._pairing.show_code(code, expires_at)
        self._turn(Face.CODE)

    def ask_phone(self) -> None:
        """Ask for the phone number, also where no code is on show."""
        self._wants_phone = True
        self._ask.setEnabled(True)
        self._turn(Face.PHONE)
        self._phone.setFocus()
        self._phone.selectAll()

    @property
    def asks_phone(self) -> bool:
        return self._wants_phone

    def blame(self, fault: str) -> None:
        """Say why no code came for the number."""
        self._ask.setEnabled(True)
        self._phone_field.blame(fault)

    def clear(self) -> None:
        """Take every code off the screen, and forget that somebody wanted to type a number."""
        self._qr.clear()
        self._pairing.clear()
        self._wants_phone = False
        self._ask.setEnabled(True)
        self._phone_field.blame("")

    def set_narrow(self, narrow: bool) -> None:
        """Put the code above its steps, where there is no room beside them."""
        direction = QBoxLayout.Direction.BottomToTop if narrow else QBoxLayout.Direction.LeftToRight
        for split in self._splits:
            split.setDirection(direction)

    def _turn(self, face: Face) -> None:
        for each, part in self._faces.items():
            part.setVisible(each is face)

    def _give(self) -> None:
        phone = read_phone(self._phone.text())
        if phone is None:
            self.blame(self.tr("Type the number with its area code, as in (11) 99999-9999."))
            self._phone.setFocus()
            return
        self._last_phone = phone
        self._ask.setEnabled(False)
        self.phone_given.emit(phone)

    def _leave_phone(self) -> None:
        self._wants_phone = False
        if self._qr.text:
            self._turn(Face.QR)
        else:
            self.qr_wanted.emit()

    def _qr_face(self) -> QWidget:
        by_phone = button(self.tr("Link with phone num&ber"), self.ask_phone, "quiet")
        by_phone.setObjectName("link-by-phone")
        steps = self._steps(
            self.tr("How to scan"),
            self.tr("Open WhatsApp on the phone that sends the reports."),
            self.tr("Tap the menu ⋮ (Android) or Settings (iPhone), then Linked devices."),
            self.tr("Tap Link a device and point the camera at the code."),
        )
        steps.addWidget(
            label(self.tr("The code changes by itself: always scan the one on the screen."), "muted", wrap=True)
        )
        steps.addStretch(1)
        steps.addWidget(label(self.tr("The phone's camera does not work?"), "muted", wrap=True))
        steps.addLayout(row(by_phone, 0))
        return self._split(steps, self._qr)

    def _phone_face(self) -> QWidget:
        back = button(self.tr("&Back to the QR code"), self._leave_phone)
        back.setObjectName("link-back")
        face = QWidget()
        face.setLayout(
            column(
                label(self.tr("Link with phone number"), "heading"),
                label(
                    self.tr("WhatsApp gives a code that you type on the phone, without a camera."), "muted", wrap=True
                ),
                self._phone_field,
                row(self._ask, back, 0),
                0,
                spacing=16,
            )
        )
        return face

    def _code_face(self) -> QWidget:
        cancel = button(self.tr("Cancel and use the QR code"), self.qr_wanted.emit)
        cancel.setObjectName("link-cancel-code")
        steps = self._steps(
            self.tr("How to type the code"),
            self.tr("Open WhatsApp on the phone; it may ask for the code by itself."),
            self.tr("If it does not: menu ⋮ (Android) or Settings (iPhone), then Linked devices."),
            self.tr("Tap Link a device, then Link with phone number instead, and type the code."),
        )
        steps.insertWidget(1, self._code_for)
        steps.addStretch(1)
        steps.addLayout(row(cancel, 0))
        return self._split(steps, self._pairing)

    def _steps(self, title: str, *lines: str) -> QVBoxLayout:
        steps = column(label(title, "heading"), spacing=14)
        for number, line in enumerate(lines, 1):
            badge = label(str(number), "chip")
            badge.setProperty("tone", Tone.OK.value)
            badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
            badge.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            step = row(badge, label(line, wrap=True), spacing=12)
            step.setAlignment(badge, Qt.AlignmentFlag.AlignTop)
            step.setStretch(1, 1)
            steps.addLayout(step)
        return steps

    def _split(self, steps: QVBoxLayout, code: QWidget) -> QWidget:
        both = row(steps, code, spacing=28)
        both.setStretch(0, 1)
        both.setStretch(1, 1)
        self._splits.append(both)
        face = QWidget()
        face.setLayout(both)
        return face
