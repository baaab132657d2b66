"""Site-wide values and the policy of a machine, in the commands that use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from backups_made import PASSPHRASE
from exports_made import issued_pair

from csrtui.store import config_file
from csrtui.store.keystore import Keystore
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the path of the file of this machine, which does not exist yet."""
    path = tmp_path / "etc" / "config.toml"
    path.parent.mkdir()
    monkeypatch.setattr(config_file, "SITE_FILE", str(path))
    monkeypatch.setenv("CSRTUI_CONFIG", str(tmp_path / "own.toml"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "xdg"))
    return path


def test_defaults_are_used_after_options_and_profiles_and_named_with_their_file(
    csrtui: Csrtui, site: Path
) -> None:
    site.write_text(
        '[defaults]\norganization = "Site Ltd"\ncountry = "GB"\nca = "private"\n[profiles.p]\ncountry = "DE"\n'
    )
    ran = csrtui("new", "intranet", "-O", "Own Ltd", "--profile", "p", "--json")
    assert (ran.status, ran.json["ca"]) == (0, "private")
    fields = ran.json["subject_fields"]
    assert (fields["organization"], fields["country"]) == ("Own Ltd", "DE")
    assert f'note: ca = "private" (set in {site})' in ran.err
    assert "Site Ltd" not in ran.err
    ran = csrtui("check", "intranet", "--json")
    assert (ran.status, ran.json["subject"]) == (0, "CN=intranet,O=Site Ltd,C=GB")


def test_policy_refuses_small_keys_unless_forced(csrtui: Csrtui, site: Path, tmp_path: Path) -> None:
    site.write_text("[policy]\nmin_rsa_bits = 3072\n")
    ran = csrtui("new", "a.com", "--key", "rsa-2048")
    assert (ran.status, csrtui.pairs) == (2, [])
    assert ran.error == (
        f"RSA 2048 keys are not allowed here: policy requires RSA keys of at least 3072 bits (set in {site})."
    )
    assert ran.hint == "use RSA 3072; or override with --force"
    assert csrtui("check", "a.com", "--key", "rsa-2048").status == 1
    assert csrtui("new", "a.com", "--key", "rsa-2048", "--force").status == 0
    assert csrtui("renew", "a.com").status == 2
    assert csrtui("renew", "a.com", "--key", "rsa-3072").status == 0
    table = tmp_path / "rows.csv"
    table.write_text("common_name,key\nb.com,rsa-2048\nc.com,ec-p256\n")
    assert [row["ok"] for row in csrtui("new", "--from", str(table)).json_lines] == [False, True]


def test_policy_hands_out_no_csr_before_a_backup(csrtui: Csrtui, site: Path, tmp_path: Path) -> None:
    site.write_text("[policy]\nbackup_before_submit = true\n")
    assert csrtui("new", "a.com").status == 0
    for command in (
        ("csr", "a.com"),
        ("csr", "a.com", "--to", str(tmp_path / "a.csr")),
        ("renew", "a.com", "--reuse"),
    ):
        ran = csrtui(*command)
        assert (ran.status, ran.out) == (1, "")
        assert f"the policy (set in {site}) requires first" in ran.error
        assert csrtui(*command, "--force").status == 0
    phrase = tmp_path / "phrase"
    phrase.write_text(f"{PASSPHRASE.revealed}\n")
    phrase.chmod(0o600)
    (tmp_path / "usb").mkdir()
    assert (
        csrtui("backup", "a.com", "--to", str(tmp_path / "usb"), "--passphrase-file", str(phrase)).status == 0
    )
    assert csrtui("csr", "a.com").status == 0


def test_the_folder_of_a_server_is_the_default_of_export(csrtui: Csrtui, site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    folder.mkdir()
    site.write_text(f'[servers.nginx]\nfolder = "{folder}"\n')
    issued_pair(Session(Keystore(str(csrtui.store))), "a.com")
    ran = csrtui("export", "a.com", "--for", "nginx", "--dry-run")
    assert (ran.status, f"{folder}/a.com.key" in ran.out) == (0, True)
    assert f"note: the folder is {folder} (set in {site})" in ran.err
    assert csrtui("export", "a.com", "--for", "apache").status == 2


def test_a_damaged_file_is_a_warning_and_its_text_cannot_control_the_terminal(
    csrtui: Csrtui, site: Path
) -> None:
    site.write_text('[policy]\n"a\\u001b[31m" = 1\n')
    ran = csrtui("new", "a.com", "--key", "rsa-2048")
    assert ran.status == 0
    assert f"warning: {site}, line 2: policy.a" in ran.err
    assert "\x1b" not in ran.err
    assert csrtui("doctor").status == 1
    ran = csrtui("help", "configuration")
    assert (ran.status, "\x1b" in ran.out) == (0, False)
    assert "the file is ignored" in ran.out


def test_a_policy_in_another_file_is_ignored_and_its_place_is_named(
    csrtui: Csrtui, site: Path, tmp_path: Path
) -> None:
    other = tmp_path / "xdg" / "csrtui" / "config.toml"
    other.parent.mkdir(parents=True)
    other.write_text("[policy]\nmin_rsa_bits = 3072\n")
    ran = csrtui("check", "a.com", "--key", "rsa-2048")
    assert ran.status == 0
    assert f"warning: [policy] in {other} is ignored\n  fix: move it to {site}, owned by root\n" in ran.err
