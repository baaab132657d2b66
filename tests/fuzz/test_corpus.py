"""Replay the inputs that fuzzing found: only csrtui's own errors occur, within one second and 200 MB."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest
from command import ROOT
from fuzz_corpus import FOLDER, load
from fuzz_seeds import seeds
from fuzz_targets import TARGETS, LimitError, Target, try_on
from safety_results import counted

from csrtui.core.base.errors import InputError

PROMISE = "Any input causes only csrtui's own errors"
SIZES = {
    "names": 16_000,
    "subject": 32_000,
    "draft": 32_000,
    "config": 64_000,
    "rows": 256_000,
    "country": 32_000,
}
"""The maximum number of bytes of typed text, or of a file with its own limit."""
LARGE = (
    b"(", b"[", b'{"a":', b"a.", b"a.com ", b"a", b" ", b"\n", b"\xff", b"\0", b"0\x80", b"0\x84\0\x10\0\0", b"\xcc\x81",
    b"-----BEGIN CERTIFICATE-----\n", b"-----BEGIN PRIVATE KEY-----\nAAAA\n", b"BEGIN PRIVATE ", b"9", b'"', b"a,", b"DNS: ",
    b"csrtui1.A", b"age1qq", b"Pair: a\n", b"\n=====\n",
)  # fmt: skip
"""The repeated texts."""
_LONGEST_RUN = 300.0
"""Seconds, far more than any input takes."""
_BEGUN = 2
"""The fuzzing time of each target in seconds."""


@pytest.mark.safety
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_saved_inputs_cause_no_unexpected_error(target: Target) -> None:
    with counted(PROMISE, "the saved corpus of the fuzzer") as tally:
        for data in (*load(target.name), *seeds(target.name), b"", b"\0", b"\xff\xfe"):
            try_on(target, data)
            tally.add()


@pytest.mark.slow
@pytest.mark.safety
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_inputs_of_the_maximum_size_are_read_in_time(target: Target) -> None:
    """Inputs of the maximum size, because a fuzzer makes short inputs, which hide a cost that grows too fast."""
    with counted(PROMISE, "inputs of the maximum size, random or repetitive") as tally:
        for part in (*LARGE, *seeds(target.name)[:2]):
            try_on(
                target,
                (part * (SIZES.get(target.name, 2**20) // len(part) + 1))[: SIZES.get(target.name, 2**20)],
            )
            tally.add()


def test_every_corpus_has_its_target_and_all_are_small() -> None:
    files = sorted(FOLDER.iterdir())
    assert {file.stem for file in files} == {target.name for target in TARGETS}
    assert sum(file.stat().st_size for file in files) < 1_500_000
    assert all(json.loads(file.read_text()) for file in files)


def test_a_wrong_error_is_noticed() -> None:
    def refused(_: bytes) -> None:
        raise InputError("no")

    def broken(_: bytes) -> None:
        raise ValueError("oh")

    def panicking(_: bytes) -> None:
        raise BaseException("a panic")  # noqa: TRY002 - such as those of libraries in Rust

    def dear(_: bytes) -> None:
        bytearray(b"x" * 300_000_000)

    try_on(Target("refused", refused), b"")
    for run in (broken, panicking):
        with pytest.raises(AssertionError, match=r"^it: (ValueError|BaseException): "):
            try_on(Target("it", run), b"")
    with pytest.raises(LimitError):
        try_on(Target("dear", dear), b"")
    with pytest.raises(LimitError):
        try_on(Target("slow", lambda _: None), b"", seconds=-1)


@pytest.mark.slow
@pytest.mark.safety
@pytest.mark.skipif(find_spec("atheris") is None, reason="skipped because atheris is not installed")
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_short_fuzzing_run_finds_nothing(target: Target) -> None:
    """The fuzzer itself records its inputs."""
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "fuzz" / "run.py", target.name, "--seconds", str(_BEGUN)],
        capture_output=True,
        check=False,
        timeout=_LONGEST_RUN,
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode("utf-8", "replace")
