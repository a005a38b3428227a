"""Reports from a disk: today's, whole, and from the allowed folders only."""

import errno
import os
import socket
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from desktop.adapters.reports.files import disk_error, locate, read_report
from desktop.adapters.reports.sources import ReportSources
from desktop.domain.errors import Code, Rejected, Transient
from desktop.domain.report import ImageFormat
from tests.integration.reports.conftest import Shop, now, unprivileged
from tests.integration.reports.hanging_disk import HangingDisk, can_mount
from tests.integration.reports.pictures import picture


def codes(error: Exception) -> tuple[Code, object]:
    assert isinstance(error, Rejected | Transient)
    return error.code, error.facts.get("reason")


async def test_the_days_report_is_found_by_the_template(shop: Shop) -> None:
    path = shop.write()
    report = await shop.fetch()
    assert report.content == path.read_bytes()
    assert report.sha256 == sha256(report.content).hexdigest()
    assert (report.format, report.width, report.height) == (ImageFormat.JPEG, 320, 480)
    assert report.source == str(path)
    assert report.modified_at.timestamp() == pytest.approx(path.stat().st_mtime)
    assert report.modified_at.utcoffset() is not None


@pytest.mark.parametrize(("kind", "name"), [("PNG", ImageFormat.PNG), ("WEBP", ImageFormat.WEBP)])
async def test_the_content_tells_the_format_whatever_the_name_says(shop: Shop, kind: str, name: ImageFormat) -> None:
    shop.write(picture(kind))
    assert (await shop.fetch()).format is name


async def test_a_missing_file_and_a_missing_folder_are_told_apart(shop: Shop) -> None:
    assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_NOT_FOUND, "folder_missing")
    shop.report.parent.mkdir()
    error = await shop.refusal(Rejected)
    assert codes(error) == (Code.IMAGE_NOT_FOUND, "file_missing")
    assert error.facts["source"] == str(shop.report)


async def test_a_file_where_a_folder_should_be_is_a_missing_folder(shop: Shop) -> None:
    shop.report.parent.write_bytes(b"")
    assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_NOT_FOUND, "folder_missing")


async def test_a_name_that_no_disk_can_hold_is_missing(shop: Shop) -> None:
    path = shop.root / "relatorios" / ("x" * 300)
    assert codes(await shop.refusal(Rejected, path=path)) == (Code.IMAGE_NOT_FOUND, "file_missing")


async def test_a_report_that_may_not_be_read_says_so(shop: Shop) -> None:
    shop.write().chmod(0)
    with unprivileged():
        assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_NOT_FOUND, "no_permission")


async def test_yesterdays_report_is_refused_unless_the_owner_allows_it(shop: Shop) -> None:
    shop.write(age=timedelta(days=1))
    error = await shop.refusal(Rejected)
    shop.change(allow_old=True)
    report = await shop.fetch()
    assert error.code is Code.IMAGE_OLD
    assert error.facts == {"source": str(shop.report), "modified_at": report.modified_at.isoformat()}


async def test_a_send_of_yesterday_still_finds_its_own_report(shop: Shop) -> None:
    shop.write(age=timedelta(days=1))
    report = await shop.fetch(day=now().date() - timedelta(days=1))
    assert report.modified_at.astimezone().date() == now().date() - timedelta(days=1)


@pytest.mark.parametrize("moment", [-62_135_596_800.0, 0.0, 99_999_999_999.0])
async def test_a_file_time_out_of_all_bounds_is_no_crash(shop: Shop, moment: float) -> None:
    path = shop.write()
    os.utime(path, (moment, moment))
    error = await shop.refusal(Rejected)
    assert codes(error) == (Code.IMAGE_OLD, "future" if moment > 0 else None)
    shop.change(allow_old=True)
    assert (await shop.fetch()).modified_at.isoformat() == error.facts["modified_at"]


