"""Shapes of what the owner's own tools ask."""

from pydantic import Field

from desktop.api.schemas import CnpjText, RequestBody, Text


class NewSessionBody(RequestBody):
    """What POST /api/sessoes takes."""

    nome: Text
    empresa: CnpjText | None = None
    guarda_mensagens: bool = False


class RenameBody(RequestBody):
    nome: Text


class CompanyBody(RequestBody):
    empresa: CnpjText | None = None
    """Left out: all companies without a session of their own."""


class KeepingBody(RequestBody):
    guardar: bool


class LinkBody(RequestBody):
    telefone: Text | None = None
    """In place of a QR, a code to type on the phone of this number."""
    substituir: bool = False
    """Also where the session is linked already."""


class ClearBody(RequestBody):
    desvincular: bool = False


class GroupBody(RequestBody):
    """What POST /api/grupos/confirmar takes: the group as the person saw it."""

    cnpj: CnpjText
    grupo: Text = Field(max_length=100)
    nome: Text = Field(max_length=300)
