from datetime import UTC, datetime

import pytest

from portal.replies.facts import Address, Problem
from portal.replies.unpacking import Unreadable, unpack
from tests.factories.hostile_mails import HEAD
from tests.replies.mails import mail


def body(data: bytes, content_type: str = "text/plain", encoding: str = "8bit") -> bytes:
    return (
        HEAD
        + f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        + data
    )


def parted(kind: str, *parts: bytes) -> bytes:
    inside = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return HEAD + f'Content-Type: multipart/{kind}; boundary="b"\r\n\r\n'.encode() + inside + b"--b--\r\n"


def test_the_headers_that_matching_and_judging_need_are_read() -> None:
    unpacked = unpack(
        b"Return-Path: <claire@maple.example>\r\nX-Original-To: reply+abc@portal.example\r\n"
        b"Authentication-Results: mx.portal.example; dmarc=pass\r\nReceived: by a\r\nReceived: by b\r\n"
        b"Authentication-Results: elsewhere; dmarc=fail\r\n"
        + mail(
            In_Reply_To="<1@portal.example>",
            References="<0@portal.example> <1@portal.example>",
            Cc="x@y.example",
        )
    )

    assert (unpacked.message_id, unpacked.in_reply_to) == (
        "<answer-1@maple.example>",
        ("<1@portal.example>",),
    )
    assert unpacked.references == ("<0@portal.example>", "<1@portal.example>")
    assert unpacked.author == (Address("Claire Dubois", "claire@maple.example"),)
    assert unpacked.cc == (Address("", "x@y.example"),)
    assert unpacked.envelope_to == ("reply+abc@portal.example",)
    assert unpacked.return_path == "claire@maple.example"
    assert unpacked.authentication_results == ("mx.portal.example; dmarc=pass", "elsewhere; dmarc=fail")
    assert (unpacked.hops, unpacked.sent_at) == (2, datetime(2027, 3, 1, 8, 30, tzinfo=UTC))


@pytest.mark.parametrize(("header", "expected"), [(b"Return-Path: <>\r\n", ""), (b"", None)])
def test_the_null_sender_is_not_the_same_as_no_sender(header: bytes, expected: str | None) -> None:
    assert unpack(header + mail()).return_path == expected


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        (b"=?utf-8?q?Zugang_f=C3=BCr_Ana?=", "Zugang für Ana"),
        (b"=?utf-8?b?WnVnYW5nIA==?=\r\n =?utf-8?b?ZsO8cg==?=", "Zugang für"),
        (b"=?iso-8859-1?q?=C7a?= va", "Ça va"),
        (b"Zugang f\xc3\xbcr Ana", "Zugang für Ana"),
        (b"Zugang f\xfcr Ana", "Zugang für Ana"),
        (b"=?nowhere?q?f=FCr?=", "für"),
        (b"=?utf-8?b?a?=", "=?utf-8?b?a?="),
        (b"one\r\n\ttwo", "one two"),
    ],
)
def test_a_subject_is_read_however_it_is_encoded(raw: bytes, subject: str) -> None:
    assert unpack(HEAD.replace(b"Re: Access", raw) + b"\r\nhello").subject == subject


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        ("für".encode(), "text/plain; charset=utf-8"),
        ("für".encode(), "text/plain"),
        ("für".encode(), "text/plain; charset=us-ascii"),
        ("für".encode("latin-1"), "text/plain; charset=iso-8859-1"),
        ("für".encode("latin-1"), "text/plain; charset=utf-8"),
        ("für".encode("latin-1"), "text/plain; charset=unheard-of"),
        ("für".encode("utf-16"), "text/plain; charset=utf-16"),
        ("für".encode(), "text/plain; charset=punycode"),
    ],
)
def test_text_is_read_whatever_charset_it_claims(data: bytes, content_type: str) -> None:
    assert unpack(body(data, content_type)).text == "für"


def test_what_windows_wrote_keeps_its_quotation_marks() -> None:
    assert (
        unpack(body(b"\x93sales\x94 \x96 50 \x80", "text/plain; charset=iso-8859-1")).text
        == "“sales” \u2013 50 €"
    )


