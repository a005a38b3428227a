"""The command line: what was typed, and which command answers it."""

import argparse
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

from desktop import __version__
from desktop.commands.parser import Parser
from desktop.domain.access import LONGEST_KEY_NAME, Scope, is_key_name

EXIT_CODES = """\
códigos de saída:
  0  feito (em «enviar»: o WhatsApp confirmou)
  1  não foi feito; nada foi enviado
  2  o comando foi escrito de um jeito que o Malote não entende
  3  o Malote não está aberto
  4  não se sabe se foi enviado: veja o histórico antes de tentar de novo
  5  o Malote não conseguiu iniciar
"""


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments ask for; returns one of EXIT_CODES."""
    for stream in (sys.stdout, sys.stderr):
        # A log file in an old code page cannot hold a QR; that must not end the program.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    options = _parser().parse_args(arguments)
    from desktop.runtime.paths import Home

    home = Home(options.home.expanduser().absolute()) if options.home else Home.default()
    match options.command:
        case None if options.headless:
            from desktop.commands.headless import run_headless

            return run_headless(home)
        case None:
            from desktop.commands.tray import run_tray

            return run_tray(home)
        case "enviar":
            from desktop.commands.send import send

            return send(home, options)
        case "status":
            from desktop.commands.status import status

            return status(home, as_json=options.json)
        case "sessoes":
            from desktop.commands.sessions import sessions

            return sessions(home, options)
        case "webhooks":
            from desktop.commands.webhooks import webhooks

            return webhooks(home, options)
        case "doctor":
            from desktop.commands.doctor import doctor

            return doctor(home, as_json=options.json)
        case "reset":
            from desktop.commands.doctor import reset

            return reset(home, options)
        case "chave":
            from desktop.commands.keys import keys

            return keys(home, options)
        case "config":
            from desktop.commands.config import config

            return config(home, options)
        case "oracle":
            from desktop.commands.oracle import oracle

            return oracle(home, options)
        case "demo":
            from desktop.commands.demo import demo

            return demo(options.home)
        case other:
            raise AssertionError(other)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="malote",
        description="Leva o relatório de cada empresa ao grupo dela no WhatsApp.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"Malote {__version__}", help="mostra a versão")
    parser.add_argument("--home", type=Path, metavar="PASTA", help="guarda tudo desta instância nesta pasta")
    parser.add_argument("--headless", action="store_true", help="sem janela; o QR aparece no terminal")
    commands = parser.add_subparsers(dest="command", metavar="COMANDO")

    send = commands.add_parser("enviar", help="envia o relatório de uma empresa", epilog=EXIT_CODES)
    send.add_argument("--cnpj", required=True, help="com ou sem máscara")
    send.add_argument("--legenda", help="no lugar da legenda configurada")
    send.add_argument("--reenviar", action="store_true", help="mesmo que já tenha sido enviado hoje")
    send.add_argument("--fila", action="store_true", help="não espera o resultado")
    send.add_argument("--chave", help="a mesma chave recebe a mesma resposta")
    send.add_argument("--json", action="store_true", help="uma linha de JSON, como a API responde")

    status = commands.add_parser("status", help="mostra o estado do WhatsApp")
    status.add_argument("--json", action="store_true", help="uma linha de JSON")

    _add_sessions(commands.add_parser("sessoes", help="os números de WhatsApp: lista, conecta, para e remove"))

    _add_webhooks(commands.add_parser("webhooks", help="quem é avisado do que acontece, e o que não foi entregue"))

    doctor = commands.add_parser("doctor", help="mostra o que está rodando, cada número e o que fazer")
    doctor.add_argument("--json", action="store_true", help="uma linha de JSON")
    reset = commands.add_parser("reset", help="desconecta todos os números e começa de novo; os vínculos ficam")
    reset.add_argument("--desvincular", action="store_true", help="remove também os vínculos com os celulares")
    reset.add_argument("--sim", action="store_true", help="não pergunta")

    key = commands.add_parser("chave", help="chaves para os programas que chamam o Malote")
    key_actions = key.add_subparsers(dest="action", required=True, metavar="AÇÃO")
    new_key = key_actions.add_parser("criar", help="cria e mostra uma única vez")
    new_key.add_argument("nome", type=_key_name)
    new_key.add_argument(
        "--permissao",
        action="append",
        choices=[scope.value for scope in Scope],
        help="pode repetir; sem ela: enviar e ler",
    )
    new_key.add_argument("--empresa", action="append", metavar="CNPJ", help="só para esta empresa; pode repetir")
    new_key.add_argument("--sessao", action="append", metavar="NOME", help="só nesta sessão; pode repetir")
    key_actions.add_parser("listar", help="nomes e último uso")
    key_actions.add_parser("revogar", help="deixa de valer").add_argument("nome")

    config = commands.add_parser("config", help="lê e muda as configurações")
    config_actions = config.add_subparsers(dest="action", required=True, metavar="AÇÃO")
    config_actions.add_parser("get", help="um valor, ou todos").add_argument("name", nargs="?")
    setting = config_actions.add_parser("set", help="muda um valor")
    setting.add_argument("name")
    setting.add_argument("value")
    secret = config_actions.add_parser("credenciais", help="guarda senhas no cofre do sistema, e o usuário do banco")
    whose = secret.add_mutually_exclusive_group(required=True)
    whose.add_argument("--usuario", help="a senha é pedida, ou lida da entrada padrão")
    whose.add_argument("--carteira", action="store_true", help="a senha da carteira do Oracle (TLS), do mesmo jeito")
    whose.add_argument("--tokens", action="store_true", help="o segredo dos tokens (JWT, HS256), do mesmo jeito")

    oracle = commands.add_parser("oracle", help="o que o administrador faz pelo Oracle")
    oracle_actions = oracle.add_subparsers(dest="action", required=True, metavar="AÇÃO")
    oracle_actions.add_parser("report", help="testa a conexão e mostra um relatório sem nomes, para o suporte")
    client = oracle_actions.add_parser("install-client", help="acha ou instala o cliente Oracle, para bancos antigos")
    client.add_argument("--zip", type=Path, metavar="ARQUIVO", help="um Instant Client já baixado")
    client.add_argument("--folder", type=Path, metavar="PASTA", help="a pasta de um cliente, ou onde instalar")
    client.add_argument("--download", action="store_true", help="baixa mesmo que já haja um cliente")
    client.add_argument("--sha256", default="", metavar="SOMA", help="a que o arquivo baixado deve ter")
    client.add_argument("--yes", action="store_true", help="instala sem perguntar pela soma")

    commands.add_parser("demo", help="faz o trabalho principal no simulador, sem WhatsApp")
    return parser


def _key_name(text: str) -> str:
    if not is_key_name(text):
        raise argparse.ArgumentTypeError(f"use de 1 a {LONGEST_KEY_NAME} letras, sem espaço no começo ou no fim")
    return text


def _add_webhooks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="uma linha de JSON")
    actions = parser.add_subparsers(dest="action", metavar="AÇÃO")
    actions.add_parser("falhas", help="os avisos de que o Malote desistiu")
    actions.add_parser("reenviar", help="tenta um aviso de novo").add_argument("id")
    actions.add_parser("reativar", help="volta a avisar um endereço que disse que acabou").add_argument("nome")
    secret = actions.add_parser("segredo", help="mostra, uma vez só, com o que os avisos são assinados")
    secret.add_argument("--renovar", action="store_true", help="faz outro; o de antes ainda assina por um dia")


def _add_sessions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="a lista em uma linha de JSON")
    actions = parser.add_subparsers(dest="action", metavar="AÇÃO")
    add = actions.add_parser("adicionar", help="um número novo, ainda sem celular vinculado")
    add.add_argument("nome")
    add.add_argument("--empresa", metavar="CNPJ", help="só para os envios desta empresa")
    add.add_argument("--guardar-mensagens", action="store_true", help="guarda as mensagens recebidas")
    rename = actions.add_parser("renomear", help="o vínculo e o histórico acompanham")
    rename.add_argument("nome")
    rename.add_argument("novo", metavar="NOVO_NOME")
    connect = actions.add_parser("conectar", help="conecta; sem vínculo, mostra o QR ou o código")
    connect.add_argument("nome")
    connect.add_argument("--telefone", help="em vez do QR, um código para digitar no celular deste número")
    connect.add_argument("--trocar-numero", action="store_true", help="mesmo que já haja um número vinculado")
    company = actions.add_parser("empresa", help="para qual empresa ela envia; sem CNPJ, para todas")
    company.add_argument("nome")
    company.add_argument("cnpj", nargs="?", metavar="CNPJ")
    keeping = actions.add_parser("mensagens", help="se guarda as mensagens recebidas daqui em diante")
    keeping.add_argument("nome")
    keeping.add_argument("desejo", choices=["guardar", "nao-guardar"], help="o que já foi guardado fica pelo seu prazo")
    remove = actions.add_parser("remover", help="desvincula e apaga o número e as mensagens dele; o histórico fica")
    remove.add_argument("nome")
    remove.add_argument("--sim", action="store_true", help="não pergunta")
    for name, does in (
        ("parar", "desconecta e guarda o vínculo"),
        ("reiniciar", "conecta de novo"),
        ("desvincular", "remove o vínculo, aqui e no celular"),
        ("aceitar", "confirma que o outro número vinculado é o certo"),
        ("padrao", "usa este número quando nenhum é indicado"),
    ):
        actions.add_parser(name, help=does).add_argument("nome")
    clear = actions.add_parser("limpar-tudo", help="desconecta todos os números e começa de novo")
    clear.add_argument("--desvincular", action="store_true", help="remove também os vínculos")
