"""Mails made to do harm: each stalls, or fills the memory of, some program that reads mail."""

import base64
from collections.abc import Callable, Mapping
from random import Random
from typing import Final

MEGABYTE: Final = 1024 * 1024
HEAD: Final = (
    b"From: a@client.example\r\nTo: b@portal.example\r\n"
    b"Subject: Re: Access\r\nMessage-ID: <1@client.example>\r\n"
)


def _text(body: bytes, kind: bytes = b"text/plain; charset=utf-8", more: bytes = b"") -> bytes:
    return HEAD + b"Content-Type: " + kind + b"\r\n" + more + b"\r\n" + body


def _nested(depth: int) -> bytes:
    opened = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (at, at) for at in range(depth)
    )
    return HEAD + opened + b"Content-Type: text/plain\r\n\r\nhello\r\n"


def _nested_mails(depth: int) -> bytes:
    return HEAD + b"Content-Type: message/rfc822\r\n\r\n" * depth + b"hello\r\n"


def _parts(count: int) -> bytes:
    return (
        HEAD
        + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        + b"--b\r\n\r\nx\r\n" * count
        + b"--b--\r\n"
    )


def _report(blocks: int) -> bytes:
    status = (
        b"Action: failed\r\nFinal-Recipient: rfc822; " + b"a" * 50 + b"@b.example\r\nStatus: 5.1.1\r\n\r\n"
    )
    return (
        HEAD
        + b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n'
        + b"Content-Type: message/delivery-status\r\n\r\n"
        + status * blocks
        + b"--b--\r\n"
    )


def _html(body: bytes) -> bytes:
    return _text(body, b"text/html; charset=utf-8")


def _daemon(body: bytes) -> bytes:
    return (
        _text(body)
        .replace(b"a@client.example", b"mailer-daemon@client.example", 1)
        .replace(b"Re: Access", b"failure notice")
    )


