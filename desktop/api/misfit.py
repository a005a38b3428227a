"""What a field of a request should have been, from what pydantic says of it."""

from collections.abc import Mapping
from typing import Any

from desktop.domain.errors import Code, Fact, Rejected

_REASONS = {
    "missing": "missing",
    "string_type": "text",
    "bool_type": "yes_or_no",
    "bool_parsing": "yes_or_no",
    "list_type": "list",
    "too_short": "empty_list",
    "date_from_datetime_parsing": "date",
    "date_parsing": "date",
    "uuid_parsing": "id",
    "int_type": "whole_number",
    "int_parsing": "whole_number",
    "greater_than_equal": "least",
    "less_than_equal": "most",
    "string_too_long": "long_text",
    "list_too_long": "long_list",
}


def misfit(first: Mapping[str, Any], field: str) -> Rejected:
    """BODY_INVALID with the `field`, a `reason` that has a sentence of its own (else `wrong`) and its limit."""
    kind, context = first["type"], first.get("ctx") or {}
    facts: dict[str, Fact] = {"field": field}
    if kind == "too_long":
        # Of a list, and of a text that something looked at before.
        kind = "list_too_long" if context["field_type"] == "List" else "string_too_long"
    for name, fact in (("max_length", "most"), ("le", "most"), ("ge", "least")):
        if name in context:
            facts[fact] = context[name]
    return Rejected(Code.BODY_INVALID, reason=_REASONS.get(kind, "wrong"), **facts)