async def test_a_report_still_being_written_is_not_sent(shop: Shop) -> None:
    whole = picture()
    shop.write(b"")
    assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_INCOMPLETE, "empty")
    shop.write(whole[: len(whole) // 2])
    assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_INCOMPLETE, "cut_off")
    shop.write(whole)
    assert (await shop.fetch()).content == whole


@pytest.mark.parametrize("change", ["grow", "shrink", "rewrite"])
async def test_a_report_that_changes_while_it_is_read_is_not_sent(shop: Shop, change: str) -> None:
    path = shop.write()
    size = path.stat().st_size

    def meanwhile(_: object) -> None:
        if change == "rewrite":
            path.write_bytes(picture(width=480, height=320)[:size].ljust(size, b"\0"))
        else:
            os.truncate(path, size + 1 if change == "grow" else size - 1)

    with pytest.raises(Rejected) as refused:
        read_report(str(path), real=str(path), max_bytes=10_000_000, check_time=meanwhile)
    assert codes(refused.value) == (Code.IMAGE_INCOMPLETE, "changing")


async def test_a_report_replaced_while_it_is_read_is_read_whole(shop: Shop) -> None:
    path = shop.write()
    other = shop.write(picture("PNG"), path=shop.root / "novo.tmp")
    content, _ = read_report(
        str(path), real=str(path), max_bytes=10_000_000, check_time=lambda _: os.replace(other, path)
    )
    assert content == picture()


async def test_what_is_no_picture_is_refused(shop: Shop) -> None:
    shop.write(b"<html>erro</html>")
    assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_INVALID, "unknown_format")


async def test_a_report_beyond_the_limit_is_not_even_read(shop: Shop) -> None:
    path = shop.write()
    os.truncate(path, 1 << 40)
    os.utime(path, (now().timestamp(), now().timestamp()))
    error = await shop.refusal(Rejected)
    assert error.code is Code.IMAGE_TOO_LARGE
    assert (error.facts["size"], error.facts["limit"]) == (1 << 40, 15_000_000)
    shop.write()
    shop.change(max_bytes=len(picture()))
    assert (await shop.fetch()).content == picture()
    shop.change(max_bytes=len(picture()) - 1)
    assert (await shop.refusal(Rejected)).code is Code.IMAGE_TOO_LARGE


@pytest.mark.parametrize("kind", ["fifo", "folder", "socket", "device"])
async def test_what_is_not_a_plain_file_is_refused_without_waiting_for_it(
    shop: Shop, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.report.parent.mkdir()
    match kind:
        case "fifo":
            os.mkfifo(shop.report)
        case "folder":
            shop.report.mkdir()
        case "socket":
            with socket.socket(socket.AF_UNIX) as server:
                monkeypatch.chdir(shop.report.parent)  # an address holds no more than 107 bytes
                server.bind(shop.report.name)
        case "device":
            shop.change(template="/dev/{cnpj}", folders=("/dev",))
            assert codes(await shop.refusal(Rejected, path="/dev/zero")) == (Code.IMAGE_INVALID, "not_a_file")
            return
    assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_INVALID, "not_a_file")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("{root}/relatorios/../segredo.jpg", "parent"),
        ("relatorios/dia.jpg", "relative"),
        ("{root}/segredo.jpg", "outside"),
        ("/etc/passwd", "outside"),
        ("//servidor/relatorios/dia.jpg", "network"),
        (r"\\servidor\relatorios\dia.jpg", "network"),
        (r"\\?\C:\dia.jpg", "device"),
        ("{root}/relatorios/dia.jpg\0", "characters"),
        ("{root}/relatorios/\ud800", "characters"),
        ("", "empty"),
    ],
)
async def test_a_callers_file_outside_the_allowed_folders_is_refused(shop: Shop, path: str, reason: str) -> None:
    shop.write(path=shop.root / "segredo.jpg")
    with pytest.raises(Rejected) as refused:
        await shop.fetch(path=path.format(root=shop.root))
    assert codes(refused.value) == (Code.IMAGE_OUTSIDE, reason)


