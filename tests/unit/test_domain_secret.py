"""A secret is shown to nobody who does not ask for it by name."""

from desktop.domain.secret import Credentials, Secret


def test_a_secret_shows_itself_in_no_text() -> None:
    credentials = Credentials("erp", Secret("s3gredo"))
    for shown in (repr(credentials), str(credentials), f"{credentials.password}", f"{credentials.password!r}"):
        assert "s3gredo" not in shown
        assert "***" in shown
    assert credentials.password.reveal() == "s3gredo"
