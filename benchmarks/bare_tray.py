"""The least that puts an icon into a tray with PySide6: the floor for the start."""

from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon


def main() -> int:
    application = QApplication([])
    application.setQuitOnLastWindowClosed(False)
    picture = QPixmap(24, 24)
    picture.fill(QColor("seagreen"))
    menu = QMenu()
    menu.addAction("Sair", application.quit)
    icon = QSystemTrayIcon(QIcon(picture))
    icon.setToolTip("Malote")
    icon.setContextMenu(menu)
    icon.show()
    return application.exec()


if __name__ == "__main__":
    raise SystemExit(main())
