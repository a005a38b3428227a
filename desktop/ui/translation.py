"""The program's language, and Qt's own words in it."""

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from desktop.runtime.resources import resource


def install_translations(application: QCoreApplication, language: str) -> list[QTranslator]:
    """Speak this language (a domain.settings.Language) from now on; gives what was installed.

    The sources are English: only their plurals are translated.
    """
    if language == "en":
        QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    else:
        QLocale.setDefault(QLocale(QLocale.Language.Portuguese, QLocale.Country.Brazil))
    qt_texts = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    installed = []
    for path in (f"{qt_texts}/qtbase_{language}.qm", str(resource(f"i18n/malote_{language}.qm"))):
        translator = QTranslator(application)
        if translator.load(path):
            application.installTranslator(translator)
            installed.append(translator)
    return installed
