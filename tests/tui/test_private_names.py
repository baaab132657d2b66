"""Every private name of Textual that the screens use is listed with its reason, and no other is listed."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from functools import cache
from pathlib import Path

import csrtui.tui
from csrtui.tui.patches.textual_private_names import PRIVATE_NAMES


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


@cache
def classes_of(module: str) -> dict[str, ast.ClassDef]:
    """Return the classes of a module by their names, with those inside others and inside conditions."""
    tree = ast.parse(inspect.getsource(importlib.import_module(module)))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


@cache
def names_of_self(kind: type[object]) -> frozenset[str]:
    """The private names that a class defines, or reaches through ``self``, ``super()`` or an object marked SLF001."""
    names = set()
    for node in ast.walk(classes_of(kind.__module__)[kind.__name__]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and is_private(node.name):
            names.add(node.name)
        elif isinstance(node, ast.Attribute) and is_private(node.attr):
            is_own = isinstance(node.value, ast.Name) and node.value.id == "self"
            is_of_super = (
                isinstance(node.value, ast.Call)
                and isinstance(node.value.func, ast.Name)
                and node.value.func.id == "super"
            )
            if is_own or is_of_super:
                names.add(node.attr)
    return frozenset(names)


def names_in_use() -> dict[str, set[str]]:
    """The private names of Textual in use, each with the modules that use it."""
    uses: dict[str, set[str]] = {}
    for info in pkgutil.walk_packages(csrtui.tui.__path__, "csrtui.tui."):
        module = importlib.import_module(info.name)
        assert module.__file__ is not None
        source = Path(module.__file__).read_text()
        for kind in vars(module).values():
            if inspect.isclass(kind) and kind.__module__ == info.name:
                bases = [base for base in kind.__mro__ if base.__module__.startswith("textual.")]
                names = frozenset(name for base in bases for name in names_of_self(base))
                own = names_of_self(kind)  # type: ignore[arg-type] # a class is hashable
                for name in {name for name in own if name in names or name.startswith("_reactive_")}:
                    uses.setdefault(name, set()).add(info.name)
        for line in source.splitlines():
            if "# noqa: SLF001 - Textual" in line:
                [name] = {
                    node.attr
                    for node in ast.walk(ast.parse(line.partition("#")[0].strip()))
                    if isinstance(node, ast.Attribute) and is_private(node.attr)
                }
                uses.setdefault(name, set()).add(info.name)
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("textual._"):
                uses.setdefault(node.module or "", set()).add(info.name)
    return uses


def test_the_list_has_each_private_name_in_use_with_its_reason_and_no_other() -> None:
    uses = names_in_use()
    assert {name: modules for name, modules in uses.items() if name not in PRIVATE_NAMES} == {}
    assert set(PRIVATE_NAMES) - set(uses) == set()
    assert all(reason.endswith(".") for reason in PRIVATE_NAMES.values())
