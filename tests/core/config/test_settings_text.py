"""The configuration is read strictly. Each error names the file, the line and the key."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from csrtui.core.base.errors import InputError
from csrtui.core.base.finding import CaKind
from csrtui.core.config.settings import (
    MAX_LINE,
    Config,
    Profile,
    ScreenSettings,
    check_profile_name,
    parse_config,
)
from csrtui.core.keys.key_types import KeyType
from csrtui.core.subject.fields import SubjectInput

FULL = """
# a comment
[profiles.work]
organization = "A \\"B\\" Ltd"
organizational_unit = "IT"
country = "GB"
state = "Kent"
locality = "Dover"
ca = "private"
platform = "nginx"
key = "rsa-2048"

[profiles."my home"]

[screens]
theme = "nord"
mouse = true

[keys]
generate = "ctrl+g"
whatever = "f9"
"""


def test_every_setting_is_read() -> None:
    config = parse_config(FULL, "c.toml")
    work = Profile('A "B" Ltd', "IT", "GB", "Kent", "Dover", CaKind.PRIVATE, "nginx", KeyType.RSA_2048)
    assert config == Config(
        {"work": work, "my home": Profile()},
        ScreenSettings("nord", mouse=True),
        {"generate": "ctrl+g", "whatever": "f9"},
    )
    assert isinstance(config.profiles["work"].ca, CaKind)
    assert work.subject == SubjectInput('A "B" Ltd', "IT", "GB", "Kent", "Dover")
    assert work.settings["key"] == "rsa-2048"
    assert Profile().settings == {}


def test_an_empty_text_has_no_settings() -> None:
    assert parse_config("", "c.toml") == Config()


@table("key", ["ca", "platform", "key"])
def test_an_empty_choice_is_not_set(key: str) -> None:
    assert parse_config(f'[profiles.a]\n{key} = ""\n', "c.toml").profiles["a"] == Profile()


@table(
    ("text", "line", "key", "hint"),
    [
        ("\n\ncolour = 1", 3, "colour is not known", "known here: profiles, screens, keys"),
        ("[screens]\nmouse = true\n[colour]\na = 1", 3, "colour is not known", "known here"),
        ("profiles = 1", 1, "profiles is not a table", "write [profiles]"),
        ("[[profiles]]\n", 1, "profiles is not a table", "write [profiles]"),
        ("# x\n[profiles]\nwork = 'x'\n", 3, "profiles.work is not a table", "write [profiles.work]"),
        ("[profiles.a]\ncountry = 'GB'\norganisation = 'x'", 3, "profiles.a.organisation is not known", "organization,"),
        ("[profiles.a]\norganization = 7", 2, "profiles.a.organization is not a string", "quotation marks"),
        ("[profiles.a]\r\nx = 7\r\n", 2, "profiles.a.x is not known", "known here"),
        ("[profiles.a]\nstate = '''\nx\n'''\nlocality = [\n'x',\n]\n", 5, "profiles.a.locality is not a string", "quot"),
        ("profiles.a.ca = 'secret'", 1, 'profiles.a.ca is "secret"', "one of public, private"),
        ("[profiles.a]\nkey = 'dsa'", 2, 'profiles.a.key is "dsa"', "one of ec-p256"),
        ("[profiles.a]\nplatform = 'ngnix'", 2, 'profiles.a.platform is "ngnix"', "one of nginx"),
        ("[profiles.a]\n[profiles.'../x']", 2, "profiles.../x is not a valid profile name", "letters, digits"),
        ("[screens]\nmouse = 'yes'", 2, "screens.mouse is neither true nor false", "mouse = true"),
        ("[screens]\nmouse = 1", 2, "screens.mouse is neither true nor false", "mouse = true"),
        ("[screens]\ntheme = 1", 2, "screens.theme is not a string", "quotation marks"),
        ("[screens]\nfont = 1", 2, "screens.font is not known", "known here: theme, mouse"),
        ("[keys]\nfix = ['f4']", 2, "keys.fix is not a string", "quotation marks"),
        ('"\\u001b[31m" = 1', 1, r"\x1b[31m is not known", "known here"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_file_and_line(text: str, line: int, key: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_config(text, "/etc/c\x1b.toml")
    assert caught.value.message == rf"/etc/c\x1b.toml, line {line}: {key}"
    assert caught.value.hint is not None
    assert hint in caught.value.hint


def test_invalid_toml_is_reported_with_the_line() -> None:
    with pytest.raises(InputError, match=r"^c\.toml is not TOML: .*line 2") as caught:
        parse_config("[screens]\nmouse yes\n", "c.toml")
    assert caught.value.hint


@table("text", ["a = " + "[\n" * 10_000, "a = 2026-99-99", "a = 1\na = 2"])
def test_toml_outside_of_pythons_limits_is_an_input_error(text: str) -> None:
    with pytest.raises(InputError, match=r"^c\.toml is not TOML"):
        parse_config(text, "c.toml")


def test_a_line_that_would_take_long_to_read_is_not_read() -> None:
    for line in ("a." * 30_000 + "b = 1", "a = " + "9" * 5000, "a = " + "[" * MAX_LINE):
        with pytest.raises(InputError, match=r"^c\.toml, line 2 has more than 500 characters$"):
            parse_config(f"\n{line}\n", "c.toml")
    assert parse_config("#" * MAX_LINE, "c.toml") == Config()
    with pytest.raises(InputError, match="line 1 has more than 500 characters"):
        parse_config("#" * (MAX_LINE + 1), "c.toml")


def test_a_line_that_takes_long_to_find_is_not_searched() -> None:
    long = "1,\n" * 5_000
    with pytest.raises(InputError, match=r"^c\.toml: profiles\.a\.organization is not a string$"):
        parse_config(f"[profiles.a]\norganization = [\n{long}]\n", "c.toml")


@given(st.text(st.characters(codec=None)) | st.lists(st.sampled_from(FULL.splitlines())).map("\n".join))
def test_any_text_is_a_configuration_or_an_input_error(text: str) -> None:
    with suppress(InputError):
        parse_config(text, "c.toml")


@table("name", ["a", "Work", "my home 2", "a.b_c-d", "1", "x" * 41])
def test_valid_profile_names_are_accepted(name: str) -> None:
    assert check_profile_name(name) == name


@table("name", ["", " a", "a ", "-a", ".a", "x" * 42, "a\n", "a/b", "ä", "a\x1b"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="not a valid profile name"):
        check_profile_name(name)
