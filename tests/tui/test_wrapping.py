"""Lines of text that fit a width."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from tables import table

from csrtui.tui.wrapping import cut, cut_name, pad, wrap


@table(
    ("text", "lines"),
    [
        ("/mnt/usb/a.example.com.backup.pem", ["/mnt/usb/", "a.example.com.backup", ".pem"]),
        ("in /mnt/backups/keys/www.pem", ["in", "/mnt/backups/keys/", "www.pem"]),
        ("/a0123456789012345678901", ["/a012345678901234567", "8901"]),
    ],
)
def test_a_long_path_is_broken_after_a_slash(text: str, lines: list[str]) -> None:
    assert wrap(text, 20) == lines


def test_a_subject_is_broken_after_a_comma_and_not_inside_a_value() -> None:
    assert wrap("CN=shop.example.org,O=Bäckerei", 24) == ["CN=shop.example.org,", "O=Bäckerei"]


@given(st.text("a漢.-2 ", max_size=30), st.integers(0, 24))
@example("owner", 1)
@example("漢字漢字", 2)
@example("漢字漢字漢字", 6)
def test_a_cut_text_is_never_wider_than_its_place(text: str, width: int) -> None:
    assert cell_len(cut(text, width)) <= width
    assert cell_len(cut_name(text, width)) <= width
    assert cell_len(pad(text, width)) == width
    assert (cut(text, width) == text) is (cell_len(text) <= width)


@given(st.text("a漢/, ", max_size=30), st.integers(2, 24))
def test_wrapped_lines_fit_and_lose_only_blanks(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
