"""A change of the configuration keeps the user's comments, order and layout."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from csrtui.core.base.errors import InputError
from csrtui.core.base.finding import CaKind
from csrtui.core.config import edit
from csrtui.core.config.edit import unknown_profile, with_profile, without_profile
from csrtui.core.config.settings import Profile, parse_config
from csrtui.core.keys.key_types import KeyType
from csrtui.core.servers.platforms import PLATFORMS

TEXT = """# mine
[profiles.work]   # the firm
country = 'GB'  # not UK
organization = "Old Ltd"
# below its keys

# about the screens
[screens]
mouse=true # always

[profiles.home]
locality = "Dover"
"""
NEW = Profile(organization="New Ltd", country="GB", ca=CaKind.PRIVATE)


def test_a_changed_profile_keeps_every_comment_and_every_other_line() -> None:
    assert with_profile(TEXT, "c", "work", NEW) == TEXT.replace("Old", "New").replace(
        "# below its keys\n", '# below its keys\nca = "private"\n'
    )


def test_an_unset_field_is_removed() -> None:
    assert with_profile(TEXT, "c", "home", Profile(state="Kent")) == TEXT.replace(
        'locality = "Dover"', 'state = "Kent"'
    )


def test_unchanged_values_are_not_touched() -> None:
    assert with_profile(TEXT, "c", "work", parse_config(TEXT, "c").profiles["work"]) == TEXT


@table("text", ["", "# x", "# x\n", "# x\n\n", "[profiles]\n", "profiles.a.ca='public'\n"])
def test_a_new_profile_comes_last_after_an_empty_line(text: str) -> None:
    after = with_profile(text, "c", "new one", NEW)
    assert after.startswith(text)
    gap, table = after[len(text) :].split("[", 1)
    assert (text + gap).endswith("\n\n") or not text
    assert table == 'profiles."new one"]\norganization = "New Ltd"\ncountry = "GB"\nca = "private"\n'


def test_saving_and_deleting_again_and_again_does_not_grow_the_file() -> None:
    text = with_profile(TEXT, "c", "x", NEW)
    for _ in range(3):
        assert with_profile(without_profile(text, "c", "x"), "c", "x", NEW) == text


def test_a_deleted_profile_leaves_the_comment_of_the_next_table() -> None:
    after = without_profile(TEXT, "c", "work")
    assert after == "# mine\n" + TEXT[TEXT.index("# about the screens") :]


@table(
    "text",
    [
        "profiles.a.ca='public'\nscreens.mouse=true\n",
        "[profiles]\na.ca='public'\nb.ca='private'\n",
        "[profiles]\na = {ca='public'}\n",
        "profiles = {a={ca='public'}, b={}}\n",
        "[profiles.\"a\"]\r\nca='public'\r\n\r\n# x\r\n[keys]\r\n",
        "[profiles.b]\n[screens]\n[profiles.a]\nkey='rsa-2048'",
    ],
)
def test_other_layouts_are_changed_too(text: str) -> None:
    before = parse_config(text, "c")
    changed = with_profile(text, "c", "a", NEW)
    assert parse_config(changed, "c") == replace(before, profiles={**before.profiles, "a": NEW})
    left = parse_config(without_profile(changed, "c", "a"), "c")
    assert left == replace(before, profiles={n: p for n, p in before.profiles.items() if n != "a"})
    assert ("# x" in text) == ("# x" in without_profile(changed, "c", "a"))


@table(
    ("text", "profile"),
    [
        ("profiles = {}\n", NEW),  # an inline table cannot contain another table
        ("", Profile(organization="\ud800")),  # UTF-8 has no surrogates
    ],
)
def test_values_that_cannot_be_written_are_refused(text: str, profile: Profile) -> None:
    with pytest.raises(InputError, match="cannot be written to c"):
        with_profile(text, "c", "a", profile)


def test_an_edit_with_another_meaning_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edit, "_replace_profile", lambda *_: "")
    with pytest.raises(InputError, match="without changes to other settings"):
        with_profile(TEXT, "c", "work", NEW)


def test_an_invalid_configuration_is_not_changed() -> None:
    with pytest.raises(InputError, match="line 1: colour"):
        with_profile("colour = 1", "c", "a", NEW)
    with pytest.raises(InputError, match="line 1: colour"):
        without_profile("colour = 1", "c", "a")


def test_names_are_checked() -> None:
    with pytest.raises(InputError, match="not a valid profile name"):
        with_profile("", "c", "a]", NEW)
    with pytest.raises(InputError) as caught:
        without_profile(TEXT, "c", "wörk\x1b")
    assert caught.value.message == r'there is no profile "wörk\x1b"'
    assert caught.value.hint == "profiles in c: work, home"
    assert unknown_profile(parse_config("", "c"), "c", "x").hint == "there are no profiles in c"


FIELDS = st.text(max_size=20)
PROFILES = st.builds(
    Profile,
    FIELDS,
    FIELDS,
    FIELDS,
    FIELDS,
    FIELDS,
    st.sampled_from([None, *CaKind]),
    st.sampled_from([None, *PLATFORMS]),
    st.sampled_from([None, *KeyType]),
)


@given(st.lists(st.tuples(st.sampled_from(["a", "b.c", "d e", "work"]), PROFILES | st.none()), max_size=6))
def test_any_sequence_of_changes_keeps_values_and_comments(
    steps: list[tuple[str, Profile | None]],
) -> None:
    text = "# mine\n\n[screens]\nmouse = true  # always\n\n# about keys\n[keys]\n"
    expected: dict[str, Profile] = {}
    for name, profile in steps:
        if profile is not None:
            text = with_profile(text, "c", name, profile)
            expected[name] = profile
        elif name in expected:
            text = without_profile(text, "c", name)
            del expected[name]
    assert parse_config(text, "c").profiles == expected
    assert text.startswith("# mine\n\n[screens]\nmouse = true  # always\n\n# about keys\n[keys]\n")
