"""A SELECT that the owner wrote is let through only where it can do nothing but read."""

from __future__ import annotations

import pytest

from desktop.domain.errors import Rejected
from desktop.domain.select_text import check_select

CNPJ = frozenset({"cnpj"})


@pytest.mark.parametrize(
    "text",
    [
        "SELECT NUMERO_WHATSAPP_GRUPO FROM D_EMPRESAS WHERE CNPJ_CO2 = :cnpj",
        "  select grupo, 'a;b -- :x' n from v where cnpj = :CNPJ or cnpj = :cnpj  ",
        "SELECT /* INSERT; */ g FROM t -- :nada; DROP\n WHERE c = : cnpj",
        """SELECT "UPDATE", 'it''s :not' FROM t WHERE c = :cnpj""",
        "SELECT g FROM t WHERE hora > TO_DATE('10:30','HH24:MI') AND c = :cnpj AND n = 1.5e3",
        "SELECT g FROM a JOIN b ON a.id = b.id WHERE SUBSTR(a.c, 1, 14) = :cnpj AND UPDATED_AT IS NULL",
    ],
)
def test_a_query_that_reads_is_taken_as_it_is(text: str) -> None:
    assert check_select(text, binds=CNPJ, setting="q") == text.strip()


@pytest.mark.parametrize(
    ("text", "reason", "word"),
    [
        ("", "not_a_select", None),
        ("DELETE FROM t WHERE c = :cnpj", "not_a_select", None),
        ("WITH FUNCTION f RETURN NUMBER IS x SELECT 1 FROM t WHERE c = :cnpj", "not_a_select", None),
        ("BEGIN apaga(:cnpj); END;", "semicolon", None),
        ("(SELECT g FROM t WHERE c = :cnpj)", "not_a_select", None),
        ("SELECTION :cnpj", "not_a_select", None),
        ("/* x */ SELECT g FROM t WHERE c = :cnpj", "not_a_select", None),
        ("SELECT g FROM t WHERE c = :cnpj;", "semicolon", None),
        ("SELECT g FROM t WHERE c = :cnpj; DROP TABLE t", "semicolon", None),
        ("SELECT g FROM t WHERE c = :cnpj FOR UPDATE", "sql_word", "UPDATE"),
        ("SELECT g INTO x FROM t WHERE c = :cnpj", "sql_word", "INTO"),
        ("SELECT dbms_pipe.receive_message('x') FROM t WHERE c = :cnpj", "sql_word", "DBMS_PIPE"),
        ("SELECT UTL_HTTP.REQUEST('x') FROM t WHERE c = :cnpj", "sql_word", "UTL_HTTP"),
        ("SELECT g FROM t WHERE c = '62567108000101'", "bind_missing", "cnpj"),
        ("SELECT g FROM t WHERE c = ':cnpj'", "bind_missing", "cnpj"),
        ("SELECT g FROM t WHERE c = :cnpj AND d = :data", "bind_unknown", "data"),
        ("SELECT g FROM t WHERE c = :cnpj AND d = 'open", "sql_quotes", None),
        ('SELECT "g FROM t WHERE c = :cnpj', "sql_quotes", None),
        ("SELECT q'[a'b]' FROM t WHERE c = :cnpj", "sql_quotes", None),
        ("SELECT g /* FROM t WHERE c = :cnpj", "sql_quotes", None),
        ("SELECT g FROM t WHERE c = :cnpj" + " " * 9 + "-" * 10_000, "too_long", None),
    ],
)
def test_what_is_more_or_less_than_that_is_refused_with_its_reason(text: str, reason: str, word: str | None) -> None:
    with pytest.raises(Rejected) as refused:
        check_select(text, binds=CNPJ, setting="directory.oracle.query")
    facts = {"name": "directory.oracle.query", "reason": reason} | ({"word": word} if word else {})
    assert refused.value.facts == facts


def test_a_list_takes_no_bind() -> None:
    assert check_select("SELECT c, g FROM t", binds=frozenset(), setting="q")
    with pytest.raises(Rejected) as refused:
        check_select("SELECT c, g FROM t WHERE c = :cnpj", binds=frozenset(), setting="q")
    assert refused.value.facts["reason"] == "bind_unknown"
