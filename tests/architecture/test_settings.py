import re

from portal.config import PREFIX, Settings
from tests.architecture.sources import ROOT, text_of


def test_every_setting_is_explained_and_nothing_else() -> None:
    example = text_of(ROOT / ".env.example")
    explained = re.findall(rf"^#? ?({PREFIX}\w+)=", example, re.MULTILINE)

    assert sorted(explained) == sorted(PREFIX + name.upper() for name in Settings.model_fields)


def test_the_explained_defaults_are_the_real_ones() -> None:
    example = text_of(ROOT / ".env.example")
    shown = dict(re.findall(rf"^# ({PREFIX}\w+)=(.*)$", example, re.MULTILINE))
    real = {
        PREFIX + name.upper(): str(field.default)
        for name, field in Settings.model_fields.items()
        if PREFIX + name.upper() in shown and isinstance(field.default, str | int) and field.default != ""
    }

    assert {name: shown[name] for name in real} == real
