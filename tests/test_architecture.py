"""The architecture: four layers, their permitted imports, and readable modules."""

from __future__ import annotations

import ast
import json
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from command import ROOT, environment, run_process
from pty_session import PtySession

from csrtui.cli.new_pairs_table import COLUMNS
from csrtui.cli.parser import COMMANDS, build_parser
from csrtui.core.keys.key_types import KeyType

PACKAGE = ROOT / "csrtui"
FILES = sorted(PACKAGE.rglob("*.py"))
NAMES = [".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in FILES]
MODULES = [name for name in NAMES if ".ansible_collections." not in name]
"""Without the files that Ansible runs on hosts, which are imported differently."""
CORE = [name for name in MODULES if name.startswith("csrtui.core")]
SCREENS = ("csrtui.tui", "csrtui.fleet.tui", "csrtui.__main__")
NOT_SCREENS = [name for name in MODULES if not name.startswith(SCREENS)]
README = ROOT / "README.md"

IMPORTED = """
import json, os, sys
before = set(sys.modules)
sys.argv = ["csrtui", *json.loads(sys.argv[1])]
sys.stdout = open(os.devnull, "w")
sys.stderr = open(os.devnull, "w")
from csrtui.__main__ import main
main()
sys.__stdout__.write(json.dumps(sorted({name.partition(".")[0] for name in set(sys.modules) - before})))
"""
FIRST_PICTURE = """
import json, os, sys
import csrtui.tui
from textual.app import App
from csrtui.tui.patches.painter import Painter
paint, seen = Painter.paint, sys.argv[1]
def first(self, *arguments):
    painted = paint(self, *arguments)
    if "Common name" in painted:
        with open(seen, "w") as file:
            json.dump(sorted(sys.modules), file)
        os._exit(0)
    return painted
Painter.paint = first
sys.argv = ["csrtui", "--store", sys.argv[2]]
from csrtui.__main__ import main
main()
"""
PURE = """
import importlib, sys, time
sys.dont_write_bytecode = True
for heavy in ("cryptography.hazmat.asn1", "cryptography.x509", "idna", "iso3166", "tomlkit"):
    importlib.import_module(heavy)
touched = []
def watch(event, arguments):
    if event == "open":
        path = str(arguments[0])
        if not path.endswith((".py", ".pyc", ".so")):
            touched.append(f"{event} {path}")
    elif event.startswith(("subprocess", "socket", "os.system", "os.mkdir", "os.remove", "os.rename", "tempfile")):
        touched.append(event)
def clock(*_):
    touched.append("clock")
    return 0.0
for name in ("time", "time_ns"):
    setattr(time, name, clock)
sys.addaudithook(watch)
for name in sys.argv[1:]:
    importlib.import_module(name)
print("\\n".join(touched))
"""


def python(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


@pytest.mark.skipif(not (PACKAGE / "fleet").is_dir(), reason="the contracts name csrtui.fleet")
def test_each_layer_imports_only_the_layers_below_it() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    if not lint.exists():
        pytest.skip("import-linter is not installed")
    done = subprocess.run(
        [str(lint), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout


def test_without_the_folder_of_the_fleet_all_other_commands_work(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "csrtui", ignore=shutil.ignore_patterns("__pycache__", "fleet"))
    env = environment(tmp_path / "store") | {"PYTHONPATH": str(tmp_path)}

    def csrtui(*arguments: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "csrtui", *arguments]
        return subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    assert " fleet " not in csrtui("--help").stdout
    assert csrtui("new", "a.com").returncode == 0
    assert "a.com" in csrtui("list").stdout
    assert csrtui("doctor").returncode == 0
    gone = csrtui("fleet", "list")
    assert (gone.returncode, "unknown command 'fleet'" in gone.stderr) == (2, True)


def test_importing_the_core_opens_no_file_and_reads_no_clock() -> None:
    assert python(PURE, *CORE) == "\n"


def test_the_watch_over_the_core_would_notice_a_file_and_a_clock(tmp_path: Path) -> None:
    (tmp_path / "impure_module.py").write_text("import time; time.time(); open('/etc/passwd').close()")
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{PURE}"
    assert python(script, "impure_module").split("\n")[:2] == ["clock", "open /etc/passwd"]


def test_importing_all_modules_below_the_screens_imports_no_screens() -> None:
    script = (
        "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\n"
        "print(sorted({'textual', 'rich', 'csrtui.tui'} & set(sys.modules)))"
    )
    assert python(script, *NOT_SCREENS) == "[]\n"


@cache
def dependencies() -> frozenset[str]:
    """Return the imported top-level modules that belong neither to csrtui nor to Python."""
    return frozenset(
        {"cryptography", "idna", "iso3166", "platformdirs", "publicsuffixlist", "textual", "rich", "tomlkit"}
    )


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (["--help"], set()),
        (["list", "--help"], set()),
        (["list"], set()),
        (["list", "--json"], set()),
        (["show", "nobody.com"], set()),
        (["check", "intranet"], {"cryptography"}),
        (["check", "www.mydomain.com"], {"cryptography"}),
        (["check", "bücher.com"], {"cryptography", "idna"}),
        (["check", "mydomain.com", "-C", "GB"], {"cryptography"}),
        (["check", "mydomain.com", "-C", "UK"], {"cryptography", "iso3166"}),
        (["new", "www.mydomain.com"], {"cryptography"}),
    ],
)
def test_a_command_imports_only_what_it_needs(tmp_path: Path, arguments: list[str], needed: set[str]) -> None:
    (tmp_path / "store").mkdir(mode=0o700)
    store = ["--store", str(tmp_path / "store")]
    imported = json.loads(python(IMPORTED, json.dumps([*store, *arguments])))
    found = dependencies() & set(imported)
    assert found == needed
    third_party = (
        set(imported) - set(sys.stdlib_module_names) - dependencies() - {"csrtui", "_cffi_backend", "cffi"}
    )
    assert {name for name in third_party if not name.startswith(("_", "cython"))} == set()
    assert {"tempfile", "logging", "asyncio"} & set(imported) == set()
    assert arguments[0] != "new" or {"dataclasses", "shlex"} & set(imported) == set()


def test_the_first_picture_imports_no_more_than_it_shows(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    (tmp_path / "store").mkdir(mode=0o700)
    argv = [sys.executable, "-c", FIRST_PICTURE, str(seen), str(tmp_path / "store")]
    with PtySession(argv, env={"CSRTUI_CONFIG": str(tmp_path / "none"), "PYTHONPATH": str(ROOT)}) as terminal:
        assert terminal.wait_exit() == 0
    loaded = set(json.loads(seen.read_text()))
    third_party = {name.partition(".")[0] for name in loaded} & dependencies()
    assert third_party == {"textual", "rich", "platformdirs"}  # Textual imports platformdirs itself
    for late in (
        "advice.advisor",
        "names.name",
        "names.public_suffixes",
        "subject.countries",
        "config.settings",
        "keys.passphrase_quality",
        "certificates.certificate",
    ):
        assert f"csrtui.core.{late}" not in loaded
    for late in (
        "tasks.request_spec",
        "tasks.new",
        "tasks.prefill",
        "tui.panes.keystore",
        "tui.widgets.line_list",
    ):
        assert f"csrtui.{late}" not in loaded
    assert "csrtui.tui.modals.questions" not in loaded
    assert {"tomllib", "sqlite3"} & loaded == set()


def test_list_reads_no_key_and_knows_no_cryptography_with_pairs_in_the_store(tmp_path: Path) -> None:
    store = tmp_path / "store"
    assert run_process("new", "mydomain.com", store=store).status == 0
    imported = set(json.loads(python(IMPORTED, json.dumps(["--store", str(store), "list"]))))
    assert dependencies() & imported == set()
    # The slowest modules of Python; dataclasses imports inspect, and argparse imports shutil.
    assert {"dataclasses", "inspect", "shutil", "hashlib", "ipaddress", "sqlite3"} & imported == set()


# Readable modules


def test_a_module_has_a_docstring_and_is_not_too_long() -> None:
    public = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for file, (source, tree) in parsed().items():
        assert ast.get_docstring(tree), file
        assert len(source.splitlines()) <= 400, file
        for node in tree.body:
            if isinstance(node, public) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{file}: {node.name} has no docstring"


def test_a_function_can_be_read_without_scrolling() -> None:
    for file, (_, tree) in parsed().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
                assert lines <= 50, f"{file}: {node.name} has {lines} lines"


@cache
def parsed() -> dict[Path, tuple[str, ast.Module]]:
    """Return the syntax tree of every module."""
    return {file: (file.read_text(), ast.parse(file.read_text())) for file in FILES}


def imports_of_screens(file: Path) -> set[str]:
    """Return the modules of the screens that a module imports when it is loaded."""
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(file.read_text())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            found |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
        waiting += ast.iter_child_nodes(node)
    return found


def test_the_screens_have_at_most_eight_layers_of_imports_and_no_cycle() -> None:
    files = {name: file for name, file in zip(NAMES, FILES, strict=True) if name.startswith("csrtui.tui.")}
    waiting = {name: (imports_of_screens(file) & set(files)) - {name} for name, file in files.items()}
    layers = 0
    while waiting:
        free = {name for name, imports in waiting.items() if not imports & set(waiting)}
        assert free, f"a cycle among {sorted(waiting)}"
        waiting = {name: imports for name, imports in waiting.items() if name not in free}
        layers += 1
    assert layers <= 8


def test_no_module_is_called_utils_and_no_test_module_twice() -> None:
    assert not [file for file in FILES if re.search(r"util|helper|misc|common", file.stem)]
    names = [file.name for file in (ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names))


def test_no_two_public_classes_have_the_same_name() -> None:
    homes: dict[str, list[str]] = {}
    for file in FILES:
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(str(file.relative_to(ROOT)))
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}


def test_every_exception_from_a_lint_rule_has_its_reason() -> None:
    bare = re.compile(r"# noqa(?!: [A-Z0-9, ]+ - \S)")
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in (*FILES, *sorted((ROOT / "tests").rglob("*.py")))
        for number, line in enumerate(file.read_text().splitlines(), start=1)
        if file != Path(__file__) and bare.search(line)
    ]
    assert found == []


# The README and the documentation

TEXTS = (README, *sorted((ROOT / "csrtui" / "docs").glob("*.md")))
"""The README and the topics of the documentation."""


def documented_commands() -> list[str]:
    """Return the lines of their shell blocks that run csrtui."""
    blocks = [
        block for text in TEXTS for block in re.findall(r"```sh\n(.*?)```", text.read_text(), re.DOTALL)
    ]
    return [line for block in blocks for line in block.splitlines() if re.match(r"csrtui [a-z]", line)]


def test_every_documented_command_is_one_that_the_program_accepts() -> None:
    known = {command.name for command in COMMANDS}
    commands = [line for line in documented_commands() if line.split()[1] != "fleet" or "fleet" in known]
    assert commands
    for line in commands:
        _, *arguments = shlex.split(re.split(r"[>|]", line)[0], comments=True)
        assert build_parser(arguments).parse_args(arguments).command.name == arguments[0]


def test_the_documentation_names_every_command_key_type_and_column() -> None:
    text = (ROOT / "csrtui" / "docs" / "command-line.md").read_text()
    assert {line.split()[1] for line in documented_commands()} >= {command.name for command in COMMANDS}
    assert [word for word in (*KeyType, *COLUMNS) if f"`{word}`" not in text] == []


def test_every_link_and_picture_of_the_readme_exists() -> None:
    targets = re.findall(r"\]\(([^):]+)\)", README.read_text())
    assert len(targets) > 10
    assert [target for target in targets if not (ROOT / target).exists()] == []
