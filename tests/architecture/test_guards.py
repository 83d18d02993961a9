import pytest

from bench.guards import GUARDS, Guard
from tests.architecture.sources import ROOT


@pytest.mark.parametrize("guard", [pytest.param(guard, id=guard.what) for guard in GUARDS])
def test_what_is_taken_out_to_try_the_tests_is_there(guard: Guard) -> None:
    text = (ROOT / guard.file).read_text()

    assert guard.without(text) != text
