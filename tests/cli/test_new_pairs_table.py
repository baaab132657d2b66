"""``csrtui new --from``: a line for each row, good rows are kept, and an invalid header makes no pair."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests_made import HARD_ORGANIZATION

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

FULL = (
    "common_name,names,organization,organizational_unit,country,state,locality,key,ca,platform\n"
    "a.com,www.a.com b.a.com,My Ltd,,GB,,London,,,nginx\n"
    "b.com,,,,,,,rsa-2048,,\n"
    "intranet,,My Ltd,R&D,GB,,London,,private,\n"
)


def test_a_pair_for_each_row_and_a_line_for_each_pair(csrtui: Csrtui) -> None:
    ran = csrtui("new", "--from", "-", stdin=FULL.encode())
    assert (ran.status, ran.err) == (0, "")
    lines = ran.json_lines
    assert [list(line) for line in lines] == [["row", "ok", "pair"]] * 3
    assert [(line["row"], line["ok"]) for line in lines] == [(1, True), (2, True), (3, True)]
    pairs = [line["pair"] for line in lines]
    assert [pair["names"] for pair in pairs] == [["a.com", "www.a.com", "b.a.com"], ["b.com"], ["intranet"]]
    assert [pair["key"]["type"] for pair in pairs] == ["ec-p256", "rsa-2048", "ec-p256"]
    assert [(pair["ca"], pair["platform"]) for pair in pairs] == [
        ("public", "nginx"), ("public", "other"), ("private", "other"),
    ]  # fmt: skip
    assert pairs[0]["subject"] == "CN=a.com,O=My Ltd,L=London,C=GB"
    assert csrtui("show", "a.com", "--json").json == pairs[0]


def test_a_file_is_read_as_well_with_a_byte_order_mark_and_crlf(csrtui: Csrtui, tmp_path: Path) -> None:
    file = tmp_path / "hosts.csv"
    file.write_bytes(b'\xef\xbb\xbfcommon_name , organization\r\na.com,"A, B"\r\n\r\nb.com\r\n')
    ran = csrtui("new", "--from", str(file), "-L", "London", "-C", "GB", "-O", "My Ltd")
    assert ran.status == 0
    assert [line["pair"]["subject_fields"]["organization"] for line in ran.json_lines] == ["A, B", "My Ltd"]
    assert [line["pair"]["subject_fields"]["locality"] for line in ran.json_lines] == ["London", "London"]


def test_blank_lines_before_the_header_are_skipped(csrtui: Csrtui, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(b"\n \t\r\ncommon_name\na.com\n")
    assert csrtui("new", "--from", str(tmp_path / "rows.csv")).status == 0
    assert csrtui.pairs == ["a.com"]


def test_options_fill_in_empty_cells(csrtui: Csrtui) -> None:
    rows = b"common_name,key,ca,platform\na.com,,,\nb.com,ec-p384,private,apache\n"
    ran = csrtui("new", "--from", "-", "--key", "rsa-2048", "--for", "nginx", "--add-counterpart", stdin=rows)
    first, second = (line["pair"] for line in ran.json_lines)
    assert (first["key"]["type"], first["ca"], first["platform"]) == ("rsa-2048", "public", "nginx")
    assert (second["key"]["type"], second["ca"], second["platform"]) == ("ec-p384", "private", "apache")
    assert first["names"] == ["a.com", "www.a.com"]


def test_a_failed_row_does_not_stop_the_others(csrtui: Csrtui) -> None:
    rows = (
        "common_name,names,organization,ca,key,platform\n"
        "a.com\nintranet\n\x1b]0;x\x07.com\nb.com,,,mine\nc.com,,,,rsa-1\nd.com,,,,,webserver9\n"
        'e.com,,A, B Ltd,,,,\n,www.a.com\n"f.com",,"' + HARD_ORGANIZATION.replace('"', '""') + '"\ng.com\n'
    )
    ran = csrtui("new", "--from", "-", "-C", "GB", "-L", "x", "-O", "X", stdin=rows.encode())
    assert ran.status == 1
    lines = ran.json_lines
    assert [line["row"] for line in lines] == list(range(1, 11))
    assert [line["ok"] for line in lines] == [True, *[False] * 7, True, True]
    bad = [line for line in lines if not line["ok"]]
    assert all(list(line) == ["row", "ok", "error", "column"] for line in bad)
    assert all(line["error"].isprintable() for line in bad)
    said = ("intranet", "\\x1b]0;x\\x07", "mine", "rsa-1", "webserver9", "more cells", "Enter a common name")
    assert all(part in line["error"] for part, line in zip(said, bad, strict=True))
    assert [line["column"] for line in bad] == [
        "common_name", "common_name", "ca", "key", "platform", None, "common_name",
    ]  # fmt: skip
    assert ran.err == "3 made, 0 already exist, 7 failed\n"
    assert csrtui.pairs == ["a.com", "f.com", "g.com"]
    assert lines[8]["pair"]["subject_fields"]["organization"] == HARD_ORGANIZATION


def test_force_reaches_every_row(csrtui: Csrtui) -> None:
    ran = csrtui("new", "--from", "-", "--force", stdin=b"common_name\nintranet\na..b\n")
    assert [line["ok"] for line in ran.json_lines] == [True, False]


@pytest.mark.parametrize(
    ("content", "said", "hint"),
    [
        (b"", "is empty", "common_name,names,organization"),
        (b"\n", "is empty", "common_name,names"),
        (b"a.com\nb.com\n", 'the header has an unknown column "a.com"', "common_name,names"),
        (
            b"common_name,colour\nb.com,red\n",
            'the header has an unknown column "colour"',
            "common_name,names",
        ),
        (b"common_name,\x1b\nb.com,red\n", 'the header has an unknown column "\\x1b"', "common_name,names"),
        (b"common_name,names,names\nb.com\n", "a duplicate column", "common_name,names"),
        (b"names\nb.com\n", "the header has no common_name", "common_name,names"),
        (b'"common_name\na.com\n', "the row that starts on line 1 of", 'a " that is never closed'),
        (b'"common_name"x\na.com\n', "line 1 of", None),
        (b"common_name,\xff\na.com\n", "line 1 of", None),
    ],
)
def test_a_missing_file_is_reported_and_makes_nothing(
    csrtui: Csrtui, tmp_path: Path, content: bytes, said: str, hint: str | None
) -> None:
    (tmp_path / "rows.csv").write_bytes(content)
    ran = csrtui("new", "--from", str(tmp_path / "rows.csv"))
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.error
    assert hint is None or hint in str(ran.hint)
    assert csrtui.pairs == []


@pytest.mark.parametrize("stdin", [True, False], ids=["stdin", "file"])
@pytest.mark.parametrize(
    ("rest", "said", "after"),
    [
        (b"\xff\nc.com\n", "line 4 of {} is not UTF-8", ["c.com"]),
        (b'"c"x\nd.com\n', "line 4 of {} is not CSV", ["d.com"]),
        (b'"c.com\n', "line 4 of {} is not CSV", []),
        (
            b'"c.com\nd.com\n',
            "the row that starts on line 4 of {} is not CSV: unexpected end of data on line 5",
            [],
        ),
        (b'\n"c.com\nd.com\n"e.com"\nf.com\n', "the row that starts on line 5 of {} is not CSV", ["f.com"]),
        (b"x" * 200_000 + b"\nd.com\n", "line 4 of {} is not CSV", ["d.com"]),
        (b'"\n",' * 100_000 + b"\nd.com\n", "more than 262144 bytes; the rest of the file is not read", []),
    ],
)
def test_a_malformed_row_fails_and_good_rows_are_kept(
    csrtui: Csrtui, tmp_path: Path, rest: bytes, said: str, after: list[str], *, stdin: bool
) -> None:
    content = b"common_name\na.com\nb.com\n" + rest
    (tmp_path / "rows.csv").write_bytes(content)
    file = "-" if stdin else str(tmp_path / "rows.csv")
    ran = csrtui("new", "--from", file, stdin=content)
    assert ran.status == 1
    lines = ran.json_lines
    assert [(line["row"], line["ok"]) for line in lines] == [
        (1, True), (2, True), (3, False), *((4 + number, True) for number in range(len(after))),
    ]  # fmt: skip
    assert said.format("standard input" if stdin else file) in lines[2]["error"]
    assert lines[2]["column"] is None
    assert csrtui.pairs == ["a.com", "b.com", *after]


def test_a_file_larger_than_any_limit_is_read_row_by_row(csrtui: Csrtui, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(
        b"common_name,names\na.com\n" + (b" " * 99 + b"\n") * 11_000 + b"b.com\n"
    )
    ran = csrtui("new", "--from", str(tmp_path / "rows.csv"))
    assert [(line["row"], line["pair"]["name"]) for line in ran.json_lines] == [(1, "a.com"), (2, "b.com")]


# Run again


def test_existing_pairs_are_skipped(csrtui: Csrtui) -> None:
    first = csrtui("new", "--from", "-", stdin=FULL.encode())
    again = csrtui(
        "new", "--from", "-", stdin=FULL.replace("www.a.com b.a.com", "b.a.com www.a.com").encode()
    )
    assert again.status == 0
    assert [list(line) for line in again.json_lines] == [["row", "ok", "skipped", "pair"]] * 3
    assert all(line["skipped"] is True for line in again.json_lines)
    assert [line["pair"] for line in again.json_lines] == [line["pair"] for line in first.json_lines]
    assert again.err.startswith("0 made, 3 already exist, 0 failed\n")
    assert len(csrtui.pairs) == 3


def test_the_second_of_two_equal_rows_is_skipped(csrtui: Csrtui) -> None:
    ran = csrtui(
        "new", "--from", "-", stdin=b"common_name,key\na.com,\nA.com,ec-p256\na.com,rsa-2048\na.com\n"
    )
    assert [(line["pair"]["name"], "skipped" in line) for line in ran.json_lines] == [
        ("a.com", False), ("a.com", True), ("a.com-2", False), ("a.com", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        ("-O", "Another Ltd"), ("--key", "ec-p384"), ("--ca", "private"), ("--for", "nginx"),
        ("--add-counterpart",),
    ],
)  # fmt: skip
def test_a_different_request_makes_another_pair(csrtui: Csrtui, change: tuple[str, ...]) -> None:
    arguments = ("new", "--from", "-", "-O", "My Ltd", "-L", "London", "-C", "GB")
    for more, name in (((), "a.com"), (change, "a.com-2"), (change, "a.com-2")):
        (line,) = csrtui(*arguments, *more, stdin=b"common_name\na.com\n").json_lines
        assert line["pair"]["name"] == name


def test_a_retired_or_damaged_pair_does_not_count_as_existing(csrtui: Csrtui) -> None:
    rows = b"common_name\na.com\nb.com\n"
    csrtui("new", "--from", "-", stdin=rows)
    csrtui("retire", "a.com")
    csrtui.pair("b.com").joinpath("request.pem").write_bytes(b"damaged")
    ran = csrtui("new", "--from", "-", stdin=rows)
    assert [line["pair"]["name"] for line in ran.json_lines] == ["a.com-2", "b.com-2"]


def test_an_unreadable_file_is_reported(csrtui: Csrtui, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    refused = {
        "missing": "No such file",
        "fifo": "not a regular file",
        ".": "is a folder",
        "a\0b": "not a valid path",
    }
    for name, said in refused.items():
        ran = csrtui("new", "--from", f"{tmp_path}/{name}")
        assert (ran.status, ran.out) == (2, "")
        assert said in ran.error
    assert csrtui("new", "--from", "/dev/zero").status == 2
    assert csrtui("new", "--from", "-", stdin=None).error == "standard input is closed"
    assert csrtui.pairs == []


def test_stdin_cannot_supply_both_rows_and_passphrase(csrtui: Csrtui) -> None:
    ran = csrtui("new", "--from", "-", "--passphrase-fd", "0", stdin=b"common_name\na.com\n")
    assert ran.status == 2
    assert "cannot both read standard input" in ran.error
    assert csrtui.pairs == []


def test_one_passphrase_encrypts_all_keys(csrtui: Csrtui, tmp_path: Path) -> None:
    (tmp_path / "pass").write_text("correct horse battery staple\n")
    (tmp_path / "pass").chmod(0o600)
    arguments = ("new", "--from", "-", "--passphrase-file", str(tmp_path / "pass"))
    ran = csrtui(*arguments, stdin=b"common_name\na.com\nb.com\n")
    assert [line["pair"]["key"]["encrypted"] for line in ran.json_lines] == [True, True]
    for name in csrtui.pairs:
        assert b"ENCRYPTED PRIVATE KEY" in csrtui.pair(name).joinpath("key.pem").read_bytes()


def test_on_a_terminal_the_progress_is_counted_on_one_line(
    csrtui: Csrtui, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    ran = csrtui("new", "--from", "-", stdin=b"common_name\na.com\nb.com\n")
    assert ran.err.startswith("\r1 pair,")
    assert ran.err.rpartition("\r")[2].startswith("2 pairs")
    assert ran.err.count("\n") == 1
    assert len(ran.json_lines) == 2


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary() | st.text().map(str.encode), st.sampled_from([b"", b"common_name\n", b"common_name,names\n"])
)
def test_any_bytes_give_result_lines_and_an_exit_status(
    csrtui: Csrtui, content: bytes, header: bytes
) -> None:
    ran = csrtui("new", "--from", "-", stdin=header + content)
    assert ran.status in {0, 1, 2}
    assert "a bug" not in ran.err + ran.out
    assert "\x1b" not in ran.err + ran.out
    assert all(line["row"] for line in ran.json_lines)
