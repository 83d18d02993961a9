"""The portal's pages beside a floor and beside two admins, on both databases, over 1 and 8 connections.

python -m bench.pages [--database sqlite] [--seconds 2] [--contestant portal] [--page home]

Contestants: the portal as README says it is run; the floor, the same pages by hand (see
``bench/contestants/floor.py`` for what is in it and what is not); Django's admin and Flask-Admin over the
same tables, installed into ``var/bench/venv``. All are served by granian with one worker a core; the
floor and the admins with one blocking thread, the portal behind its buffer for bodies. All stand on the
same database of 10,000 accounts and 1,000,000 users, made by
``flask seed`` and kept for the next run. They are asked in turns, so that a busy machine is busy for
all of them; what counts is the ratio. ``cpu`` is what the server's processes spent on a request, and
suffers least from others at work; it leaves out PostgreSQL's own processes.

The change of one row is the form of a contact, sent as htmx sends it: the row and its entry in the trail.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote, urlencode

import click
import httpx
import sqlalchemy as sa

from bench.ground import KEPT, ROOT, Ground, ground
from bench.load import HOST, Ask, Taken, burst
from portal.demo.supervisor import free_port
from portal.web.paging import Cursor

VENV = KEPT / "venv"
ADMINS = ("django", "flask-admin", "flask", "sqlalchemy", "flask-sqlalchemy", "psycopg[binary]")
WORKERS = os.cpu_count() or 2
TICKS = os.sysconf("SC_CLK_TCK")
ROUNDS = 4
TOO_SLOW = 1000  # milliseconds; what takes longer over one connection is not asked over eight
WARM_UP = 0.7  # seconds for each page, so that every worker has its templates and statements
PART_OF_A_NAME = "spedit"
PART_OF_AN_ADDRESS = "anna.k"
ADMIN = ("bench", "bench-password")

Asks = Mapping[str, Ask]


@dataclass(frozen=True, slots=True)
class Sample:
    """What the pages are asked about: an account of usual size, its contact, and where page 100 begins."""

    account_id: int
    slug: str
    contact_id: int
    email: str
    after: tuple[str, int]


@dataclass(frozen=True, slots=True)
class Contestant:
    """Who is asked: how it is served, and its pages, given its port and the portal's cookie."""

    name: str
    target: str
    asks: Callable[[int, str, Sample], Asks]
    python: Path = Path(sys.executable)
    interface: str = "wsgi"


def portal_asks(port: int, cookie: str, about: Sample) -> Asks:
    """Ask the portal's own pages."""
    contact = f"/accounts/{about.slug}/contacts/{about.contact_id}"
    return {
        **_with(cookie, _pages(about, after=f"page={Cursor(about.after)}")),
        "change of one row": _change(port, contact, cookie, about, as_htmx=True),
    }


def floor_asks(port: int, cookie: str, about: Sample) -> Asks:
    """Ask the same addresses."""
    contact = f"/accounts/{about.slug}/contacts/{about.contact_id}"
    name, last = about.after
    return {
        **_with(cookie, _pages(about, after=f"after={quote(f'{name},{last}')}")),
        "change of one row": _change(port, contact, cookie, about),
    }


def _pages(about: Sample, after: str) -> dict[str, str]:
    return {
        "home": "/",
        "accounts, page 1": "/accounts",
        "accounts, page 100": f"/accounts?{after}",
        "accounts by part of a name": f"/accounts?q={PART_OF_A_NAME}",
        "accounts by health": "/accounts?health=broken",
        "users of an account": f"/accounts/{about.slug}/users",
        "users by part of an address": f"/users?text={quote(PART_OF_AN_ADDRESS)}",
    }


def django_asks(port: int, _cookie: str, about: Sample) -> Asks:
    """Ask the lists and forms of Django's admin, signed in as its superuser."""
    with httpx.Client(base_url=f"http://{HOST}:{port}", follow_redirects=True) as browser:
        fields = _fields(browser.get("/admin/login/").text)
        username, password = ADMIN
        browser.post("/admin/login/", data={**fields, "username": username, "password": password})
        cookie = _as_header(browser)
    pages = {
        "home": "/admin/",
        "accounts, page 1": "/admin/auth/account/",
        "accounts, page 100": "/admin/auth/account/?p=100",
        "accounts by part of a name": f"/admin/auth/account/?q={PART_OF_A_NAME}",
        "accounts by health": "/admin/auth/account/?health__exact=broken",
        "users of an account": f"/admin/auth/crmuser/?account__id__exact={about.account_id}",
        "users by part of an address": f"/admin/auth/crmuser/?q={quote(PART_OF_AN_ADDRESS)}",
    }
    contact = f"/admin/auth/contact/{about.contact_id}/change/"
    return {**_with(cookie, pages), "change of one row": _change(port, contact, cookie, about)}


