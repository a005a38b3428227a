"""The settings find the companies by looking, reach other databases, and install Oracle's client."""

from __future__ import annotations

import hashlib
import sqlite3
import zipfile
from contextlib import closing
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QMessageBox, QPushButton, QTableWidget

from desktop.domain.settings import DirectoryKind, Settings
from desktop.ui.pages.settings_client import ClientDialog
from desktop.ui.pages.settings_mapping import MappingDialog
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.note import Note
from tests.doubles.oracle import OracleDouble
from tests.doubles.oracle_client import build_client, needs_compiler
from tests.ui.audit import clashing_mnemonics
from tests.ui.stage import Stage


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


def settings(stage: Stage) -> Settings:
    return stage.scene.look(stage.scene.services.settings.load)


def said(stage: Stage, name: str, text: str) -> None:
    note = stage.find(Note, name)
    stage.until(lambda: text in note.said, text)


def open_mapping(stage: Stage) -> MappingDialog:
    stage.go("settings")
    stage.click("map-directory")
    stage.until(stage.dialog, "the dialog")
    dialog = stage.dialog()
    assert isinstance(dialog, MappingDialog)
    return dialog


def open_client(stage: Stage) -> ClientDialog:
    stage.go("settings")
    stage.press_radio("directory-oracle")
    stage.click("install-client")
    stage.until(stage.dialog, "the dialog")
    dialog = stage.dialog()
    assert isinstance(dialog, ClientDialog)
    return dialog


def test_what_was_found_is_shown_with_its_oddities_and_kept(stage: Stage) -> None:
    dialog = open_mapping(stage)
    said(stage, "mapping-said", "6 empresas podem receber")
    rows = stage.find(QTableWidget, "mapping-rows")
    assert rows.rowCount() == 7
    first = rows.item(0, 2)
    assert first is not None
    assert first.text() == "Mercado São João"
    findings = stage.find(QLabel, "mapping-findings").text()
    assert "1 empresa sem grupo" in findings
    assert "1 CNPJ com dígito verificador errado (62567108000101)" in findings
    assert clashing_mnemonics(dialog) == []
    stage.click("mapping-use")
    stage.until(lambda: stage.dialog() is None, "the dialog closing")
    table = settings(stage).directory.table
    assert (table.column_cnpj, table.column_group, table.column_name) == ("cnpj", "grupo", "nome")


def test_another_column_is_looked_at_before_it_can_be_kept(stage: Stage) -> None:
    open_mapping(stage)
    said(stage, "mapping-said", "6 empresas podem receber")
    group = stage.find(QComboBox, "mapping-group")
    group.setCurrentIndex(group.findText("nome"))
    group.activated.emit(group.currentIndex())
    said(stage, "mapping-said", "0 empresa pode receber")
    assert "não são grupos do WhatsApp" in stage.find(QLabel, "mapping-findings").text()


@pytest.fixture
def two_tables(stage: Stage, tmp_path: Path) -> Stage:
    """A database whose companies stand in one table, and something else in the other."""
    path = tmp_path / "erp.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE empresas (cnpj TEXT, nome TEXT, grupo TEXT)")
        connection.execute("INSERT INTO empresas VALUES ('62567108000101', 'Mercado', '120363041234567890@g.us')")
        connection.execute("CREATE TABLE fornecedores (documento TEXT, contato TEXT)")
        connection.execute("INSERT INTO fornecedores VALUES ('11222333000181', 'Maria')")
    change = stage.scene.services.settings.change
    chosen: dict[str, object] = {"directory.kind": "database", "directory.database.url": f"sqlite:///{path}"}
    stage.scene.look(lambda: change(chosen))
    return stage


def test_a_table_is_never_kept_with_another_table_s_columns(two_tables: Stage) -> None:
    dialog = open_mapping(two_tables)
    said(two_tables, "mapping-said", "1 empresa pode receber")
    table, use = two_tables.find(QComboBox, "mapping-table"), two_tables.find(QPushButton, "mapping-use")
    other = table.findText("fornecedores")
    with two_tables.scene.busy():
        table.setCurrentIndex(other)
        table.activated.emit(other)
        assert not use.isEnabled()
    said(two_tables, "mapping-said", "Escolha a coluna do CNPJ")
    assert dialog.isVisible()


def test_a_table_whose_name_is_typed_is_looked_at_before_it_can_be_kept(two_tables: Stage) -> None:
    dialog = open_mapping(two_tables)
    said(two_tables, "mapping-said", "1 empresa pode receber")
    table, use = two_tables.find(QComboBox, "mapping-table"), two_tables.find(QPushButton, "mapping-use")
    line = table.lineEdit()
    assert line is not None
    line.selectAll()
    two_tables.type_into(line, "nenhuma")
    assert not use.isEnabled()
    QTest.keyClick(line, Qt.Key.Key_Return)
    said(two_tables, "mapping-said", "nenhuma")
    assert dialog.isVisible()
    assert not use.isEnabled()
    line.selectAll()
    two_tables.type_into(line, "empresas")
    QTest.keyClick(line, Qt.Key.Key_Return)
    said(two_tables, "mapping-said", "1 empresa pode receber")
    assert use.isEnabled()


