"""Shapes of the keys' routes."""

from typing import Literal

from pydantic import BaseModel, Field

from desktop.api.schemas import CnpjText, RequestBody, Text
from desktop.domain.access import KEY_NAME, LONGEST_KEY_NAME

Right = Literal["enviar", "ler", "gerenciar"]


class KeyBody(RequestBody):
    """What POST /api/chaves takes."""

    nome: Text = Field(min_length=1, max_length=LONGEST_KEY_NAME, pattern=KEY_NAME)
    permissoes: list[Right] = Field(default=["enviar", "ler"], min_length=1)
    empresas: list[CnpjText] = Field(default=[], max_length=1000, description="Vazio: todas.")
    sessoes: list[Text] = Field(default=[], max_length=100, description="Vazio: todas.")


class KeyView(BaseModel):
    """Uma chave, sem o texto dela."""

    nome: str = Field(examples=["ERP da loja"])
    permissoes: list[Right]
    empresas: list[str] = Field(description="Vazio: todas.")
    sessoes: list[str] = Field(description="Vazio: todas.")
    criada_em: str
    ultimo_uso: str | None


class KeyList(BaseModel):
    chaves: list[KeyView]


class NewKeyView(BaseModel):
    """A chave é mostrada só agora."""

    nome: str
    chave: str = Field(examples=["malote_…"])


class KeyName(BaseModel):
    nome: str
