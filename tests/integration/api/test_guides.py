"""What the guides for ERP programmers show is what works: their own lines are run against the door."""

import re
import subprocess
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest

from desktop.runtime.resources import resource
from tests.harness.environment import clean_environment
from tests.harness.program import ROOT
from tests.integration.api.door import BAKERY, GROUP, MARKET, WITHOUT_REPORT, Door, open_door

GUIDES = ROOT / "docs" / "erp"
RUN = ("csharp", "curl", "java", "javascript", "lazarus", "php", "python")
NOT_RUN = ("advpl", "delphi", "harbour", "plsql")
PORT, KEY, EXAMPLE = "3000", "COLE_A_CHAVE_AQUI", MARKET


def blocks(page: str, language: str) -> list[str]:
    """The examples of a page in one language."""
    text = (GUIDES / f"{page}.md").read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def for_door(example: str, door: Door) -> str:
    assert f"http://127.0.0.1:{PORT}/api/enviar-relatorio" in example
    return example.replace(f"127.0.0.1:{PORT}", door.host).replace(KEY, door.key)


def ran(command: Sequence[str]) -> str:
    """What a command prints; it has to end well."""
    done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def first_lines(count: int, command: Sequence[str]) -> str:
    """What a command prints first. It is ended then: Mono 6.8 by itself hangs or crashes once in forty times, after
    any program that has called out.
    """
    with subprocess.Popen(command, env=clean_environment(), stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        try:
            return "".join(islice(program.stdout, count))
        finally:
            program.kill()


def test_the_shell_s_line_sends(door: Door) -> None:
    line = for_door(blocks("curl", "sh")[0], door)
    assert f'"status":"enviado","grupo":"{GROUP}"' in ran(["sh", "-c", line])
    assert '"codigo":"imagem_nao_encontrada"' in ran(["sh", "-c", line.replace(EXAMPLE, WITHOUT_REPORT)])
    assert len(door.engine.taken) == 1


def test_the_network_s_line_sends_too(tmp_path: Path) -> None:
    chosen = {"door.lan": True, "door.lan_port": 0, "door.address": "127.0.0.2"}
    with open_door(tmp_path, settings=chosen) as door:
        [_, line] = blocks("curl", "sh")
        assert "https://SERVIDOR:3443/" in line
        line = line.replace("https://SERVIDOR:3443", door.info.lan_url).replace(KEY, door.key)
        line = line.replace("malote.crt", str(door.home.certificates / "lan.crt"))
        assert '"status":"enviado"' in ran(["sh", "-c", line])


@pytest.mark.parametrize(
    ("page", "interpreter"),
    [("python", sys.executable), ("php", "php"), ("javascript", "node")],
    ids=("python", "php", "javascript"),
)
def test_the_example_of_a_scripting_language_sends(door: Door, tmp_path: Path, page: str, interpreter: str) -> None:
    program = tmp_path / "enviar"
    [example] = blocks(page, page)
    program.write_text(for_door(example, door), "utf-8")
    assert ran([interpreter, str(program), MARKET]) == f"200 {GROUP}\n"
    assert ran([interpreter, str(program), WITHOUT_REPORT]) == "400 não achou imagem\n"


def test_both_java_examples_send(door: Door, tmp_path: Path) -> None:
    """In one JVM, because starting one takes longer than all the rest."""
    old, new = (for_door(example, door) for example in blocks("java", "java"))
    imports = sorted(set(re.findall(r"^import .*;$", old + new, re.MULTILINE)))
    classes = [re.sub(r"^import .*;\n", "", example, flags=re.MULTILINE) for example in (old, new)]
    calls = [
        f'{name}.main(new String[] {{"{cnpj}"}});'
        for name, cnpj in (
            ("EnviarRelatorio", MARKET),
            ("EnviarRelatorio", WITHOUT_REPORT),
            ("EnviarRelatorioModerno", BAKERY),
            ("EnviarRelatorioModerno", MARKET),
            ("EnviarRelatorioModerno", WITHOUT_REPORT),
        )
    ]
    start = "public class Todos { public static void main(String[] args) throws Exception {" + "".join(calls) + "} }"
    program = tmp_path / "Todos.java"
    program.write_text("\n".join([*imports, start, *classes]), "utf-8")
    said = ran(["java", "-Dfile.encoding=UTF-8", "-XX:TieredStopAtLevel=1", str(program)]).splitlines()
    assert [line[:3] for line in said] == ["200", "400", "200", "200", "400"]
    assert ['"duplicado":true' in line for line in said] == [False, False, False, True, False]
    assert "não achou imagem" in said[1]
    assert len(door.engine.taken) == 2


@pytest.mark.parametrize(("number", "release"), [(0, "8"), (1, "11")])
def test_a_java_example_asks_for_no_newer_java_than_it_says(number: int, release: str, tmp_path: Path) -> None:
    titles = re.findall(r"^## Java (\d+) ou mais novo", (GUIDES / "java.md").read_text("utf-8"), re.MULTILINE)
    assert titles[number] == release
    source = tmp_path / "Exemplo.java"
    source.write_text(blocks("java", "java")[number], "utf-8")
    ran(["javac", "--release", release, "-Xlint:-options", "-Werror", "-d", str(tmp_path), str(source)])


def test_the_c_sharp_example_sends(door: Door, tmp_path: Path) -> None:
    start = """public static class Todos
    {
        public static void Main(string[] cnpjs)
        {
            foreach (var cnpj in cnpjs)
            {
                var resposta = Malote.EnviarRelatorio(cnpj).Result;
                System.Console.WriteLine(resposta.Item1 + " " + resposta.Item2);
            }
        }
    }"""
    [example] = blocks("csharp", "csharp")
    sources = tmp_path / "Malote.cs", tmp_path / "Todos.cs"
    for source, text in zip(sources, (for_door(example, door), start), strict=True):
        source.write_text(text, "utf-8")
    program = tmp_path / "Todos.exe"
    # The language of .NET Framework 4.5's own compiler.
    ran(["mcs", "-langversion:5", "-warnaserror", "-reference:System.Net.Http", f"-out:{program}", *map(str, sources)])
    assert_three_answers(first_lines(3, ["mono", str(program), MARKET, MARKET, WITHOUT_REPORT]), door)


def test_the_lazarus_example_sends(door: Door, tmp_path: Path) -> None:
    start = """program Todos;
    {$mode delphi}
    uses Malote;
    var
      Numero, Situacao: Integer;
      Resposta: string;
    begin
      for Numero := 1 to ParamCount do
      begin
        Situacao := EnviarRelatorio(ParamStr(Numero), Resposta);
        WriteLn(Situacao, ' ', Resposta);
      end;
    end."""
    [example] = blocks("lazarus", "pascal")
    (tmp_path / "malote.pas").write_text(for_door(example, door), "utf-8")
    (tmp_path / "todos.pas").write_text(start, "utf-8")
    ran(["fpc", "-v0", f"-FE{tmp_path}", f"-Fu{tmp_path}", str(tmp_path / "todos.pas")])
    assert_three_answers(ran([str(tmp_path / "todos"), MARKET, MARKET, WITHOUT_REPORT]), door)


def test_what_the_window_offers_to_copy_sends(door: Door, tmp_path: Path) -> None:
    """The pieces of its page *Como chamar do ERP*, where they can run here."""
    curl, java = (
        resource(f"snippets/{name}.txt").read_text("utf-8").replace("%url%", door.info.url).replace("%key%", door.key)
        for name in ("curl", "java")
    )
    assert '"duplicado":false' in ran(["sh", "-c", curl])
    program = tmp_path / "EnviarRelatorio.java"
    program.write_text(java, "utf-8")
    said = ran(["java", "-Dfile.encoding=UTF-8", "-XX:TieredStopAtLevel=1", str(program)])
    assert said.startswith("200 ")
    assert '"duplicado":true' in said


def assert_three_answers(said: str, door: Door) -> None:
    """The market's report once, its second call, and a company without a report; a line each."""
    lines = said.splitlines()
    assert [line[:4] for line in lines] == ["200 ", "200 ", "400 "]
    assert ['"duplicado":true' in line for line in lines] == [False, True, False]
    assert "não achou imagem" in lines[2]
    assert len(door.engine.taken) == 1


@pytest.mark.parametrize("page", RUN + NOT_RUN)
def test_every_language_has_a_page_that_says_whether_it_is_tried(page: str) -> None:
    text = (GUIDES / f"{page}.md").read_text("utf-8")
    assert KEY in text
    assert f"http://127.0.0.1:{PORT}/api/enviar-relatorio" in text
    assert bool(re.search(r"não roda nos testes do Malote", text)) == (page in NOT_RUN)
    assert bool(re.search(r"rodam? nos testes do Malote a cada mudança", text)) == (page in RUN)
    assert f"]({page}.md)" in (GUIDES / "README.md").read_text("utf-8")
