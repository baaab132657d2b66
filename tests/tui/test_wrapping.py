"""Lines of text that fit a width."""

from __future__ import annotations

from tables import table

from csrtui.tui.wrapping import wrap


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
