"""Test the hardening of the process, from outside and inside a real process."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from command import ROOT

from csrtui import process_protection

PROBE = """
import ctypes, json, os, resource, sys
import csrtui.cli.main
def probe(arguments, **openers):
    umask = os.umask(0)
    print(json.dumps({
        "umask": umask,
        "core": resource.getrlimit(resource.RLIMIT_CORE),
        "streams": [os.readlink(f"/proc/self/fd/{number}") for number in (0, 2)],
        "dumpable": ctypes.CDLL(None).prctl(3, 0, 0, 0, 0),
    }))
    return 0
csrtui.cli.main.run = probe
os.umask(0)
from csrtui.__main__ import main
sys.exit(main())
"""


def probed(redirections: str) -> Any:
    done = subprocess.run(
        ["bash", "-c", f'"$@" {redirections}', "bash", sys.executable, "-c", PROBE],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def test_a_run_has_a_strict_umask_and_no_core_dumps() -> None:
    probe = probed("")
    assert (probe["umask"], probe["core"], probe["dumpable"]) == (0o077, [0, 0], 0)


def test_the_first_opened_file_has_no_standard_number() -> None:
    assert probed("<&- 2>&-")["streams"] == ["/dev/null", "/dev/null"]


def test_garbage_collection_is_rare_at_start_and_skips_loaded_objects() -> None:
    before = gc.get_threshold()
    try:
        process_protection.delay_garbage_collection()
        assert gc.get_threshold()[0] > before[0]
        starting = gc.get_threshold()[0]
        process_protection.exclude_loaded_from_collection()
        assert gc.get_threshold()[0] < starting
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def test_an_interrupt_while_modules_are_imported_is_quiet() -> None:
    script = (
        "import sys\nfrom csrtui import __main__\n"
        "def interrupt(): raise KeyboardInterrupt\n"
        "__main__.harden = interrupt\nsys.exit(__main__.main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_errors_in_destructors_are_not_printed() -> None:
    script = (
        "import sys\nimport csrtui.cli.main\n"
        "class Lost:\n    def __del__(self): raise ValueError('canary')\n"
        "def run(arguments, **openers):\n    Lost()\n    return 0\n"
        "csrtui.cli.main.run = run\nfrom csrtui.__main__ import main\nsys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_hardening_works_without_prctl(monkeypatch: pytest.MonkeyPatch) -> None:
    import ctypes
    import resource

    calls: list[object] = []
    monkeypatch.setattr(os, "umask", lambda mask: calls.append(("umask", mask)))
    monkeypatch.setattr(resource, "setrlimit", lambda *limit: calls.append(limit))
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    process_protection.harden()
    assert calls == [("umask", 0o077), (resource.RLIMIT_CORE, (0, 0))]


def test_closed_standard_descriptors_are_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    def closed(descriptor: int) -> None:
        if descriptor in {0, 2}:
            raise OSError(9, "Bad file descriptor")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", closed)
        patch.setattr(os, "open", lambda *arguments: opened.append(arguments))
        process_protection._open_closed_standard_descriptors()
    assert opened == [(os.devnull, os.O_RDONLY)] * 2


THREADS = """
import ctypes, sys, threading
from csrtui.process_protection import share_heaps

if sys.argv[1] == "shared":
    share_heaps()
libc = ctypes.CDLL(None)
together = threading.Barrier(6)
def take():
    together.wait()
    libc.malloc(1000)
    together.wait()
threads = [threading.Thread(target=take) for _ in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc.fopen.restype = ctypes.c_void_p
stream = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, stream)
libc.fclose(stream)
"""


@pytest.mark.parametrize(("how", "few"), [("shared", True), ("alone", False)])
def test_threads_share_two_heaps(how: str, few: bool) -> None:
    if not hasattr(ctypes.CDLL(None), "malloc_info"):
        pytest.skip("this C library does not tell its heaps")
    done = subprocess.run(
        [sys.executable, "-c", THREADS, how], stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True
    )
    assert (done.stdout.count("<heap nr=") <= 2) is few