MAKERS: Final[Mapping[str, Callable[[], bytes]]] = {
    "parts nested 5,000 deep": lambda: _nested(5000),
    "parts nested 300 deep": lambda: _nested(300),
    "mails nested 5,000 deep": lambda: _nested_mails(5000),
    "200,000 parts": lambda: _parts(200_000),
    "a header of 20 MB": lambda: HEAD + b"X-Long: " + b"a" * (20 * MEGABYTE) + b"\r\n\r\nhello",
    "200,000 headers": lambda: HEAD + b"X-Many: a\r\n" * 200_000 + b"\r\nhello",
    "headers of 250 KB in one part": lambda: HEAD + b"X-Long: " + b"a " * 120_000 + b"\r\n\r\nhello",
    "a header folded 100,000 times": lambda: HEAD + b"X-Folded: a" + b"\r\n a" * 60_000 + b"\r\n\r\nhello",
    "addresses in nested comments": lambda: b"From: " + b"(" * 200_000 + b"\r\n" + HEAD + b"\r\nhello",
    "addresses without end": lambda: b"Cc: " + b"<a@b.example>, " * 15_000 + b"\r\n" + HEAD + b"\r\nhello",
    "quotes without end": lambda: b'To: "' + b'\\"' * 100_000 + b"\r\n" + HEAD + b"\r\nhello",
    "parameters without end": lambda: _text(b"hello", b"text/plain" + b"; a*%d=b" * 20_000),
    "quoted semicolons": lambda: _text(b"hello", b'text/plain; charset="' + b'";"' * 60_000),
    "continued parameters": lambda: _text(
        b"hello",
        b"text/plain",
        b"Content-Disposition: attachment"
        + b"".join(b"; filename*%d*=a" % at for at in range(9000))
        + b"\r\n",
    ),
    "encoded words without end": lambda: (
        b"Subject: " + b"=?utf-8?q?=41?= " * 12_000 + b"\r\n" + HEAD + b"\r\nhello"
    ),
    "half an encoded word": lambda: b"Subject: " + b"=?a?q?" * 40_000 + b"\r\n" + HEAD + b"\r\nhello",
    "references without end": lambda: b"References: " + b"<a@b>" * 50_000 + b"\r\n" + HEAD + b"\r\nhello",
    "a date of digits": lambda: b"Date: " + b"9" * 200_000 + b"\r\n" + HEAD + b"\r\nhello",
    "base64 of 24 MB": lambda: _text(
        base64.encodebytes(b"a" * (17 * MEGABYTE)), b"text/plain", b"Content-Transfer-Encoding: base64\r\n"
    ),
    "base64 that is none": lambda: _text(
        b"=" * (5 * MEGABYTE), b"text/plain", b"Content-Transfer-Encoding: base64\r\n"
    ),
    "an attachment of 24 MB": lambda: _text(
        base64.encodebytes(b"\0" * (17 * MEGABYTE)),
        b"application/zip",
        b"Content-Transfer-Encoding: base64\r\n",
    ),
    "quoted-printable of equal signs": lambda: _text(
        b"=" * (10 * MEGABYTE), b"text/plain", b"Content-Transfer-Encoding: quoted-printable\r\n"
    ),
    "uuencode without end": lambda: _text(
        b"begin 644 a\n" + b"M" * (10 * MEGABYTE), b"text/plain", b"Content-Transfer-Encoding: x-uuencode\r\n"
    ),
    "24 MB of text": lambda: _text(b"On 1 March Tom <a@b.example> wrote:\n> hello\n" * 500_000),
    "24 MB of empty lines": lambda: _text(b"\n" * (24 * MEGABYTE)),
    "one line of 24 MB": lambda: _text(b"a" * (24 * MEGABYTE)),
    "a line of spaces": lambda: _text(b" " * 250_000 + b"x"),
    "lines that may introduce": lambda: _text(b"On\n" * 80_000),
    "signs of quotation": lambda: _text(b">" * 250_000),
    "lines of signs": lambda: _text(b"> > > >\n" * 30_000),
    "headers as text": lambda: _text(b"From: a@b.example\n" * 14_000),
    "names without end": lambda: _text(b"Ana Bea Carla " * 18_000),
    "a list without end": lambda: _text(b"- Ana Silva <ana@client.example>: sales\n" * 6000),
    "addresses as text": lambda: _text(b"a@" + b"a." * 120_000),
    "rules": lambda: _text(b"- " * 120_000 + b"x"),
    "dots and digits": lambda: _text(b"1.1." * 60_000),
    "opened brackets": lambda: _text(b"<[(" * 80_000),
    "entities": lambda: _text(b"> &gt;" * 40_000),
    "flowed lines": lambda: _text(b"a \n" * 2_000_000, b"text/plain; format=flowed"),
    "charset punycode": lambda: _text(b"a-" + b"b" * 200_000, b"text/plain; charset=punycode"),
    "charset idna": lambda: _text(b"a." * 100_000, b"text/plain; charset=idna"),
    "charset utf-7": lambda: _text(b"+" + b"A" * 250_000, b"text/plain; charset=utf-7"),
    "charset of a thousand letters": lambda: _text(b"h\xff", b'text/plain; charset="' + b"x" * 1000 + b'"'),
    "elements nested 200,000 deep": lambda: _html(b"<div>" * 200_000 + b"x"),
    "quotations nested 20,000 deep": lambda: _html(b"<blockquote>x" * 20_000),
    "tables in tables": lambda: _html(b"<table><tr><td>x" * 15_000),
    "lists in lists": lambda: _html(b"<ul><li>x" * 25_000),
    "20 MB of HTML": lambda: _html(b"<p>hello" * (20 * MEGABYTE // 8)),
    "an element of a thousand attributes": lambda: _html(b"<p " + b"a=b " * 60_000 + b">x"),
    "a style without end": lambda: _html(b"<p style='" + b"display : " * 25_000 + b"'>x"),
    "links without end": lambda: _html(b"<a href='mailto:a@b.example'>x" * 8000),
    "an unclosed comment": lambda: _html(b"<!--" * 60_000),
    "entities in HTML": lambda: _html(b"&lt;" * 60_000),
    "a class of many words": lambda: _html(b"<p class='" + b"gmail_quot " * 20_000 + b"'>x"),
    "a report of 100,000 recipients": lambda: _report(100_000),
    "a notice without end": lambda: _daemon(b"<a@b.example>:\n" * 100_000),
    "a notice of one line": lambda: _daemon(b"a" * (4 * MEGABYTE)),
    "a notice of addresses": lambda: _daemon(
        b"Your message to a@b.example could not be delivered 550 5.1.1 \n" * 40_000
    ),
    "nothing": lambda: b"",
    "NUL": lambda: b"\0" * MEGABYTE,
    "noise": lambda: Random(1).randbytes(MEGABYTE),  # noqa: S311 - noise, no secret
    "noise under headers": lambda: _text(Random(2).randbytes(MEGABYTE), b"text/html"),  # noqa: S311
}


def damaged(mail: bytes, chance: Random) -> bytes:
    """The mail with some bytes changed, cut out, doubled or moved."""
    data = bytearray(mail)
    for _ in range(chance.randrange(1, 12)):
        at, length = chance.randrange(len(data) + 1), chance.randrange(1, 60)
        piece = bytes(data[at : at + length])
        kind = chance.randrange(5)
        if kind == 0:
            data[at : at + length] = chance.randbytes(length)
        elif kind == 1:
            del data[at : at + length]
        elif kind == 2:
            data[at:at] = piece * chance.randrange(1, 30)
        elif kind == 3:
            data[at:at] = chance.choice(
                (b"\r\n\r\n", b"\0", b"--", b'"', b"=?utf-8?b?", b"\xff\xfe", b";", b"<", b"boundary=")
            )
        else:
            other = chance.randrange(len(data) + 1)
            data[other:other] = piece
    return bytes(data)
