"""Tables as spreadsheets write them (tests/data/files/csv) are accepted, or the error names the column and the fix."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from command import ROOT, run_process

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

CSV = ROOT / "tests" / "data" / "files" / "csv"
HEADER = "common_name,names,organization,country,locality,ca"
ROW = "www.example.com,example.com,Example Ltd,GB,London,public"


def made(csrtui: Csrtui, path: Path) -> list[dict[str, object]]:
    """Return the pairs that a table creates."""
    ran = csrtui("new", "--from", str(path))
    assert ran.status == 0, ran.out + ran.err
    return [json.loads(line)["pair"] for line in ran.out.splitlines()]


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("name", sorted(path.name for path in CSV.iterdir()))
def test_a_table_of_excel_is_read(name: str, csrtui: Csrtui) -> None:
    (pair,) = made(csrtui, CSV / name)
    names = ["www.example.com", "example.com"] + (["shop.example.com"] if name == "names_comma.csv" else [])
    assert pair["names"] == names
    assert pair["subject"] == "CN=www.example.com,O=Example Ltd,L=London,C=GB"


FORMS: dict[str, str | bytes] = {
    "rows of separators": f"{HEADER}\n{ROW}\n,,,,,\n,,,,,\n",
    "a separator line": f"sep=;\n{HEADER}\n{ROW}\n".replace(",", ";"),
    "quoted cells and tabs": f"{HEADER}\n{ROW}\n".replace(",", '"\t"').replace("common", '"common').replace("ca\n", 'ca"\n').replace("www", '"www').replace("public\n", 'public"\n'),
    "other words": f"CN,SANs,Organisation,C,City,CA\n{ROW}\n",
    "names parted by semicolons": f"{HEADER}\n{ROW}\n".replace(",example.com,", ",example.com; example.com,"),
    "a country's name": f"{HEADER}\n{ROW}\n".replace(",GB,", ",United Kingdom,"),
    "blanks around cells": f"{HEADER}\n{ROW}\n".replace(",", " ,\u00a0 "),
    "capitals": f"{HEADER},key,platform\n{ROW}\n".replace("public", "Public,EC-P256,Nginx"),
    "UTF-16 of another order": f"{HEADER}\n{ROW}\n".encode("utf-16-be"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_unambiguous_tables_are_read(form: str, csrtui: Csrtui, tmp_path: Path) -> None:
    text = FORMS[form]
    data = b"\xfe\xff" + text if isinstance(text, bytes) else text
    (pair,) = made(csrtui, written(tmp_path, data))
    assert pair["subject"] == "CN=www.example.com,O=Example Ltd,L=London,C=GB"
    assert pair["names"] == ["www.example.com", "example.com"]


@pytest.mark.parametrize(
    ("text", "error", "hint"),
    [
        (f"common_name,,ca\n{ROW}", "has no name for column 2", "the first line names the columns"),
        ("common_name,colour\nx,y\n", 'has an unknown column "colour"', "the first line names the columns"),
        ("names;ca\nx;public\n", "has no common_name", "the first line names the columns"),
        ("cn,common_name\nx,y\n", "has a duplicate column: common_name", "the first line names the columns"),
        ("", "is empty", "the first line names the columns"),
        ("common_name,key\nwww.example.com,rsa2048\n", "'rsa2048' is not a key type", "key types: ec-p256, "),
        ("common_name,platform\na.example.com,ngix\n", "unknown server software 'ngix'", "known: nginx, "),
        (b"PK\x03\x04\x14\0xl/workbook.xml", "is a ZIP archive, not a table", "save a spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\n", "an old Office document, not a table", "as CSV UTF-8"),
        (b"common_name,organization\nwww.example.com,M\xfcller\n", "line 2", "iconv -f WINDOWS-1252"),
    ],
)
def test_ambiguous_tables_are_refused_with_the_fix(
    text: str | bytes, error: str, hint: str, csrtui: Csrtui, tmp_path: Path
) -> None:
    ran = csrtui("new", "--from", str(written(tmp_path, text)))
    assert ran.status in {1, 2}
    assert error in ran.out + ran.err
    assert hint in ran.out + ran.err


def test_a_table_without_rows_is_named(csrtui: Csrtui, tmp_path: Path) -> None:
    ran = csrtui("new", "--from", str(written(tmp_path, f"{HEADER}\n,,,,,\n")))
    assert (ran.status, ran.out, ran.err) == (0, "", "the table has no rows\n")


def test_utf_16_on_standard_input_is_named(tmp_path: Path) -> None:
    data = f"{HEADER}\n{ROW}\n".encode("utf-16")
    ran = run_process("new", "--from", "-", store=tmp_path / "store", stdin=data)
    assert ran.status == 2
    assert "standard input is in UTF-16" in ran.err
    assert "hint: convert it with iconv -f UTF-16 -t UTF-8" in ran.err