async def test_a_callers_file_inside_the_templates_folder_is_taken(shop: Shop) -> None:
    path = shop.write(path=shop.root / "relatorios" / "outro" / "hoje.jpg")
    assert (await shop.fetch(path=path)).source == str(path)


async def test_the_owners_list_of_folders_decides_for_callers_and_for_the_template(shop: Shop) -> None:
    path = shop.write(path=shop.root / "outra" / "hoje.jpg")
    shop.write()
    shop.change(folders=("relativa", str(shop.root / "outra")))
    assert (await shop.fetch(path=path)).source == str(path)
    assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_OUTSIDE, "outside")


@pytest.mark.parametrize("template", ["/{cnpj}.jpg", "http://servidor/{cnpj}.jpg", ""])
async def test_a_template_without_a_folder_of_its_own_allows_callers_no_file(shop: Shop, template: str) -> None:
    path = shop.write()
    shop.change(template=template)
    assert codes(await shop.refusal(Rejected, path=path)) == (Code.IMAGE_OUTSIDE, "no_folders")


async def test_a_template_at_the_root_of_a_disk_still_finds_its_own_file(shop: Shop) -> None:
    shop.change(template="/{cnpj}-nao-existe.jpg")
    assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_NOT_FOUND, "file_missing")


@pytest.mark.parametrize("link", ["file", "folder"])
async def test_a_link_that_leads_outside_is_refused(shop: Shop, link: str) -> None:
    secret = shop.write(path=shop.root / "segredos" / "RelatorioVendas.jpg")
    if link == "file":
        shop.report.parent.mkdir()
        shop.report.symlink_to(secret)
    else:
        shop.report.parent.symlink_to(secret.parent)
    assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_OUTSIDE, "outside")


async def test_links_that_stay_inside_are_followed(shop: Shop) -> None:
    shop.write(path=shop.root / "relatorios" / "de verdade" / "x.jpg")
    shop.report.parent.mkdir()
    shop.report.symlink_to("../de verdade/x.jpg")
    assert (await shop.fetch()).content == picture()


async def test_the_reports_folder_itself_may_be_a_link(shop: Shop) -> None:
    (shop.root / "relatorios").rename(shop.root / "disco2")
    (shop.root / "relatorios").symlink_to("disco2")
    shop.write()
    assert (await shop.fetch()).content == picture()


async def test_a_link_to_itself_leads_nowhere(shop: Shop) -> None:
    shop.report.parent.mkdir()
    shop.report.symlink_to(shop.report.name)
    assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_OUTSIDE, "outside")


def test_a_link_put_there_after_the_check_is_not_followed(shop: Shop) -> None:
    path = shop.write()
    real = locate(str(path), [str(shop.root / "relatorios")], allow_network=False)
    path.rename(shop.root / "segredo.jpg")
    path.symlink_to(shop.root / "segredo.jpg")
    with pytest.raises(Rejected) as refused:
        read_report(str(path), real=real, max_bytes=10_000_000, check_time=lambda _: None)
    assert codes(refused.value) == (Code.IMAGE_OUTSIDE, "outside")


def test_a_server_that_the_owner_did_not_name_is_never_asked() -> None:
    with pytest.raises(Rejected) as refused:
        locate(r"\\intruso\r\dia.jpg", [r"\\servidor\r"], allow_network=True, windows=True)
    assert codes(refused.value) == (Code.IMAGE_OUTSIDE, "outside")


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("", "empty"),
        ("/srv/relatorios/dia.jpg", "no_cnpj"),
        ("/srv/{CNPJ}/{cnpj}.jpg", "braces"),
        ("relatorios/{cnpj}.jpg", "relative"),
        (r"C:\relatorios\{cnpj}.jpg", "relative"),
        ("http:///{cnpj}.jpg", "address"),
    ],
)
async def test_a_template_that_cannot_work_is_named_as_the_cause(shop: Shop, template: str, reason: str) -> None:
    shop.change(template=template)
    with pytest.raises(Rejected) as refused:
        await shop.fetch()
    assert refused.value.code is Code.REPORT_NOT_CONFIGURED
    assert refused.value.facts == {"source": template, "reason": reason}