def test_a_directory_that_cannot_be_looked_into_says_why(stage: Stage, tmp_path: Path) -> None:
    stage.go("settings")
    path = stage.find(QLineEdit, "directory.table.path")
    stage.until(path.isEnabled, "the settings")
    path.clear()
    stage.type_into(path, str(tmp_path / "nada.csv"))
    stage.click("map-directory")
    stage.until(stage.dialog, "the dialog")
    said(stage, "mapping-said", "não foi encontrado")


@pytest.mark.parametrize("kind", ["oracle", "table", "database"])
def test_no_two_letters_clash_whatever_is_chosen(stage: Stage, kind: str) -> None:
    stage.go("settings")
    stage.press_radio(f"directory-{kind}")
    stage.settle()
    assert clashing_mnemonics(stage.window) == []


def test_another_database_is_chosen_with_its_own_password(stage: Stage) -> None:
    stage.go("settings")
    stage.press_radio("directory-database")
    for name, text in (
        ("directory.database.url", "postgresql+pg8000://127.0.0.1:1/erp"),
        ("user", "erp"),
        ("password", "segredo"),
    ):
        stage.type_into(stage.find(QLineEdit, name), text)
    stage.click("save-settings")
    stage.until(lambda: settings(stage).directory.kind is DirectoryKind.DATABASE, "the settings")
    kept = stage.scene.do(stage.scene.services.secrets.credentials("database"))
    assert kept is not None
    assert (kept.user, kept.password.reveal()) == ("erp", "segredo")
    assert stage.scene.do(stage.scene.services.secrets.credentials("oracle")) is None
    assert "segredo" not in (stage.scene.folder / "settings.json").read_text("utf-8")


def test_a_password_in_the_address_is_refused_at_its_field(stage: Stage) -> None:
    stage.go("settings")
    stage.press_radio("directory-database")
    url = stage.find(QLineEdit, "directory.database.url")
    stage.type_into(url, "postgresql+pg8000://erp:segredo@127.0.0.1/erp")
    stage.click("save-settings")
    field = url.parentWidget()
    assert isinstance(field, Field)
    stage.until(lambda: "tem usuário ou senha" in field.fault, "the fault")
    assert settings(stage).directory.kind is DirectoryKind.TABLE


def test_a_server_that_is_too_old_leads_to_the_client(stage: Stage) -> None:
    with OracleDouble(user="erp", password="segredo", tables={}) as oracle:
        oracle.config.tns_version = 314
        stage.go("settings")
        stage.press_radio("directory-oracle")
        for name, text in (
            ("directory.oracle.host", "127.0.0.1"),
            ("directory.oracle.sid", "xe"),
            ("user", "erp"),
            ("password", "segredo"),
        ):
            stage.type_into(stage.find(QLineEdit, name), text)
        port = stage.find(QLineEdit, "directory.oracle.port")
        port.clear()
        stage.type_into(port, str(oracle.port))
        stage.click("test-directory")
        said(stage, "test-result", "antigo demais")
        QTest.mouseClick(stage.find(Note, "test-result").findChildren(QPushButton)[0], Qt.MouseButton.LeftButton)
        stage.until(lambda: isinstance(stage.dialog(), ClientDialog), "the dialog")
        said(stage, "client-said", "ainda não tem um cliente Oracle")
        assert oracle.logins.attempts == 0


def test_a_download_that_fails_says_what_to_do(stage: Stage) -> None:
    change = stage.scene.services.settings.change
    stage.scene.look(lambda: change({"directory.oracle.client_url": "http://127.0.0.1:1/client.zip"}))
    dialog = open_client(stage)
    assert clashing_mnemonics(dialog) == []
    said(stage, "client-said", "ainda não tem um cliente Oracle")
    stage.click("client-download")
    said(stage, "client-said", "recusou a conexão")


@needs_compiler
def test_a_zip_that_the_owner_has_is_unpacked_tried_and_kept(stage: Stage, tmp_path: Path) -> None:
    built = build_client(tmp_path / "built")
    archive = tmp_path / "instantclient.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(built / "libclntsh.so", "instantclient_19_28/libclntsh.so")
    dialog = open_client(stage)
    said(stage, "client-said", "ainda não tem um cliente Oracle")
    dialog.take_zip(str(archive))
    said(stage, "client-said", "O cliente Oracle 19.28.0.0.0 está pronto")
    folder = stage.scene.folder / "oracle-client" / "instantclient_19_28"
    assert settings(stage).directory.oracle.client_folder == str(folder)


@needs_compiler
def test_a_download_that_nobody_recorded_shows_its_checksum_in_parts_that_can_be_compared(
    stage: Stage, tmp_path: Path
) -> None:
    built = build_client(tmp_path / "built")
    archive = tmp_path / "client.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(built / "libclntsh.so", "instantclient_19_28/libclntsh.so")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        change = stage.scene.services.settings.change
        url = f"http://127.0.0.1:{server.server_port}/client.zip"
        stage.scene.look(lambda: change({"directory.oracle.client_url": url}))
        dialog = open_client(stage)
        said(stage, "client-said", "ainda não tem um cliente Oracle")
        stage.click("client-download")
        stage.until(lambda: dialog.findChild(QMessageBox), "the question")
        question = dialog.findChild(QMessageBox)
        assert isinstance(question, QMessageBox)
        parts = question.informativeText().split()[-4:]
        assert {len(part) for part in parts} == {16}
        assert "".join(parts) == hashlib.sha256(archive.read_bytes()).hexdigest()
        question.reject()
        stage.until(lambda: dialog.findChild(QMessageBox) is None, "its end")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
