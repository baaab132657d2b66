"""Shared by all tests: the helpers in tests/support can be imported by name."""

from __future__ import annotations

import gc
import os
import signal
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from command import Csrtui

sys.path.insert(0, str(Path(__file__).parent / "support"))

# Hundreds of tests start csrtui as a process, which would compile every module anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A job in the background of a script (and nohup) ignores these signals, and so would every program that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGHUP, signal.SIGQUIT):
    signal.signal(number, signal.SIG_DFL)


def _use_memory_for_files() -> None:
    """Put tmp_path into memory if there is room and programs can run there. Each flush to a disk takes milliseconds."""
    memory = "/dev/shm"
    with suppress(OSError):
        state = os.statvfs(memory)
        if state.f_bavail * state.f_frsize > 2 * 1024**3 and not state.f_flag & os.ST_NOEXEC:
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", memory)


_use_memory_for_files()

# The time of an example depends on the machine. CI tries eight times as many (--hypothesis-profile=thorough).
settings.register_profile("csrtui", deadline=None, max_examples=25)
settings.register_profile("thorough", deadline=None, max_examples=200)
settings.load_profile("csrtui")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return one process more than there are processors: tests wait for programs and threads."""
    return len(os.sched_getaffinity(0)) + 1


gc.disable()  # while tests are collected, which creates little garbage


def pytest_collection_finish() -> None:
    """Collect garbage rarely and without the loaded modules. This saves one sixth of the time of the screen tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _one_suffix_list() -> Iterator[None]:
    """Parse the public suffix list once, which takes most of the time of a short command."""
    from csrtui.core.names.public_suffixes import SuffixList

    with patch.object(SuffixList, "parse", staticmethod(cache(SuffixList.parse))):
        yield


@pytest.fixture
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use few iterations to derive keys from passphrases."""
    from backups_made import QUICK

    from csrtui.core.keys import pkcs8

    monkeypatch.setattr(pkcs8, "ITERATIONS", QUICK)


@pytest.fixture
def csrtui(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    few_rounds: None,  # noqa: ARG001 - tests with real processes use the real number
) -> Csrtui:
    """Return an object that runs commands in this process, with an empty store and few PBKDF2 rounds."""
    from command import Csrtui

    return Csrtui(tmp_path / "store", capsys, monkeypatch)
