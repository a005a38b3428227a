"""The program with its icon, asked to end before it has begun."""

import textwrap

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
