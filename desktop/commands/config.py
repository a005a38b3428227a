"""`malote config`: settings by dotted name; passwords only by prompt or standard input."""

import argparse
import asyncio
import getpass
import sys

from desktop.adapters.settings_file import SettingsFile
from desktop.commands.client import print_error
from desktop.domain.errors import AppError, Code, Rejected
from desktop.domain.secret import Credentials, Secret
from desktop.domain.settings import TOKENS_USER, WALLET_USER
from desktop.runtime.paths import Home


def config(home: Home, options: argparse.Namespace) -> int:
    """Read or change the settings of a home, running or not; 1 where a value is refused."""
    try:
        home.prepare()
        settings = SettingsFile(home.settings)
        match options.action:
            case "set":
                settings.change({options.name: options.value})
            case "credenciais":
                _keep_credentials(home, settings, options)
            case _:
                for name in [options.name] if options.name else settings.names():
                    value = settings.get(name)
                    print(value if options.name else f"{name} = {value}")
    except AppError as error:
        print_error(error)
        return 1
    return 0


def _keep_credentials(home: Home, settings: SettingsFile, options: argparse.Namespace) -> None:
    """Under the name that the door looks for a token's secret, or the chosen directory for the rest."""
    from desktop.app import kept_secrets

    chosen = settings.load()
    if options.tokens:
        name, user = chosen.door.jwt.secret, TOKENS_USER
    elif options.carteira:
        name, user = chosen.directory.oracle.wallet_secret, WALLET_USER
    else:
        name, user = chosen.directory.secret, options.usuario
    password = getpass.getpass("Senha: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise Rejected(Code.SETTING_INVALID, name="senha", reason="empty")
    asyncio.run(kept_secrets(home, settings.load).keep_credentials(name, Credentials(user, Secret(password))))