async def test_the_template_is_checked_live_with_the_folder_of_one_company(shop: Shop) -> None:
    assert shop.sources is not None
    check = await shop.sources.check_template(shop.settings.template)
    assert (check.faults, check.folder_exists, check.file_exists) == ((), False, False)
    shop.write(path=Path(check.example))
    check = await shop.sources.check_template(shop.settings.template)
    assert (check.folder_exists, check.file_exists) == (True, True)
    check = await shop.sources.check_template("{cnpj}")
    assert (check.faults, check.folder_exists) == (("relative",), None)


# What only Windows or a broken disk says, in the operating system's own numbers.
@pytest.mark.parametrize(
    ("number", "windows_number", "expected"),
    [
        (errno.ENOENT, 2, (Rejected, Code.IMAGE_NOT_FOUND, "file_missing")),
        (errno.EACCES, 5, (Rejected, Code.IMAGE_NOT_FOUND, "no_permission")),
        (errno.EACCES, 32, (Transient, Code.IMAGE_UNAVAILABLE, "in_use")),
        (errno.EACCES, 33, (Transient, Code.IMAGE_UNAVAILABLE, "in_use")),
        (errno.ENOENT, 53, (Transient, Code.IMAGE_UNAVAILABLE, "network")),
        (errno.ENOENT, 67, (Transient, Code.IMAGE_UNAVAILABLE, "network")),
        (errno.EACCES, 21, (Transient, Code.IMAGE_UNAVAILABLE, "network")),
        (errno.EINVAL, 1231, (Transient, Code.IMAGE_UNAVAILABLE, "network")),
        (errno.ELOOP, None, (Rejected, Code.IMAGE_OUTSIDE, "outside")),
        (errno.EIO, None, (Transient, Code.IMAGE_UNAVAILABLE, "disk")),
        (errno.ESTALE, None, (Transient, Code.IMAGE_UNAVAILABLE, "disk")),
        (errno.ETIMEDOUT, None, (Transient, Code.IMAGE_UNAVAILABLE, "disk")),
        (errno.EMFILE, None, (Transient, Code.IMAGE_UNAVAILABLE, "disk")),
    ],
)
def test_every_error_of_a_disk_says_whether_trying_again_may_help(
    number: int, windows_number: int | None, expected: tuple[type, Code, str]
) -> None:
    cause = OSError(number, os.strerror(number))
    if windows_number is not None:
        cause.winerror = windows_number  # type: ignore[attr-defined,unused-ignore]
    error = disk_error(cause, "dia.jpg", folder_exists=lambda: True)
    assert (type(error), error.code, error.facts["reason"]) == expected
    assert error.facts["source"] == "dia.jpg"


@pytest.mark.skipif(not can_mount(), reason="mounting a disk that hangs needs root and /dev/fuse")
async def test_a_disk_that_does_not_answer_is_given_up_at_the_deadline(shop: Shop, tmp_path: Path) -> None:
    shop.sources = ReportSources(lambda: shop.settings, now, disk_check=0.2)
    enough = shop.settings.deadline
    with HangingDisk(tmp_path / "rede") as disk:
        shop.change(template=f"{disk.mount}/{{cnpj}}.jpg", deadline=0.2)
        error = await shop.refusal(Transient)
        assert codes(error) == (Code.IMAGE_UNAVAILABLE, "no_answer")
        assert (await shop.sources.check_template(shop.settings.template)).folder_exists is None
        shop.change(template=str(shop.root / "relatorios" / "{cnpj}.jpg"), deadline=enough)
        assert codes(await shop.refusal(Rejected)) == (Code.IMAGE_NOT_FOUND, "file_missing")
