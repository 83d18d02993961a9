"""A room's shelves: views | jobs, forms, actions, queries | mails | pdf, models, states."""

import ast
from pathlib import Path

import pytest

from tests.architecture.sources import PORTAL, dotted, imports_of, modules, name_of, tree_of

SHELVES = (("states",), ("models",), ("queries", "mails", "pdf"), ("actions",), ("forms",), ("views", "jobs"))
HEIGHT = {shelf: height for height, shelves in enumerate(SHELVES) for shelf in shelves}
WEB = {"flask", "flask_login", "flask_mail", "flask_wtf", "wtforms", "werkzeug", "portal.web"}
# What queries read lists with, and what mails name a page of the portal by.
BELOW_THE_VIEWS = ("portal.web.paging", "portal.web.addresses")
BELOW_FORMS = {"states", "models", "queries", "mails", "pdf", "actions"}

# Who may know the web below the views, and why.
KNOWS_THE_WEB = {
    "portal/agencies/models.py": "Flask-Login asks a mixin of whoever signs in",
}
COMMITS = {
    "portal/app.py": "the one commit of a request",
    "portal/jobs/work.py": "the one commit of a step of a job",
}


def shelf_of(module: str) -> str | None:
    """Return the shelf a module of a room stands on: its name, or the end of it (``answer_views``)."""
    parts = module.split(".")
    last = parts[2] if len(parts) > 2 else ""
    return next((shelf for shelf in HEIGHT if last == shelf or last.endswith(f"_{shelf}")), None)


def room_of(module: str) -> str:
    return ".".join(module.split(".")[:2])


def shelved() -> list[tuple[Path, str, str]]:
    found = [(path, dotted(path), shelf_of(dotted(path))) for path in modules()]
    return [(path, module, shelf) for path, module, shelf in found if shelf]


@pytest.mark.parametrize(("path", "module", "shelf"), [pytest.param(*row, id=row[1]) for row in shelved()])
def test_a_shelf_reads_only_from_those_to_its_right(path: Path, module: str, shelf: str) -> None:
    wrong = [
        name
        for name in imports_of(path)
        if room_of(name) == room_of(module)
        and (other := shelf_of(name))
        and other != shelf
        and HEIGHT[other] >= HEIGHT[shelf]
    ]

    assert wrong == []


def test_nobody_imports_the_views_or_forms_of_another_room() -> None:
    wrong = [
        f"{name_of(path)} imports {name}"
        for path in modules()
        for name in imports_of(path)
        if name.startswith("portal.")
        and room_of(name) != room_of(dotted(path))
        and room_of(name) != "portal.web"
        and shelf_of(name) in {"views", "forms"}
    ]

    assert wrong == []


def test_the_web_is_known_to_views_and_forms_alone() -> None:
    knowing = {
        name_of(path)
        for path, module, shelf in shelved()
        if shelf in BELOW_FORMS
        and room_of(module) != "portal.web"
        and any(
            name.split(".")[0] in WEB or room_of(name) in WEB
            for name in imports_of(path)
            if not name.startswith(BELOW_THE_VIEWS)
        )
    }

    assert knowing == set(KNOWS_THE_WEB)


def test_views_and_forms_hold_no_sql() -> None:
    wrong = [
        name_of(path)
        for path, _, shelf in shelved()
        if shelf in {"views", "forms"}
        and any(name.startswith("sqlalchemy") or name == "portal.core.db.db" for name in imports_of(path))
    ]

    assert wrong == []


def test_only_the_request_and_the_step_of_a_job_commit() -> None:
    committing = {
        name_of(path)
        for path in modules()
        if not path.is_relative_to(PORTAL / "demo" / "emulator")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    }

    assert committing == set(COMMITS)


def test_no_room_is_named_after_what_does_not_fit_elsewhere() -> None:
    vague = {"util", "utils", "helpers", "common", "base", "manager"}

    assert [name_of(path) for path in modules() if path.stem in vague or path.parent.name in vague] == []
