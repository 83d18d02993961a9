"""The product's own files, read once for all tests about its shape."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PORTAL = ROOT / "portal"
TEMPLATES = ROOT / "templates"


@cache
def modules() -> tuple[Path, ...]:
    """Return every module of the product."""
    return tuple(sorted(PORTAL.rglob("*.py")))


@cache
def templates() -> tuple[Path, ...]:
    """Return every HTML template."""
    return tuple(sorted(TEMPLATES.rglob("*.html")))


@cache
def text_of(path: Path) -> str:
    """Return what a file says."""
    return path.read_text(encoding="utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    """Return a module as Python reads it."""
    return ast.parse(text_of(path))


def name_of(path: Path) -> str:
    """Return how messages call a file."""
    return str(path.relative_to(ROOT))


def dotted(path: Path) -> str:
    """Return the name a module is imported by."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    """Return every module and name that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found
