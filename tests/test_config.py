import base64
from pathlib import Path

import pytest

from portal.config import Settings, SettingsError, load_settings

GOOD = {
    "PORTAL_BASE_URL": "https://portal.example.com/",
    "PORTAL_SECRET_KEY": "s" * 32,
    "PORTAL_AUDIT_KEY": "a" * 32,
    "PORTAL_ENCRYPTION_KEYS": base64.b64encode(b"k" * 32).decode(),
    "PORTAL_SMTP_HOST": "mail.example.com",
    "PORTAL_MAIL_FROM": "portal@example.com",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"PORTAL_{name.upper()}", raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def refusal() -> str:
    with pytest.raises(SettingsError) as error:
        load_settings()
    return str(error.value)


def test_good_settings_are_read() -> None:
    settings = load_settings()

    assert (settings.base_url, settings.uses_tls) == ("https://portal.example.com", True)


def test_every_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTAL_SECRET_KEY")
    monkeypatch.delenv("PORTAL_SMTP_HOST")

    assert [line for line in refusal().splitlines() if line.startswith("- ")] == [
        "- PORTAL_SECRET_KEY is missing",
        "- PORTAL_SMTP_HOST is missing",
    ]


def test_a_misspelt_setting_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_SMPT_HOST", "mail.example.com")

    assert refusal() == "Unknown settings: PORTAL_SMPT_HOST. Remove them, or correct the spelling."


def test_a_misspelt_setting_in_the_file_stops_the_start_too() -> None:
    Path(".env").write_text("PORTAL_MAIL_FORM=portal@example.com\n")

    assert refusal() == "Unknown settings: PORTAL_MAIL_FORM. Remove them, or correct the spelling."


def test_a_short_key_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_SECRET_KEY", "tooshort")

    assert "PORTAL_SECRET_KEY must have at least 32 characters" in refusal()
    assert "tooshort" not in refusal()


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORTAL_SMTP_HOST", "mail.example.com"), ("PORTAL_HUBSPOT_URL", "https://api.hubapi.com")],
)
def test_a_demo_refuses_whatever_is_not_on_this_machine(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_MODE", "demo")
    monkeypatch.setenv("PORTAL_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("PORTAL_HUBSPOT_URL", "http://127.0.0.1:8001")
    load_settings()
    monkeypatch.setenv(name, value)

    assert "in demo mode nothing may leave this machine" in refusal()


MICROSOFT = {
    "PORTAL_SMTP_OAUTH": "microsoft-app",
    "PORTAL_SMTP_USERNAME": "portal@example.com",
    "PORTAL_SMTP_OAUTH_TENANT": "contoso",
    "PORTAL_SMTP_OAUTH_CLIENT_ID": "id",
    "PORTAL_SMTP_OAUTH_CLIENT_SECRET": "value",
}
IMAP = {"PORTAL_IMAP_HOST": "imap.example.com", "PORTAL_IMAP_USERNAME": "in@example.com"}


def test_oauth_for_imap_may_use_the_settings_for_smtp(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**MICROSOFT, **IMAP, "PORTAL_IMAP_OAUTH": "microsoft"}.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.oauth_details("imap") == settings.oauth_details("smtp")

    monkeypatch.setenv("PORTAL_IMAP_OAUTH_TENANT", "another")
    assert "PORTAL_IMAP_OAUTH_CLIENT_ID is missing" in refusal()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"PORTAL_SMTP_PASSWORD": "x"}, "PORTAL_SMTP_PASSWORD and PORTAL_SMTP_OAUTH are both set"),
        ({"PORTAL_SMTP_USERNAME": ""}, "PORTAL_SMTP_USERNAME is missing"),
        ({"PORTAL_SMTP_OAUTH_TENANT": ""}, "PORTAL_SMTP_OAUTH_TENANT is missing"),
        ({"PORTAL_SMTP_OAUTH_CLIENT_SECRET": ""}, "PORTAL_SMTP_OAUTH_CLIENT_SECRET is missing"),
        ({"PORTAL_SMTP_OAUTH": ""}, "PORTAL_SMTP_OAUTH_TENANT is set, but PORTAL_SMTP_OAUTH is not"),
        ({"PORTAL_SMTP_OAUTH": "yahoo"}, "PORTAL_SMTP_OAUTH Input should be '', 'microsoft-app'"),
        ({"PORTAL_SMTP_SECURITY": "none"}, "would send the OAuth token unencrypted"),
        ({"PORTAL_SMTP_OAUTH_TOKEN_URL": "http://t.example"}, "TOKEN_URL must begin with https://"),
        ({"PORTAL_IMAP_OAUTH": "microsoft-app"}, "PORTAL_IMAP_HOST is missing"),
        ({**IMAP, "PORTAL_IMAP_OAUTH": "google"}, "PORTAL_IMAP_OAUTH_CLIENT_ID is missing"),
    ],
)
def test_oauth_settings_that_do_not_fit_together_stop_the_start(
    changes: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**MICROSOFT, **changes}.items():
        monkeypatch.setenv(name, value)

    assert words in refusal()


def test_a_demo_asks_no_vendor_for_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    local = {"PORTAL_MODE": "demo", "PORTAL_HUBSPOT_URL": "http://127.0.0.1:8001"}
    for name, value in {**MICROSOFT, **local, "PORTAL_SMTP_HOST": "127.0.0.1"}.items():
        monkeypatch.setenv(name, value)

    assert "PORTAL_SMTP_OAUTH_TOKEN_URL is that of microsoft-app" in refusal()
