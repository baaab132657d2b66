"""The scripts that the letters of a label come from, and which of them belong together.

`unicodedata` does not know a character's script, but its name begins with it.
"""

import unicodedata

_TOGETHER = (
    frozenset({"LATIN", "CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "IDEOGRAPHIC", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "IDEOGRAPHIC", "HANGUL"}),
)
"""What Japanese, Chinese and Korean mix by nature (UTS 39 5.2, highly restrictive)."""


def script_of(letter: str) -> str | None:
    """The first word of the script's name in capitals, such as LATIN; None for what belongs to any script."""
    if letter.isascii():
        return "LATIN" if letter.isalpha() else None
    if not unicodedata.category(letter).startswith("L"):
        return None
    word = unicodedata.name(letter, "").partition(" ")[0].partition("-")[0]
    return None if word in {"", "MODIFIER"} else word


def mixed_scripts(label: str) -> tuple[str, ...]:
    """The scripts of a label's letters, in order, where they do not belong together; else nothing."""
    if label.isascii():
        return ()
    scripts = dict.fromkeys(script for script in map(script_of, label) if script)
    if len(scripts) == 1 or any(scripts.keys() <= together for together in _TOGETHER):
        return ()
    return tuple(scripts)
