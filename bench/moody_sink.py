"""An SMTP server with moods: it puts mails off, refuses them, or takes them without saying so."""

import email
import random
import re
import socketserver
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default

PUTS_OFF, REFUSES, LOSES_ITS_ANSWER = 0.03, 0.01, 0.02
DELAY = 0.02  # seconds before it says whether it takes a mail, so that a worker can be killed meanwhile


@dataclass
class Taken:
    """A mail that the server took, and is answerable for."""

    message_id: str
    recipient: str
    links: list[str]


@dataclass
class MoodySink:
    """What it took, how often which mood struck, and whether it has moods at all."""

    rng: random.Random
    has_moods: bool = True
    taken: list[Taken] = field(default_factory=list)
    moods: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def judge(self, recipient: str, raw: bytes) -> str:
        """Return what to say to a whole mail; nothing at all where it is taken and the answer lost."""
        time.sleep(DELAY)
        with self.lock:
            luck = self.rng.random() if self.has_moods else 1.0
            if luck < PUTS_OFF:
                return self._mood("put off", "451 later")
            if luck < PUTS_OFF + REFUSES:
                return self._mood("refused", "550 not for us")
            self.taken.append(_read(recipient, raw))
            if luck < PUTS_OFF + REFUSES + LOSES_ITS_ANSWER:
                return self._mood("taken without a word", "")
            return self._mood("taken", "250 taken")

    def times_taken(self) -> Counter[str]:
        """Return how often each Message-ID was taken."""
        with self.lock:
            return Counter(mail.message_id for mail in self.taken)

    def _mood(self, name: str, answer: str) -> str:
        self.moods[name] += 1
        return answer


class SinkServer(socketserver.ThreadingTCPServer):
    """The sink on a free port of this machine."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, sink: MoodySink) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.sink = sink

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of workers that were killed while they spoke to us."""


class _Conversation(socketserver.StreamRequestHandler):
    server: SinkServer

    def handle(self) -> None:
        recipient = ""
        self._say("220 ready")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "RCPT":
                recipient = re.sub(r".*<(.*)>.*", r"\1", line)
            if word == "QUIT":
                self._say("221 bye")
                return
            self._say("354 go on" if word == "DATA" else "250 fine")
            if word == "DATA" and not self._take(recipient):
                return

    def _take(self, recipient: str) -> bool:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line.removeprefix(b"."))
        answer = self.server.sink.judge(recipient, b"".join(lines))
        if answer:
            self._say(answer)
        return bool(answer)

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")


def _read(recipient: str, raw: bytes) -> Taken:
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    links = re.findall(r"/r/[\w.-]+", body.get_content() if body else "")
    return Taken(str(message["Message-ID"]), recipient, links)