def test_nul_and_an_mbox_line_and_blank_lines_at_the_start_are_dropped() -> None:
    assert (
        unpack(b"\r\n\r\nFrom claire@maple.example Mon Mar  1\r\n" + body(b"sa\0les\r\n")).text == "sales\n"
    )


def test_flowed_lines_are_joined_and_quoted_ones_among_themselves() -> None:
    text = b"Ana does \r\nsales.\r\n> Who is \r\n> Ana?\r\n-- \r\nClaire"

    assert (
        unpack(body(text, "text/plain; format=flowed")).text == "Ana does sales.\n> Who is Ana?\n-- \nClaire"
    )


def test_a_mail_in_html_alone_keeps_its_html() -> None:
    unpacked = unpack(body(b"<p>Sales</p>", "text/html"))

    assert (unpacked.text, unpacked.html) == ("", "<p>Sales</p>")


def test_pieces_of_text_around_an_attachment_are_read_as_one() -> None:
    unpacked = unpack(
        parted(
            "mixed",
            b"Content-Type: text/plain\r\n\r\nbefore",
            b'Content-Type: application/pdf; name="list.pdf"\r\n\r\n%PDF',
            b"Content-Type: text/html\r\n\r\n<p>after</p>",
        )
    )

    assert unpacked.text == "before\nafter"
    assert [(one.name, one.declared_type, one.size) for one in unpacked.attachments] == [
        ("list.pdf", "application/pdf", 4)
    ]


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("list.xlsx", "list.xlsx"),
        ("../../etc/passwd", "etc_passwd"),
        ("C:\\\\users\\\\list.csv", "C_users_list.csv"),
        ("invoice\u202efdp.exe", "invoice_fdp.exe"),
        ("...", "attachment-1.pdf"),
        ("a" * 300 + ".pdf", "a" * 108 + ".pdf"),
    ],
)
def test_the_name_of_an_attachment_is_safe(given: str, safe: str) -> None:
    part = f'Content-Type: application/pdf; name="{given}"\r\n\r\nx'.encode()

    assert [one.name for one in unpack(parted("mixed", part)).attachments] == [safe]


@pytest.mark.parametrize(
    "written",
    [
        'filename="Übersicht.csv"',
        "filename=Übersicht.csv",
        "filename*=utf-8''%C3%9Cbersicht.csv",
        "filename*=utf-8''Übersicht.csv",
        "filename*=iso-8859-1''%DCbersicht.csv",
        "filename*0*=utf-8''%C3%9Cber; filename*1=sicht.csv",
        'filename="=?utf-8?q?=C3=9Cbersicht.csv?="',
    ],
)
def test_the_name_of_an_attachment_is_kept_however_it_is_written(written: str) -> None:
    part = f"Content-Type: text/csv\r\nContent-Disposition: attachment; {written}\r\n\r\nx".encode()

    assert [one.name for one in unpack(parted("mixed", part)).attachments] == ["Übersicht.csv"]


def test_a_mail_within_the_mail_comes_along_as_a_file() -> None:
    inner = b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninside"

    assert [(one.name, one.content) for one in unpack(parted("mixed", inner)).attachments] == [
        ("attachment-1.eml", b"Subject: inner\n\ninside")
    ]


def test_text_beyond_the_limit_is_cut_and_said_so() -> None:
    unpacked = unpack(body(b"a" * 300_000))

    assert (len(unpacked.text), unpacked.is_cut) == (256 * 1024, True)


def test_a_header_beyond_the_limit_is_cut() -> None:
    assert len(unpack(HEAD.replace(b"Re: Access", b"a" * 10_000) + b"\r\nhello").subject) == 8 * 1024


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", Problem.BROKEN),
        (b"no header at all", Problem.BROKEN),
        (HEAD + b"X-Long: " + b"a" * 300_000 + b"\r\n\r\nhello", Problem.TOO_MANY_HEADERS),
        (parted("mixed", *([b"\r\nx"] * 101)), Problem.TOO_MANY_PARTS),
        (HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 21 + b"x", Problem.TOO_DEEP),
    ],
)
def test_a_mail_beyond_a_limit_is_unreadable(raw: bytes, problem: Problem) -> None:
    with pytest.raises(Unreadable) as raised:
        unpack(raw)

    assert raised.value.problem is problem
