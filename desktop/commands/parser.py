"""argparse in Portuguese: its own words are English, and a clerk's administrator reads them."""

import argparse
import re
import sys
from typing import Any, NoReturn

_SAID = (
    (r"the following arguments are required: (.+)", "falta: {}"),
    (r"one of the arguments (.+) is required", "falta um destes: {}"),
    (r"argument (.+): invalid choice: (.+) \(choose from (.+)\)", "{}: {} não serve; pode ser {}"),
    (r"argument (.+): expected one argument", "{}: falta o valor"),
    (r"argument (.+): not allowed with argument (.+)", "{} não pode vir junto com {}"),
    (r"argument (.+): ignored explicit argument (.+)", "{} não leva um valor: {}"),
    (r"ambiguous option: (.+) could match (.+)", "{} pode ser {}: escreva inteiro"),
    (r"unrecognized arguments: (.+)", "não se entende: {}"),
    # What a type of ours says, in Portuguese already.
    (r"argument (.+?): (.+)", "{}: {}"),
)


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def add_usage(self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, "uso: " if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """Also makes the parsers of its commands, with `add_subparsers`."""

    def __init__(self, **wishes: Any) -> None:
        super().__init__(add_help=False, **{"formatter_class": _Formatter, **wishes})
        # argparse offers no other way to its two titles.
        self._positionals.title, self._optionals.title = "argumentos", "opções"
        self.add_argument("-h", "--help", action="help", help="mostra esta ajuda")

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with what was typed, and end with 2."""
        matches = ((re.fullmatch(pattern, message), said) for pattern, said in _SAID)
        words = next((said.format(*match.groups()) for match, said in matches if match), message)
        print(f"{self.format_usage()}{words}\nVeja a ajuda: {self.prog} --help", file=sys.stderr)
        raise SystemExit(2)
