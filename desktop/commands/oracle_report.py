"""`malote oracle report`: what a customer's database did with us, for our eyes; it names no server, user or company."""

import asyncio
import platform
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.metadata import version

from desktop import __version__
from desktop.domain.diagnosis import Step, StepResult
from desktop.domain.settings import DirectoryKind, OracleSource, Settings
from desktop.runtime.paths import Home

_TOLD = ("reason", "ora", "driver_code", "tns_version", "version", "mode", "client", "companies", "cnpj_type")
"""Every other fact may hold a name: a table, a path, or the server's own sentence."""
_CODES = re.compile(r"\b(?:ORA|DPY|DPI|TNS)-\d+")


def report(home: Home) -> int:
    """Test the connection and print what may be shown to anybody; 1 where a step failed. Raises AppError."""
    from desktop.adapters.settings_file import SettingsFile

    settings = SettingsFile(home.settings).load()
    steps = asyncio.run(_examined(home, settings))
    print("Relatório do Oracle para o suporte do Malote. Não contém servidor, usuário, senha nem dados de empresas.")
    for line in [*_about_us(), *_about_settings(settings.directory.oracle), *_about(steps)]:
        print(line)
    return 0 if all(step.result is StepResult.OK for step in steps) else 1


async def _examined(home: Home, settings: Settings) -> list[Step]:
    from desktop.app import kept_secrets, make_directory
    from desktop.runtime.clock import SystemClock

    # whatever the program itself is set to look in
    chosen = replace(settings, directory=replace(settings.directory, kind=DirectoryKind.ORACLE))
    directory = make_directory(home, lambda: chosen, kept_secrets(home, lambda: chosen), SystemClock())
    steps: list[Step] = []
    try:
        await directory.examine(steps.append)
    finally:
        await directory.close()
    return steps


def _about_us() -> Iterator[str]:
    yield f"malote = {__version__}"
    yield f"sistema = {platform.system()} {platform.release()} {platform.machine()}"
    yield f"python = {platform.python_version()}"
    yield f"oracledb = {version('oracledb')}"


def _about_settings(oracle: OracleSource) -> Iterator[str]:
    yield f"destino = {'serviço' if oracle.service_name else 'SID' if oracle.sid else 'nenhum'}"
    yield f"tls = {_yes_no(oracle.tls)}"
    yield f"carteira = {_yes_no(bool(oracle.wallet))}"
    yield f"cliente_oracle = {_yes_no(bool(oracle.client_folder))}"
    yield f"consulta_propria = {_yes_no(bool(oracle.query))}"
    yield f"prazo = {oracle.deadline:g} s"


def _about(steps: Iterable[Step]) -> Iterator[str]:
    for step in steps:
        told = [f"{name}={step.facts[name]}" for name in _TOLD if step.facts.get(name) is not None]
        if detail := step.facts.get("detail"):
            told += sorted(set(_CODES.findall(str(detail))))
        code = [step.code.value] if step.code else []
        yield " ".join([f"passo {step.name.value} = {step.result.value}", f"{step.took * 1000:.0f} ms", *code, *told])


def _yes_no(value: bool) -> str:
    return "sim" if value else "não"
