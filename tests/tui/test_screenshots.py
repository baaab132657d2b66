"""The screenshots of the README show the current app."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCREENSHOTS = Path(__file__).parents[2] / "screenshots"


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_screenshots", SCREENSHOTS / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


SCRIPT = _script()


@pytest.fixture(autouse=True)
def _own_host(monkeypatch: pytest.MonkeyPatch) -> None:
    from csrtui.fleet.tui import pair_list
    from csrtui.tui.screens import main

    for module, name in ((main, "hostname"), (pair_list, "load_fleet"), (pair_list, "read_hosts")):
        monkeypatch.setitem(vars(module), name, vars(module)[name])


OFTEN, OTHER, *_ = SCRIPT.PICTURES
"""The picture that every test run draws, and another one. A picture takes seconds."""


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(one, id=one.name, marks=() if one is OFTEN else pytest.mark.slow)
        for one in SCRIPT.PICTURES
    ],
)
async def test_the_screenshot_shows_the_current_app(picture: object) -> None:
    drawn = await SCRIPT.draw(picture)
    assert SCRIPT.stale(picture, drawn) is None, "run screenshots/make.py"
    assert SCRIPT.stale(OFTEN if picture is OTHER else OTHER, drawn) is not None, "a different one is noticed"
