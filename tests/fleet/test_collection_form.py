"""The collection is well-formed for Ansible and ansible-galaxy: documentation, version, wheel and sdist."""

from __future__ import annotations

import ast
import hashlib
import re
import runpy
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from ansible_modules import COLLECTION, MODULES, Modules
from command import ROOT
from packaging.requirements import Requirement

from csrtui import __version__
from csrtui.core.base.finding import CaKind, Purpose
from csrtui.core.keys.key_types import KeyType
from csrtui.core.servers.platforms import PLATFORMS

if TYPE_CHECKING:
    from pathlib import Path

ROLE = COLLECTION / "roles" / "csrtui"


def documentation(file: Path, name: str = "DOCUMENTATION") -> Any:
    """Return a documentation text of a plugin without running the plugin."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == name:
            return yaml.safe_load(ast.literal_eval(node.value))
    raise AssertionError(f"{file} has no {name}")


def documented(module: str) -> dict[str, Any]:
    text = documentation(COLLECTION / "plugins" / "modules" / f"{module}.py")
    shared = documentation(COLLECTION / "plugins" / "doc_fragments" / "host.py")
    assert text["extends_documentation_fragment"] == ["csrtui.csrtui.host"]
    return {**shared["options"], **text["options"]}


def plain(options: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of options that both the documentation and the code contain."""
    return {
        name: {
            "type": option["type"],
            "elements": option.get("elements"),
            "required": option.get("required", False),
            "default": option.get("default"),
            "choices": option.get("choices"),
            "options": plain(option.get("options", option.get("suboptions", {}))),
        }
        for name, option in options.items()
    }


@pytest.mark.parametrize("name", MODULES)
def test_the_options_of_a_module_are_those_that_its_documentation_has(
    modules: Modules, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    taken: dict[str, Any] = {}

    class Stop(Exception):  # noqa: N818 - it is no error
        pass

    def take(**arguments: Any) -> None:
        taken.update(arguments)
        raise Stop

    module = modules.get(name)
    monkeypatch.setattr(module, "AnsibleModule", take)
    with pytest.raises(Stop):
        module.main()
    assert plain(taken["argument_spec"]) == plain(documented(name))
    assert taken["supports_check_mode"] is True


def test_the_choices_are_those_of_csrtui() -> None:
    options = documented("pair")
    assert options["key"]["choices"] == list(KeyType)
    assert (
        options["platform"]["choices"]
        == documented("certificate")["export_for"]["choices"]
        == list(PLATFORMS)
    )
    assert options["purpose"]["choices"] == list(Purpose)
    assert options["ca"]["choices"] == list(CaKind)


@pytest.mark.parametrize("name", MODULES)
def test_examples_use_existing_options(name: str) -> None:
    file = COLLECTION / "plugins" / "modules" / f"{name}.py"
    for task in documentation(file, "EXAMPLES"):
        for module in MODULES:
            assert set(task.get(f"csrtui.csrtui.{module}") or {}) <= set(documented(module))


def test_the_group_of_shared_options_names_all_modules() -> None:
    runtime = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text())
    assert sorted(runtime["action_groups"]["csrtui"]) == sorted(MODULES)
    assert sorted(path.stem for path in (COLLECTION / "plugins" / "modules").glob("*.py")) == sorted(MODULES)


def test_collection_role_and_csrtui_have_the_same_version() -> None:
    galaxy = yaml.safe_load((COLLECTION / "galaxy.yml").read_text())
    specs = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
    options = specs["argument_specs"]["main"]["options"]
    assert galaxy["version"] == options["csrtui_version"]["default"] == __version__
    assert {name: option["default"] for name, option in options.items()} == defaults


def test_what_runs_on_hosts_is_python_3_8() -> None:
    for file in (COLLECTION / "plugins").rglob("*.py"):
        ast.parse(file.read_text(), feature_version=(3, 8))


@pytest.mark.slow
def test_wheel_and_sdist_have_the_whole_collection(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="skipped because hatchling is not installed")
    script = "import hatchling.build as b, sys; print(b.build_wheel(sys.argv[1]), b.build_sdist(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    wheel, sdist = done.stdout.split()[-2:]
    wanted = {
        str(path.relative_to(ROOT))
        for path in COLLECTION.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= set(zipfile.ZipFile(tmp_path / wheel).namelist())
    with tarfile.open(tmp_path / sdist) as packed:
        assert wanted <= {name.partition("/")[2] for name in packed.getnames()}


def test_the_lock_files_have_the_hashes_of_every_library() -> None:
    locked = _locked_versions(ROLE / "files" / "requirements.txt")
    with_fleet = _locked_versions(ROOT / ".ci" / "fleet-requirements.txt")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for text in [*project["dependencies"], *extras["age"]]:
        requirement = Requirement(text)
        assert requirement.specifier.contains(locked[requirement.name]), text
    assert locked.items() <= with_fleet.items()
    for requirement in map(Requirement, extras["fleet"]):
        assert requirement.specifier.contains(with_fleet[requirement.name])


def _locked_versions(path: Path) -> dict[str, str]:
    """Return the version of each library in a lock file, in which every library has hashes."""
    lock = path.read_text()
    locked = {}
    for entry in re.split(r"\n(?=\S)", lock.replace("\\\n", " ").strip()):
        match = re.fullmatch(r"([a-z0-9-]+)==(\S+)((?: +--hash=sha256:[0-9a-f]{64})+)\s*", entry)
        assert match, entry
        locked[match[1]] = match[2]
    return locked


def test_the_role_makes_a_wheel_of_the_csrtui_of_the_controller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Metadata:
        version = __version__

        def read_text(self, name: str) -> str:
            return f"text of {name}\n"

    monkeypatch.setattr("importlib.metadata.distribution", lambda _name: Metadata())
    script = runpy.run_path(str(ROLE / "files" / "make_wheel.py"))
    with pytest.raises(SystemExit, match=r"csrtui 9\.9\.9 is not installed"):
        script["make_wheel"]("9.9.9", tmp_path)
    script["make_wheel"](__version__, tmp_path)
    with zipfile.ZipFile(tmp_path / f"csrtui-{__version__}-py3-none-any.whl") as wheel:
        about = f"csrtui-{__version__}.dist-info"
        names = set(wheel.namelist())
        assert {
            "csrtui/__init__.py",
            "csrtui/docs/files.md",
            f"{about}/METADATA",
            f"{about}/entry_points.txt",
        } <= names
        assert not any("__pycache__" in name for name in names)
        recorded = [line.split(",") for line in wheel.read(f"{about}/RECORD").decode().splitlines()]
        assert {row[0] for row in recorded} == names
        digest = hashlib.sha256(wheel.read("csrtui/__init__.py")).digest()
        assert ["csrtui/__init__.py", "sha256=" + urlsafe_b64encode(digest).rstrip(b"=").decode()] in [
            row[:2] for row in recorded
        ]
