"""Profiles: saved in the configuration, and loaded into forms."""

from dataclasses import replace
from pathlib import Path

import pytest

from csrtui.core.base.errors import InputError
from csrtui.core.base.finding import CaKind, Purpose
from csrtui.core.config.settings import Config, Profile
from csrtui.core.keys.key_types import KeyType
from csrtui.tasks.draft import Draft
from csrtui.tasks.form_prefill import profile_of, with_profile_applied
from csrtui.tasks.settings import delete_profile, find_profile, load_settings, save_profile


def config_of(environ: dict[str, str]) -> Config:
    """Return the configuration, or an empty one."""
    return load_settings(environ).config or Config()


WORK = Profile(organization="My Ltd", country="GB", ca=CaKind.PRIVATE, platform="weblogic")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"CSRTUI_CONFIG": str(tmp_path / "conf" / "c.toml")}


def test_a_saved_profile_exists_until_it_is_deleted(environ: dict[str, str]) -> None:
    assert config_of(environ) == Config()
    save_profile(environ, "work", Profile(state="Kent"))
    save_profile(environ, "home", Profile())
    save_profile(environ, "work", WORK)
    assert find_profile(environ, "work") == WORK
    assert dict(config_of(environ).profiles) == {"work": WORK, "home": Profile()}
    delete_profile(environ, "work")
    assert list(config_of(environ).profiles) == ["home"]


def test_a_missing_profile_is_reported_with_the_existing_ones(environ: dict[str, str]) -> None:
    with pytest.raises(InputError, match='there is no profile "x"') as caught:
        find_profile(environ, "x")
    assert caught.value.hint == f"there are no profiles in {environ['CSRTUI_CONFIG']}"
    save_profile(environ, "work", WORK)
    for use in (find_profile, delete_profile):
        with pytest.raises(InputError, match='there is no profile "x"') as caught:
            use(environ, "x")
        assert caught.value.hint == f"profiles in {environ['CSRTUI_CONFIG']}: work"


def test_an_invalid_name_creates_no_file(environ: dict[str, str]) -> None:
    with pytest.raises(InputError, match="not a valid profile name"):
        save_profile(environ, "../x", WORK)
    assert not Path(environ["CSRTUI_CONFIG"]).parent.exists()


def test_a_configuration_with_a_mistake_is_not_touched(environ: dict[str, str]) -> None:
    save_profile(environ, "work", WORK)
    path = Path(environ["CSRTUI_CONFIG"])
    path.write_text("[profiles.work]\norganisation = 'x'\n")
    mistake = r"line 2: profiles\.work\.organisation"
    with pytest.raises(InputError, match=mistake):
        save_profile(environ, "a", WORK)
    with pytest.raises(InputError, match=mistake):
        delete_profile(environ, "work")
    assert path.read_text() == "[profiles.work]\norganisation = 'x'\n"


def test_a_form_can_be_saved_as_a_profile_and_loaded_again() -> None:
    draft = Draft(
        "a.com", "b.com", "My Ltd", "", "GB", "Kent", "Dover", "private", "nginx", "rsa-3072", "client"
    )
    profile = profile_of(draft)
    assert profile == Profile(
        "My Ltd", "", "GB", "Kent", "Dover", CaKind.PRIVATE, "nginx", KeyType.RSA_3072, Purpose.CLIENT
    )
    assert with_profile_applied(Draft("a.com", "b.com"), profile) == draft


def test_values_missing_in_a_profile_stay_but_the_key_type_is_suitable() -> None:
    draft = Draft("a.com", organization="Old", locality="Dover", key="ec-p384")
    filled = with_profile_applied(draft, WORK)
    assert filled == replace(
        draft, organization="My Ltd", country="GB", ca="private", platform="weblogic", key="rsa-2048"
    )
    assert with_profile_applied(draft, Profile()) == draft


def test_values_of_a_profile_replace_typed_text_and_are_literal() -> None:
    typed = frozenset({"common_name", "organization", "locality"})
    draft = Draft("{{ a }}", organization="{{ b }}", locality="{{ c }}", templates=typed)
    filled = with_profile_applied(draft, Profile(organization="{{ b }}"))
    assert filled.templates == {"common_name", "locality"}