def flask_admin_asks(port: int, cookie: str, about: Sample) -> Asks:
    """Ask the lists and forms of Flask-Admin."""
    pages = {
        "home": "/admin/",
        "accounts, page 1": "/admin/accounts/",
        "accounts, page 100": "/admin/accounts/?page=99",
        "accounts by part of a name": f"/admin/accounts/?search={PART_OF_A_NAME}",
        "accounts by health": f"/admin/accounts/?{FLASK_ADMIN_HEALTH}",
        "users of an account": f"/admin/users/?flt0_0={about.account_id}",
        "users by part of an address": f"/admin/users/?search={quote(PART_OF_AN_ADDRESS)}",
    }
    contact = f"/admin/contacts/edit/?id={about.contact_id}"
    return {**_with(cookie, pages), "change of one row": _change(port, contact, cookie, about)}


FLASK_ADMIN_HEALTH = "flt0_7=broken"  # the eighth of its filters: health equals
CONTESTANTS = (
    Contestant("portal", "wsgi:asgi", portal_asks, interface="asginl"),
    Contestant("floor", "bench.contestants.floor:app", floor_asks),
    Contestant("Django admin", "bench.contestants.django_admin:app", django_asks, VENV / "bin" / "python"),
    Contestant("Flask-Admin", "bench.contestants.flask_admin:app", flask_admin_asks, VENV / "bin" / "python"),
)


def _with(cookie: str, pages: Mapping[str, str]) -> dict[str, Ask]:
    return {name: Ask(path, {"Cookie": cookie}) for name, path in pages.items()}


def _change(port: int, path: str, cookie: str, about: Sample, *, as_htmx: bool = False) -> Ask:
    """Return the form at an address, filled with one name and then another."""
    page = httpx.get(f"http://{HOST}:{port}{path}", headers={"Cookie": cookie}).raise_for_status()
    fields = {**_fields(page.text), "email": about.email, "language": "en", "may_approve": "y"}
    cookies = dict(part.split("=", 1) for part in cookie.split("; ")) | dict(page.cookies)
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    if as_htmx:
        headers["HX-Request"] = "true"
    bodies = [urlencode({**fields, "name": f"Ana Silva {turn}"}) for turn in range(2)]
    return Ask(path, headers, bodies, (200,) if as_htmx else (302, 303))


def _fields(page: str) -> dict[str, str]:
    """Return the hidden fields of a page's forms; tokens among them."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    found += re.findall(r'<input id="\w+" name="(csrf_token)" type="hidden" value="([^"]*)"', page)
    return {name: value for name, value in found if "token" in name}


def _as_header(browser: httpx.Client) -> str:
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


def sign_in(port: int, place: Ground) -> str:
    """Sign the owner in to the portal and return the cookie."""
    email, password = place.credentials
    with httpx.Client(base_url=f"http://{HOST}:{port}") as browser:
        fields = _fields(browser.get("/sign-in").text)
        answer = browser.post("/sign-in", data={**fields, "email": email, "password": password})
        assert answer.status_code == 303, answer.text
        browser.get("/").raise_for_status()  # it gives the session its token, which a browser keeps
        return _as_header(browser)


def sample(place: Ground) -> Sample:
    """Choose an account with just over a hundred users, or with the most there are."""
    url = place.url.replace("postgresql://", "postgresql+psycopg://")
    with sa.create_engine(url).connect() as connection:
        one = connection.execute(
            sa.text(
                "SELECT a.id, a.slug, c.id, c.email FROM accounts a JOIN contacts c ON c.account_id = a.id"
                " WHERE a.users_count >= 100 ORDER BY a.users_count, a.id, c.id LIMIT 1"
            )
        ).one()
        rows = connection.execute(
            sa.text("SELECT sort_name, id FROM accounts ORDER BY sort_name, id LIMIT 4950")
        )
        return Sample(*one, after=tuple(rows.all()[-1]))


@contextmanager
def served(contestant: Contestant, place: Ground) -> Iterator[tuple[int, int]]:
    """Serve a contestant; gives its port and the id of its process."""
    port = free_port(HOST, 0)
    size = ["--workers", str(WORKERS), "--log-level", "error"]
    if contestant.interface == "wsgi":
        size += ["--blocking-threads", "1"]
    serve = ["-m", "granian", "--interface", contestant.interface, "--host", HOST, "--port", str(port)]
    command = [contestant.python, *serve]
    process = subprocess.Popen(
        [*command, *size, contestant.target], env=place.environment, cwd=ROOT, start_new_session=True
    )
    try:
        _wait(port, process)
        yield port, process.pid
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # there is nothing to lose
        process.wait()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit("a contestant did not start")
        try:
            httpx.get(f"http://{HOST}:{port}/nowhere", timeout=30)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("a contestant did not answer")


def processor(pid: int) -> float:
    """Return the seconds of processor that a process and those it started have spent."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    spent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, spent)) / TICKS + sum(processor(int(child)) for child in children)


