"""Site-wide configuration: overridden by the user's own, with a policy only from the file that root owns."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from requests_made import NOW

from csrtui.core.base.errors import InputError
from csrtui.core.config.policy import NO_POLICY, Policy
from csrtui.core.config.settings import Profile
from csrtui.core.doctor.finding import FindingCode
from csrtui.store import config_file
from csrtui.store.keystore import Keystore
from csrtui.tasks.doctor import Examination
from csrtui.tasks.draft import Draft, SessionDraft
from csrtui.tasks.session import Session
from csrtui.tasks.settings import (
    add_config_path_to_errors,
    delete_profile,
    describe_files,
    find_profile,
    load_policy,
    load_settings,
    save_profile,
    server_folder,
)

if TYPE_CHECKING:
    from pathlib import Path

SHOP = '[profiles.shop]\norganization = "{}"\n'
POLICY = "[policy]\nmin_rsa_bits = 3072\n"


class Files:
    """The files of the configuration, in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.own = folder / "own.toml"
        self.first = folder / "one" / "csrtui" / "config.toml"
        self.second = folder / "two" / "csrtui" / "config.toml"
        self.site = folder / "etc" / "config.toml"
        for path in (self.first, self.second, self.site):
            path.parent.mkdir(parents=True)
        dirs = f"{folder}/one:relative:{folder}/two"
        self.environ = {"CSRTUI_CONFIG": str(self.own), "XDG_CONFIG_DIRS": dirs}

    def write(self, **texts: str) -> None:
        """Write the files, readable for all users."""
        for name, text in texts.items():
            path: Path = getattr(self, name)
            path.write_text(text)
            path.chmod(0o644)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """Use a test's file as the file of this machine."""
    made = Files(tmp_path)
    monkeypatch.setattr(config_file, "SITE_FILE", str(made.site))
    return made


def test_the_default_folder_and_the_file_of_this_machine_come_last(monkeypatch: pytest.MonkeyPatch) -> None:
    assert config_file.site_paths({}) == ["/etc/xdg/csrtui/config.toml", "/etc/csrtui/config.toml"]
    monkeypatch.setenv("XDG_CONFIG_DIRS", "")
    assert config_file.site_paths({"XDG_CONFIG_DIRS": "/etc"}) == ["/etc/csrtui/config.toml"]


def test_the_first_file_that_sets_a_value_wins(files: Files) -> None:
    files.write(
        own=SHOP.format("Own") + 'state = ""\n',
        first=SHOP.format("First") + 'state = "Kent"\ncountry = "GB"\n',
    )
    files.write(
        second='[profiles.shop]\ncountry = "DE"\n[profiles.two]\n',
        site="[profiles.site]\n[servers.nginx]\nfolder = '/tls'\n",
    )
    settings = load_settings(files.environ)
    assert settings.config is not None
    assert settings.config.profiles["shop"] == Profile(organization="Own", country="GB")
    assert set(settings.config.profiles) == {"shop", "two", "site"}
    assert settings.source("profiles", "shop", "organization") == str(files.own)
    assert settings.source("profiles", "shop", "country") == str(files.first)
    assert settings.source("profiles", "site") == str(files.site)
    assert settings.source("profiles", "none") == ""
    assert server_folder(files.environ, "nginx") == "/tls"
    assert server_folder(files.environ, "apache") == ""
    assert "  profiles.shop.organization = Own" in describe_files(files.environ)


def test_a_saved_profile_overrides_a_site_wide_one_also_with_its_empty_values(files: Files) -> None:
    files.write(site=SHOP.format("Site") + 'state = "Kent"\n')
    save_profile(files.environ, "shop", Profile(organization="Own"))
    assert find_profile(files.environ, "shop") == Profile(organization="Own")
    delete_profile(files.environ, "shop")
    assert find_profile(files.environ, "shop").state == "Kent"
    with pytest.raises(InputError, match=r'the profile "shop" is set in .*/etc/config\.toml'):
        delete_profile(files.environ, "shop")
    with pytest.raises(InputError) as caught:
        find_profile(files.environ, "none")
    assert caught.value.hint == f"profiles in {files.site}: shop"


def test_a_policy_counts_only_in_the_file_of_this_machine(files: Files) -> None:
    files.write(own=POLICY, first=POLICY)
    settings = load_settings(files.environ)
    assert settings.config is not None
    assert settings.config.policy.min_rsa_bits == 0
    assert [problem.path for problem in settings.problems] == [str(files.own), str(files.first)]
    assert load_policy() == NO_POLICY
    files.write(site=POLICY)
    assert load_policy() == Policy(3072, source=str(files.site))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_that_root_does_not_own_has_no_policy(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write(site=POLICY + SHOP.format("Site"))
    os.chown(files.site, 1234, 1234)
    (problem,) = load_settings(files.environ).problems
    assert "belongs to user 1234" in problem.error.message
    assert problem.error.hint == f"chown root {files.site}"
    assert load_policy() == NO_POLICY
    monkeypatch.setattr(os, "geteuid", lambda: 1234)  # the user's own file, which may set anything else
    assert find_profile(files.environ, "shop").organization == "Site"
    assert load_policy() == NO_POLICY
    (problem,) = load_settings(files.environ).problems
    assert problem.error.message == f"[policy] in {files.site} is ignored"
    assert f"  {problem.error.message}" in describe_files(files.environ)


def test_a_damaged_site_wide_file_is_ignored_and_reported(files: Files, tmp_path: Path) -> None:
    files.write(own=SHOP.format("Own"), site="[polcy]\n", first="[profiles.x]\n")
    files.first.chmod(0o666)
    settings = load_settings(files.environ)
    assert [problem.path for problem in settings.problems] == [str(files.first), str(files.site)]
    assert (
        settings.problems[1].error.message == f"{files.site}, line 1: polcy is not known; the file is ignored"
    )
    assert load_policy() == NO_POLICY
    assert find_profile(files.environ, "shop").organization == "Own"
    session = Session(Keystore(str(tmp_path / "store")), clock=lambda: NOW)
    findings = Examination(session, None, site_problems=settings.problems).run()
    assert [finding.code for finding in findings] == [FindingCode.CONFIG_UNUSABLE] * 2
    assert findings[0].remedy == f"chmod go-w {files.first}"
    files.write(own="[")
    assert server_folder(files.environ, "nginx") == ""
    assert "is not TOML" in describe_files(files.environ)[0]


def test_an_error_found_late_names_the_files(files: Files) -> None:
    files.write(first=SHOP.format("x"), site=SHOP.format("x"))
    settings = load_settings(files.environ)
    with (
        pytest.raises(InputError, match=f"{files.first} or {files.site}: odd"),
        add_config_path_to_errors(settings, {}),
    ):
        raise InputError("odd")


def test_defaults_fill_the_first_form_of_a_store_only(tmp_path: Path) -> None:
    defaults = Profile(organization="Site Ltd")
    session = Session(Keystore(str(tmp_path / "store")), defaults=defaults)
    form = SessionDraft(session)
    assert form.restore() == Draft(organization="Site Ltd")
    form.save(Draft(organization="Own Ltd"))
    form.close()
    assert SessionDraft(session).restore() == Draft(organization="Own Ltd")
