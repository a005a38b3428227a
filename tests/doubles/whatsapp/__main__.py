"""The double by hand: prints what to export, then takes commands until the end of its input."""

from __future__ import annotations

import argparse
import json
import shlex
import sys

from .control import REFUSALS, Control
from .double import DEFAULT_PHONE, WhatsAppDouble

HELP = """scan <text of the QR>          the phone links the program that shows it
groups | group <subject> [members] [lid|pn] [jid]
received | log                 what arrived, what happened
write <group jid> <member number> <text>
drop | refuse | accept | silence | answer
ban <seconds> | fail_login <reason> | allow_login | outdate | remove_device | replace
fail_send <error> | fail_upload <status> | leave <group jid>
passkey | type_code <8 letters> | help | quit"""

PARAMETERS: dict[str, tuple[str, ...]] = {
    "scan": ("qr", "phone"),
    "group": ("subject", "members", "addressing", "jid"),
    "write": ("chat", "sender", "text"),
    "ban": ("seconds",),
    "fail_login": ("reason",),
    "fail_send": ("error",),
    "fail_upload": ("status",),
    "leave": ("group",),
    "type_code": ("code", "phone"),
}
NUMBERS = frozenset({"members", "sender", "seconds", "reason", "error", "status"})


def run(control: Control, line: str) -> str:
    """One line of the prompt; the answer to show."""
    try:
        verb, *words = shlex.split(line)
    except ValueError as exc:
        return f"cannot read this line: {exc}"
    if verb == "help" or verb not in control.verbs:
        return HELP
    names = PARAMETERS.get(verb, ())
    if len(words) > len(names):
        return f"{verb} takes: {' '.join(names) or 'nothing'}"
    try:
        arguments = {name: int(word) if name in NUMBERS else word for name, word in zip(names, words, strict=False)}
        result = control.verbs[verb](**arguments)
    except (*REFUSALS, TypeError) as exc:
        return f"{type(exc).__name__}: {exc}"
    return "ok" if result is None else json.dumps(result, ensure_ascii=False, indent=1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.doubles.whatsapp", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="of the proxy (default: any free one)")
    parser.add_argument("--control-port", type=int, default=0, help="of the HTTP control (default: any free one)")
    parser.add_argument("--phone", default=DEFAULT_PHONE, help="number of the phone that scans")
    parser.add_argument("--group", action="append", default=[], metavar="JID", help="make a group with this jid")
    options = parser.parse_args()
    with WhatsAppDouble(phone=options.phone, proxy_port=options.port) as double:
        control = Control(double)
        port = control.start(options.control_port)
        for number, jid in enumerate(options.group or [None], 1):
            double.add_group(f"Relatórios {number}", jid=jid)
        for name, value in double.environment().items():
            print(f"export {name}={shlex.quote(value)}")
        print(f'# control: curl -d \'{{"qr": "…"}}\' http://127.0.0.1:{port}/control/scan')
        print(*(f"# group {jid}: {group.subject}" for jid, group in double.world.groups.items()), sep="\n")
        print("# commands: help, quit", flush=True)
        try:
            for line in sys.stdin:
                if line.strip() == "quit":
                    break
                if line.strip():
                    print(run(control, line), flush=True)
        except KeyboardInterrupt:
            print()
        finally:
            control.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
