import pytest

from portal.mail import domains
from portal.mail.domains import Question, Record, Verdict, from_stored, is_proven, look_up
from tests.fixtures.dns import NameServer

QUESTION = Question("agency.example", "portal-sender=tok", "s1", "mail.portal.example", "smtp.example")
OWNER, KEY = "_portal.agency.example", "s1._domainkey.agency.example"
GOOD = {
    OWNER: ["v=other", "portal-sender=tok"],
    KEY: ["v=DKIM1; k=rsa; p=MIGfMA0"],
    "_dmarc.agency.example": ["v=DMARC1; p=quarantine"],
    "mail.portal.example": ["some-site=x", "v=spf1 include:_spf.example ~all"],
}


def verdicts(server: NameServer) -> dict[Record, Verdict]:
    return {finding.record: finding.verdict for finding in look_up(QUESTION, server.resolver())}


def test_a_domain_with_all_records_is_fine_and_proven(name_server: NameServer) -> None:
    name_server.texts = GOOD

    findings = look_up(QUESTION, name_server.resolver())

    assert {finding.verdict for finding in findings} == {Verdict.FINE}
    assert is_proven(findings) is True
    assert sorted(name_server.asked) == sorted(GOOD)


def test_an_empty_domain_is_told_what_to_publish_where(name_server: NameServer) -> None:
    findings = look_up(QUESTION, name_server.resolver())

    assert [(finding.verdict, finding.host, finding.wanted) for finding in findings] == [
        (Verdict.MISSING, OWNER, "portal-sender=tok"),
        (Verdict.MISSING, KEY, "v=DKIM1; k=rsa; p=…"),
        (Verdict.MISSING, "_dmarc.agency.example", "v=DMARC1; p=none"),
        (Verdict.MISSING, "mail.portal.example", "v=spf1 a:smtp.example ~all"),
    ]
    assert is_proven(findings) is False


@pytest.mark.parametrize(
    ("record", "host", "texts", "verdict"),
    [
        (Record.OWNER, OWNER, ["portal-sender=another"], Verdict.MISSING),
        (Record.DKIM, KEY, ["v=DKIM1; p="], Verdict.WRONG),
        (Record.DKIM, KEY, ["nonsense"], Verdict.WRONG),
        (Record.DMARC, "_dmarc.agency.example", ["v=DMARC1; p=none"] * 2, Verdict.FINE),
        (Record.DMARC, "_dmarc.agency.example", ["v=DMARC1; p=none", "v=DMARC1; p=reject"], Verdict.WRONG),
        (Record.DMARC, "_dmarc.agency.example", ["v=DMARC10"], Verdict.MISSING),
        (Record.SPF, "mail.portal.example", ["v=spf1 -all", "v=spf1 ~all"], Verdict.WRONG),
        (Record.SPF, "mail.portal.example", ["v=spf10 -all"], Verdict.MISSING),
    ],
)
def test_a_record_that_will_not_do_is_told_apart(
    record: Record, host: str, texts: list[str], verdict: Verdict, name_server: NameServer
) -> None:
    name_server.texts = {**GOOD, host: texts}

    assert verdicts(name_server)[record] is verdict


def test_a_long_key_in_parts_is_read_as_one(name_server: NameServer) -> None:
    key = "v=DKIM1; k=rsa; p=" + "M" * 392
    name_server.texts = {**GOOD, KEY: [key]}

    found = {finding.record: finding for finding in look_up(QUESTION, name_server.resolver())}

    assert (found[Record.DKIM].verdict, found[Record.DKIM].found) == (Verdict.FINE, (key,))


def test_a_name_server_that_is_silent_says_nothing(
    name_server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domains, "SECONDS", 0.2)
    name_server.texts, name_server.silent = GOOD, {OWNER}

    findings = look_up(QUESTION, name_server.resolver())

    assert findings[0].verdict is Verdict.UNKNOWN
    assert is_proven(findings) is None


@pytest.mark.parametrize("domain", ["a..b", "x" * 64 + ".example", "ü" * 300])
def test_a_name_that_is_none_is_unknown(domain: str, name_server: NameServer) -> None:
    question = Question(domain, "o", "s1", "mail.portal.example", "smtp.example")

    assert look_up(question, name_server.resolver())[0].verdict is Verdict.UNKNOWN


def test_findings_are_stored_and_read_again(name_server: NameServer) -> None:
    name_server.texts = GOOD

    for finding in look_up(QUESTION, name_server.resolver()):
        assert from_stored(finding.as_stored()) == finding


def test_every_finding_has_words(app_texts: None) -> None:
    for record in Record:
        for verdict in Verdict:
            if (record, verdict) == (Record.OWNER, Verdict.WRONG):
                continue  # it is there or not
            assert str(domains.Finding(record, verdict, "h", "w").words)
