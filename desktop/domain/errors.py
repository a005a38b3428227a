"""Errors as codes and facts; the sentences for people live in ui/messages and api/errors."""

from enum import StrEnum

Fact = str | int | float | bool | None


class Code(StrEnum):
    """Stable codes of contract A; programs compare them, so a published one is never renamed."""

    # What was asked for
    CNPJ_INVALID = "cnpj_invalido"
    BODY_INVALID = "corpo_invalido"
    BODY_TOO_LARGE = "corpo_grande"
    BODY_TYPE = "tipo_nao_suportado"
    KEY_REUSED = "chave_repetida"
    SEND_NOT_FOUND = "envio_nao_encontrado"
    SEND_NOT_CANCELLABLE = "envio_ja_iniciado"
    SESSION_NOT_FOUND = "sessao_nao_encontrada"
    SESSION_EXISTS = "sessao_ja_existe"
    SESSION_NAME_INVALID = "nome_de_sessao_invalido"
    QR_NOT_AVAILABLE = "qr_indisponivel"
    QR_EXPIRED = "qr_expirado"
    SESSION_LINKED = "sessao_ja_vinculada"
    TOO_MANY_SESSIONS = "limite_de_sessoes"
    CHAT_NOT_FOUND = "conversa_nao_encontrada"
    MESSAGE_NOT_FOUND = "mensagem_nao_encontrada"
    SETTING_INVALID = "configuracao_invalida"
    # Who asked
    API_KEY_MISSING = "chave_ausente"
    API_KEY_INVALID = "chave_invalida"
    API_KEY_NOT_FOUND = "chave_nao_encontrada"
    WEBHOOK_REFUSED = "webhook_recusado"
    WEBHOOK_FAILED = "webhook_falhou"
    WEBHOOK_NOT_FOUND = "webhook_nao_encontrado"
    SECRET_SHOWN = "segredo_ja_mostrado"
    FORBIDDEN = "acesso_negado"
    API_KEY_EXISTS = "chave_ja_existe"
    HOST_REFUSED = "host_recusado"
    ORIGIN_REFUSED = "origem_recusada"
    TOO_MANY_REQUESTS = "muitas_requisicoes"
    ROUTE_NOT_FOUND = "rota_inexistente"
    METHOD_NOT_ALLOWED = "metodo_nao_permitido"
    # The directory of companies
    COMPANY_NOT_FOUND = "empresa_nao_encontrada"
    GROUP_NOT_REGISTERED = "grupo_nao_cadastrado"
    GROUP_INVALID = "grupo_invalido"
    DIRECTORY_NOT_CONFIGURED = "cadastro_nao_configurado"
    DIRECTORY_FILE_INVALID = "cadastro_invalido"
    DIRECTORY_UNAVAILABLE = "cadastro_indisponivel"
    DIRECTORY_CREDENTIALS = "cadastro_credenciais"
    ORACLE_UNAVAILABLE = "oracle_indisponivel"
    ORACLE_CREDENTIALS = "oracle_credenciais"
    ORACLE_CLIENT = "cliente_oracle"
    # The report
    IMAGE_NOT_FOUND = "imagem_nao_encontrada"
    IMAGE_INVALID = "imagem_invalida"
    IMAGE_OLD = "imagem_antiga"
    IMAGE_INCOMPLETE = "imagem_incompleta"
    IMAGE_TOO_LARGE = "imagem_grande"
    IMAGE_OUTSIDE = "imagem_fora_da_pasta"
    IMAGE_UNAVAILABLE = "imagem_indisponivel"
    REPORT_NOT_CONFIGURED = "relatorio_nao_configurado"
    # WhatsApp
    RECIPIENT_INVALID = "destinatario_invalido"
    NOT_PAIRED = "whatsapp_nao_pareado"
    NOT_CONNECTED = "whatsapp_desconectado"
    NEEDS_HUMAN = "whatsapp_requer_atencao"
    NOT_IN_GROUP = "fora_do_grupo"
    GROUP_ADMINS_ONLY = "so_administradores"
    GROUP_UNCONFIRMED = "grupo_nao_confirmado"
    NOT_ON_WHATSAPP = "numero_sem_whatsapp"
    CONTENT_INVALID = "conteudo_invalido"
    MEDIA_TOO_LARGE = "midia_grande"
    MEDIA_GONE = "midia_indisponivel"
    SEND_REFUSED = "envio_recusado"
    UPLOAD_FAILED = "envio_da_imagem_falhou"
    CAP_REACHED = "limite_de_envios"
    TIMED_OUT = "tempo_esgotado"
    OUTCOME_UNKNOWN = "desfecho_desconhecido"
    SEND_CANCELLED = "envio_cancelado"
    ENGINE_BROKEN = "motor_indisponivel"
    # The machine
    KEYRING_UNAVAILABLE = "cofre_indisponivel"
    KEYRING_LOCKED = "cofre_bloqueado"
    DATABASE_NEWER = "banco_mais_novo"
    DATABASE_UNAVAILABLE = "banco_indisponivel"
    ALREADY_RUNNING = "ja_em_execucao"
    NOT_RUNNING = "programa_fechado"
    PORT_UNAVAILABLE = "porta_indisponivel"
    QUEUE_FULL = "fila_cheia"
    INTERNAL = "erro_interno"


class AppError(Exception):
    """The world failed, not the program: a stable code and the facts that its sentence needs."""

    def __init__(self, code: Code, /, **facts: Fact) -> None:
        super().__init__(code.value)
        self.code = code
        self.facts: dict[str, Fact] = facts

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code.value}({facts})"


class Rejected(AppError):
    """The caller asked for something that cannot be; trying again changes nothing."""


class NeedsHuman(AppError):
    """A person must act; until then the session or the source is paused."""


class Transient(AppError):
    """It may work later, and nothing was sent."""

    def __init__(self, code: Code, /, *, retry_after: float | None = None, **facts: Fact) -> None:
        super().__init__(code, **facts)
        self.retry_after = retry_after
        """Seconds the other side asked us to wait; None where it did not say."""


class OutcomeUnknown(AppError):
    """It may have been sent: reconcile by message id and receipts, never send again blindly."""


class ConfigError(AppError):
    """The program cannot start as it is configured."""
