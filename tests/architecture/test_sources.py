import ast
import hashlib
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import PORTAL, ROOT, modules, name_of, templates, text_of, tree_of

MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 40
MOST_LINES_OF_A_VIEW = 25

# What is longer than that, and why.
LONG: dict[str, str] = {}

# Where SQL may be written by hand, and why.
RAW_SQL = {
    "portal/core/db.py": "statistics of SQLite, in every agency",
}

# Where a pattern may hold an @, and what it finds there; addresses of people are found in one module alone.
PATTERNS_WITH_AT = {
    "portal/inbox/matching.py": "envelope senders of ours",
    "portal/mail/message.py": "Message-IDs",
    "portal/mail/reply_addresses.py": "reply addresses of ours",
}

each_module = pytest.mark.parametrize("path", [pytest.param(path, id=name_of(path)) for path in modules()])


def comments(path: Path) -> list[str]:
    with path.open("rb") as source:
        return [
            token.string for token in tokenize.tokenize(source.readline) if token.type == tokenize.COMMENT
        ]


def functions(path: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef)]


def lines_of(node: ast.FunctionDef) -> int:
    docstring = ast.get_docstring(node, clean=False)
    return node.end_lineno - node.lineno - (docstring.count("\n") + 1 if docstring else 0)


def test_headers_of_htmx_are_known_to_one_module() -> None:
    assert [name_of(path) for path in modules() if "HX-" in text_of(path)] == ["portal/web/fragments.py"]


def test_the_longest_modules_and_functions_are_known() -> None:
    long = {name_of(path) for path in modules() if text_of(path).count("\n") > MOST_LINES}
    for path in modules():
        most = MOST_LINES_OF_A_VIEW if path.stem.endswith("views") else MOST_LINES_OF_A_FUNCTION
        long |= {f"{name_of(path)}:{node.name}" for node in functions(path) if lines_of(node) > most}

    assert long == set(LONG)


def patterns(path: Path) -> Iterator[str]:
    """What is compiled or searched with ``re``, as it is written."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).startswith("re."):
            yield ast.unparse(node.args[0])


def finds_at(pattern: str) -> bool:
    """Tell whether a pattern finds an @ between others; in a class it is one sign among many."""
    return "@" in re.sub(r"\[[^\]]*\]", "", pattern)


def test_addresses_in_text_are_found_by_one_module() -> None:
    with_at = {name_of(path) for path in modules() if any(map(finds_at, patterns(path)))}

    assert with_at == PATTERNS_WITH_AT.keys()


def calls_by_name(path: Path, name: str) -> bool:
    return any(
        isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Attribute) and node.func.attr == name)
            or (isinstance(node.func, ast.Name) and node.func.id == name)
        )
        for node in ast.walk(tree_of(path))
    )


def imports_text(path: Path) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("sqlalchemy")
        and "text" in {alias.name for alias in node.names}
        for node in ast.walk(tree_of(path))
    )


def test_sql_is_written_by_hand_only_where_no_agency_is_touched() -> None:
    by_hand = {
        name_of(path)
        for path in modules()
        if not path.is_relative_to(PORTAL / "demo" / "emulator")
        if calls_by_name(path, "exec_driver_sql") or imports_text(path) or "sa.text(" in text_of(path)
    }

    assert by_hand == set(RAW_SQL)


@each_module
def test_nothing_is_left_to_do(path: Path) -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")

    assert [comment for comment in comments(path) if marks.search(comment)] == []


def test_templates_and_scripts_have_nothing_left_to_do() -> None:
    files = [*templates(), *(ROOT / "static").glob("*.js"), *(ROOT / "static").glob("*.css")]

    assert [name_of(path) for path in files if re.search(r"\b(TODO|FIXME)\b", text_of(path))] == []


def test_every_rule_that_is_left_out_has_its_reason() -> None:
    settings = text_of(ROOT / "pyproject.toml")
    section = settings[settings.index("[tool.ruff.lint]") : settings.index("[tool.ruff.lint.pydocstyle]")]
    rules = [line.strip() for line in section.splitlines() if re.match(r'\s+"[A-Z]+\d*",', line)]

    assert [line for line in rules if not re.search(r"# .{8,}", line)] == []


def test_assets_from_elsewhere_are_what_their_list_says() -> None:
    folder = ROOT / "static" / "vendor"
    rows = re.findall(r"\| ([\w./-]+) \|.*\| ([0-9a-f]{64}) \|", text_of(folder / "README.md"))
    listed = dict(rows)
    there = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.suffix in {".js", ".css"}
    }

    assert there == listed


def test_every_folder_of_assets_from_elsewhere_has_its_licence() -> None:
    folder = ROOT / "static" / "vendor"

    assert [path.name for path in folder.iterdir() if path.is_dir() and not (path / "LICENSE").exists()] == []


def test_every_icon_that_is_named_is_there() -> None:
    icons = {path.stem for path in (ROOT / "static" / "vendor" / "tabler-icons").glob("*.svg")}
    named = {name for path in templates() for name in re.findall(r'icon\("([a-z0-9-]+)"', text_of(path))}

    assert named - icons == set()


def test_no_address_of_a_registry_stands_in_a_lock_file() -> None:
    locks = ["requirements.lock", "requirements-dev.lock"]

    assert [lock for lock in locks if "://" in text_of(ROOT / lock)] == []


def test_the_lock_for_developers_repeats_the_lock_for_everybody() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9][^ ]*==[^ ]+", text_of(ROOT / name), re.MULTILINE))

    assert pins("requirements.lock") - pins("requirements-dev.lock") == set()
