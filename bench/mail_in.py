"""Does every mail that comes in end in exactly one way, however often whoever fetches it is killed?

``.venv/bin/python bench/mail_in.py [--mails 2000] [--kills 200]``: a mailbox at a real IMAP server is filled,
10 % of the mails twice and 5 % hostile. A poller that also judges is killed at random moments and started
again. Then all that was stored is counted against all that was put in. Ends with 1 if a mail is missing, is
there twice, or the sum does not add up.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from email.parser import BytesHeaderParser
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from sqlalchemy import select

from portal.agencies import scope
from portal.agencies.models import Agency
from portal.app import create_app
from portal.config import Settings
from portal.core.db import db, may_write
from portal.inbox import ledger
from portal.inbox.models import Arrival, InboundMail
from portal.jobs import work
from tests.fixtures.dovecot import HOST, PASSWORD, ImapAccount, running_dovecot
from tests.fixtures.portal import make_settings
from tests.inbox.letters import letter

HOSTILE = (
    lambda number: letter("x", Message_ID=f"<hostile-{number}@x>", X_Filler="a" * 300_000),
    lambda number: letter("(" * 60_000, Message_ID=f"<hostile-{number}@x>", To="(" * 6_000),
    lambda number: b"\xff\xfe\x00" * 2_000 + str(number).encode(),
    lambda number: letter(
        "--b\r\n" * 3_000, Message_ID=f"<hostile-{number}@x>", Content_Type='multipart/mixed; boundary="b"'
    ),
    lambda number: letter("\x00<" * 20_000, Message_ID=f"<hostile-{number}@x>", Content_Type="text/html"),
)


def letters(count: int) -> list[bytes]:
    """Return so many mails, some of them hostile, and some twice."""
    made = [
        HOSTILE[number % len(HOSTILE)](number)
        if number % 20 == 0
        else letter(f"Mail {number}", Message_ID=f"<mail-{number}@client.example>")
        for number in range(count)
    ]
    made += random.sample(made, count // 10)
    random.shuffle(made)
    return made


def settings(folder: Path, port: int) -> Settings:
    """Return those of a portal that fetches its mail from the server at this port."""
    return make_settings(
        folder,
        jobs_url="memory://",
        inbound_domain="in.portal.example",
        imap_host=HOST,
        imap_port=port,
        imap_security="none",
        imap_username="bench",
        imap_password=PASSWORD,
    )


def poller(folder: Path, port: int) -> None:
    """Poll and judge until the mailbox is empty and nothing waits; killed at any moment."""
    from datetime import timedelta

    from portal.inbox import jobs, polling

    polling.LEASE = timedelta(0)  # who was killed a moment ago must not make us wait for two minutes
    jobs.TRY_AGAIN = timedelta(0)
    jobs.MOST_TRIES = 10_000  # killed is not failed
    app = create_app(settings(folder, port))
    while True:
        work.run(app, work.Nudge("inbox.poll", None))
        app.extensions["jobs"].drain()
        for nudge in [each for each in work.find_left_behind(app) if each.name == "inbox.judge"]:
            work.run(app, nudge)
        with app.app_context(), scope.every_agency(reason="a look at the sum"):
            if not ledger.take_stock().waiting and (folder / "filled").exists():
                (folder / "done").touch()


def check(folder: Path, port: int, put_in: list[bytes]) -> bool:
    """Count what is stored against what was put in."""
    expected = Counter(_name(raw) for raw in put_in)
    app = create_app(settings(folder, port))
    with app.app_context(), scope.every_agency(reason="the sum is that of all"):
        stock = ledger.take_stock()
        stored = Counter(_name(raw) for raw in db.session.scalars(select(InboundMail.raw)))
        keys = db.session.scalars(select(Arrival.key)).all()
    print({str(fate): count for fate, count in stock.fates.items() if count})
    print(f"put in {len(put_in)}, stored {stock.deliveries}, waiting {stock.waiting}")
    is_whole = expected == stored and len(keys) == len(put_in)
    print(f"each stored once: {is_whole}; the sum adds up: {stock.adds_up}")
    return is_whole and stock.adds_up and not stock.waiting


def _name(raw: bytes) -> str:
    return BytesHeaderParser().parsebytes(raw[:100_000]).get("Message-ID", "") or str(hash(raw))


def main() -> int:
    """Fill, kill, count."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mails", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--poller", nargs=2)
    given = parser.parse_args()
    if given.poller:
        poller(Path(given.poller[0]), int(given.poller[1]))
    folder = Path(tempfile.mkdtemp(prefix="portal-bench-"))
    (folder / "dovecot").mkdir()
    folder.chmod(0o755)
    program = shutil.which("dovecot") or "/usr/sbin/dovecot"
    try:
        with running_dovecot(program, folder / "dovecot") as port:
            return int(not _run(folder, port, given.mails, given.kills))
    finally:
        shutil.rmtree(folder)


def _run(folder: Path, port: int, mails: int, kills: int) -> bool:
    app = create_app(settings(folder, port))
    with app.app_context(), scope.every_agency(reason="set-up"):
        may_write()
        db.create_all()
        db.session.add(Agency(name="Bench"))
        db.session.commit()
    put_in = letters(mails)
    ImapAccount(port, "bench").put(*put_in)
    (folder / "filled").touch()
    began, killed = time.monotonic(), 0
    while not (folder / "done").exists():
        command = [sys.executable, __file__, "--poller", str(folder), str(port)]
        process = subprocess.Popen(command, start_new_session=True)
        deadline = time.monotonic() + (random.uniform(1.0, 4.0) if killed < kills else 600)
        while time.monotonic() < deadline and not (folder / "done").exists():
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if not (folder / "done").exists():
            killed += 1
    print(f"{killed} kills in {time.monotonic() - began:.0f} s")
    return check(folder, port, put_in)


if __name__ == "__main__":
    sys.exit(main())
