"""The program with its icon, asked to end before it has begun."""

import textwrap

import pytest

from tests.harness.program import ROOT
from tests.integration.commands.office import Office


def test_whoever_quits_before_the_services_start_has_quit(office: Office) -> None:
    script = office.home / "script.py"
    script.write_text(
        textwrap.dedent(
            """
            import sys
            from PySide6.QtCore import QTimer
            from PySide6.QtWidgets import QApplication, QMenu
            from desktop.app import main

            application = QApplication(sys.argv[:1])


            def leave():
                [menu] = [widget for widget in application.topLevelWidgets() if isinstance(widget, QMenu)]
                menu.actions()[-1].trigger()


            # The first thing to happen once the event loop turns; the services come after it.
            QTimer.singleShot(0, leave)
            raise SystemExit(main())
            """
        )
    )
    env = {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    malote = office.start(home=office.home, script=script, env=env)
    assert malote.wait() == 0, malote.text()
    assert not office.runtime_file.exists()


@pytest.mark.parametrize("command", [[], ["demo"]], ids=["tray", "demo"])
def test_a_home_that_cannot_be_written_is_told_in_a_dialog(office: Office, command: list[str]) -> None:
    script = office.home / "script.py"
    script.write_text(
        textwrap.dedent(
            """
            import sys
            from PySide6.QtCore import QTimer
            from PySide6.QtWidgets import QApplication, QMessageBox
            from desktop.app import main

            application = QApplication(sys.argv[:1])


            def read():
                [dialog] = [widget for widget in application.topLevelWidgets() if isinstance(widget, QMessageBox)]
                print(dialog.text(), flush=True)
                dialog.buttons()[0].click()


            QTimer.singleShot(0, read)
            raise SystemExit(main())
            """
        )
    )
    env = {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":none"}
    malote = office.start(*command, home=office.home / "empresas.csv", script=script, env=env)
    assert malote.wait() == 5, malote.text()
    assert malote.lines("stdout") == ["O Malote não conseguiu gravar os dados no disco."]


def test_a_demonstration_without_a_screen_says_why_it_cannot_start(office: Office) -> None:
    code, out, err = Office(home=office.home / "empresas.csv", start=office.start).ended("demo")
    assert (code, out) == (5, "")
    assert err.splitlines()[0] == "O Malote não conseguiu gravar os dados no disco."
