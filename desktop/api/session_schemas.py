"""Shapes of what the owner's own tools ask of sessions."""

from pydantic import BaseModel, ConfigDict

from desktop.api.schemas import CnpjText, Text


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class NewSessionBody(_Body):
    """What POST /api/sessoes takes."""

    nome: Text
    empresa: CnpjText | None = None
    guarda_mensagens: bool = False


class RenameBody(_Body):
    nome: Text


class CompanyBody(_Body):
    empresa: CnpjText | None = None
    """Left out: all companies without a session of their own."""


class LinkBody(_Body):
    telefone: Text | None = None
    """In place of a QR, a code to type on the phone of this number."""
    substituir: bool = False
    """Also where the session is linked already."""


class ClearBody(_Body):
    desvincular: bool = False