def install_admins() -> None:
    """Put the admins into their own virtual environment, once."""
    if (VENV / "installed").exists():
        return
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, VENV], check=True)
    install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", VENV / "bin" / "python"]
    subprocess.run([*install, *ADMINS, f"granian=={version('granian')}"], check=True)
    (VENV / "installed").touch()


def measure(place: Ground, contestants: list[Contestant], pages: tuple[str, ...], seconds: float) -> None:
    """Serve all, ask them in turns, and print a table for each number of connections."""
    with ExitStack() as stack:
        running = {one.name: stack.enter_context(served(one, place)) for one in contestants}
        cookie, about = sign_in(running["portal"][0], place), sample(place)
        asks = {one.name: one.asks(running[one.name][0], cookie, about) for one in contestants}
        chosen = [page for page in asks["portal"] if not pages or any(part in page for part in pages)]
        too_slow: set[tuple[str, str]] = set()
        for connections in (1, 8):
            taken = {(page, one.name): Taken() for page in chosen for one in contestants}
            for page, name in taken.keys() - too_slow:
                burst(running[name][0], asks[name][page], WORKERS, WARM_UP, Taken())
            for _round in range(ROUNDS):
                for (page, name), so_far in taken.items():
                    if (page, name) not in too_slow:
                        port, pid = running[name]
                        before = processor(pid)
                        burst(port, asks[name][page], connections, seconds / ROUNDS, so_far)
                        so_far.processor += processor(pid) - before
            report(place, connections, taken)
            too_slow = {key for key, one in taken.items() if one.each and one.part(0.5) > TOO_SLOW}


def report(place: Ground, connections: int, taken: Mapping[tuple[str, str], Taken]) -> None:
    """Print what was measured as a table, with each contestant's median as a multiple of the portal's."""
    print(f"\n{place.database}, {connections} connection{'s' if connections > 1 else ''}\n")
    print("| page | who | p50 ms | p95 ms | requests/s | cpu ms | kB | p50 / portal's | cpu / portal's |")
    print("|---|---|---|---|---|---|---|---|---|")
    for (page, name), one in taken.items():
        if one.each:
            own = taken[page, "portal"]
            ratio = f"{one.part(0.5) / own.part(0.5):.2f} | {one.cost / own.cost:.2f}"
            print(
                f"| {page} | {name} | {one.part(0.5):.1f} | {one.part(0.95):.1f} | {one.rate:.0f}"
                f" | {one.cost:.1f} | {one.size / 1000:.0f} | {ratio} |"
                + (f" {one.failed} failed" if one.failed else ""),
                flush=True,
            )


@click.command()
@click.option("--database", "databases", multiple=True, default=("sqlite", "postgresql"))
@click.option("--contestant", "names", multiple=True, default=tuple(one.name for one in CONTESTANTS))
@click.option("--page", "pages", multiple=True, help="Part of a page's name; all pages without.")
@click.option("--seconds", default=2.0, help="For each page, contestant and number of connections.")
@click.option("--accounts", default=10_000)
@click.option("--users", default=1_000_000)
def main(
    databases: tuple[str, ...],
    names: tuple[str, ...],
    pages: tuple[str, ...],
    seconds: float,
    accounts: int,
    users: int,
) -> None:
    """Measure the portal's pages beside others."""
    contestants = [one for one in CONTESTANTS if one.name == "portal" or one.name in names]
    if any(one.python != Path(sys.executable) for one in contestants):
        install_admins()
    for database in databases:
        with ground(database, accounts, users) as place:
            if any(one.name == "Django admin" for one in contestants):
                command = [VENV / "bin" / "python", "-m", "bench.contestants.django_admin"]
                subprocess.run(command, env=place.environment, cwd=ROOT, check=True)
            measure(place, contestants, pages, seconds)


if __name__ == "__main__":
    main()
