"""``csrtui new``: a pair at the first attempt, or nothing if the request is refused."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest
from requests_made import HARD_ORGANIZATION, each_key_type

from csrtui.core.certificates import csr
from csrtui.core.servers.platforms import PLATFORMS

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

    from csrtui.core.keys.key_types import KeyType

ORGANIZATION = ("-O", "My Ltd", "-L", "London", "-C", "GB")
HARD = ("-O", HARD_ORGANIZATION, "-L", "London", "-C", "GB")


def test_the_name_goes_to_stdout_and_messages_to_stderr(csrtui: Csrtui) -> None:
    ran = csrtui("new", "www.mydomain.com", "mydomain.com", *ORGANIZATION)
    assert ran.status == 0
    assert ran.out == "www.mydomain.com\n"
    assert f"made www.mydomain.com: EC P-256 key and CSR in {csrtui.pair('www.mydomain.com')}" in ran.err
    assert ran.err.endswith("next: back up\n")


def test_files_and_modes_are_those_of_the_contract(csrtui: Csrtui) -> None:
    csrtui("new", "mydomain.com")
    modes = {"key.pem": 0o600, "request.pem": 0o644, "pair.json": 0o600}
    folder = csrtui.pair("mydomain.com")
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == modes
    for above in (folder, folder.parent, csrtui.store):
        assert stat.S_IMODE(above.stat().st_mode) == 0o700


def test_json_is_the_pair_and_the_same_as_show_and_list(csrtui: Csrtui) -> None:
    made = csrtui("new", "www.mydomain.com", "mydomain.com", *HARD, "--for", "nginx", "--json").json
    contract = [
        "schema", "name", "path", "created", "subject", "subject_fields", "names", "ca", "platform", "key",
        "request", "backup", "stage", "submitted", "expires", "days_left", "next", "renews", "renewed_by",
        "files",
    ]  # fmt: skip
    assert [member for member in made if member in contract] == contract
    assert made["names"] == ["www.mydomain.com", "mydomain.com"]
    assert made["subject_fields"]["organization"] == HARD_ORGANIZATION
    assert (made["stage"], made["next"], made["platform"], made["ca"]) == (
        "new",
        "back-up",
        "nginx",
        "public",
    )
    assert csrtui("show", "www.mydomain.com", "--json").json == made
    assert csrtui("list", "--json").json == {"schema": 1, "pairs": [made]}


@pytest.mark.parametrize("key_type", each_key_type())
def test_every_key_type_makes_a_pair(csrtui: Csrtui, key_type: KeyType) -> None:
    made = csrtui("new", "mydomain.com", "--ca", "private", "--key", key_type.value, "--json").json
    assert made["key"]["type"] == key_type.value
    assert made["request"]["signature_hash"] == key_type.hash_name
    read = csr.read_pem(csrtui.pair("mydomain.com").joinpath("request.pem").read_bytes())
    assert (read.key_type, read.spki_sha256, read.sha256) == (
        key_type, made["key"]["spki_sha256"], made["request"]["sha256"],
    )  # fmt: skip


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_sets_its_key_type(csrtui: Csrtui, platform: str) -> None:
    made = csrtui("new", "mydomain.com", "--for", platform, "--json").json
    assert made["platform"] == platform
    assert made["key"]["type"] == PLATFORMS[platform].key_type.value


def test_every_subject_option_has_a_long_and_a_short_form(csrtui: Csrtui) -> None:
    short = ("-O", "O", "-U", "U", "-C", "GB", "-S", "S", "-L", "L")
    long = (
        "--organization=O", "--organizational-unit=U", "--country=GB", "--state=S", "--locality=L",
    )  # fmt: skip
    subjects = {
        csrtui("new", "a.com", "--ca=private", *form, "--json").json["subject"] for form in (short, long)
    }
    assert subjects == {"CN=a.com,OU=U,O=O,L=L,ST=S,C=GB"}


def test_the_counterpart_is_added_on_request(csrtui: Csrtui) -> None:
    ran = csrtui("new", "mydomain.com", "--add-counterpart", "--json")
    assert ran.json["names"] == ["mydomain.com", "www.mydomain.com"]
    assert "certificate warning" not in ran.err


def test_the_counterpart_is_only_suggested_by_default(csrtui: Csrtui) -> None:
    ran = csrtui("new", "mydomain.com", "--json")
    assert ran.json["names"] == ["mydomain.com"]
    assert "warning: Visitors to www.mydomain.com" in ran.err
    assert "  fix: also cover www.mydomain.com" in ran.err


# Nothing is ever overwritten


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_name_in_use_is_reported_and_its_pair_stays_unchanged(csrtui: Csrtui) -> None:
    csrtui("new", "a.com", "--as", "shop")
    before = contents(csrtui.pair("shop"))
    ran = csrtui("new", "b.com", "--as", "shop")
    assert (ran.status, ran.out) == (0, "shop-2\n")
    assert "note: the name shop is taken; this pair is shop-2" in ran.err
    assert contents(csrtui.pair("shop")) == before


@pytest.mark.parametrize("kind", ["file", "folder", "full folder", "link", "broken link"])
def test_an_existing_file_in_the_place_of_the_pair_is_kept(csrtui: Csrtui, kind: str) -> None:
    csrtui("new", "b.com")
    place = csrtui.pair("a.com")
    match kind:
        case "file":
            place.write_text("mine")
        case "link":
            place.symlink_to(csrtui.pair("b.com"))
        case "broken link":
            place.symlink_to("nowhere")
        case _:
            place.mkdir(0o700)
            if kind == "full folder":
                (place / "key.pem").write_text("mine")
    before = place.lstat()
    assert csrtui("new", "a.com").out == "a.com-2\n"
    assert place.lstat() == before
    assert len(contents(csrtui.pair("b.com"))) == 3


# Errors


@pytest.mark.parametrize(
    ("arguments", "said", "hint"),
    [
        ((), "a request needs a name", "csrtui new www.mydomain.com"),
        (("",), "Enter a common name", None),
        (("a.com", "--key", "rsa-1024"), "'rsa-1024' is not a key type", "key types: ec-p256"),
        (("a.com", "--for", "winnt"), "unknown server software 'winnt'", "known: nginx, apache"),
        (("a.com", "--ca", "mine"), "--ca: invalid choice: 'mine'", "csrtui new --help"),
        (("a.com", "--as", "../x"), '"../x" is not a valid pair name', "a pair name consists of"),
        (("a.com", "--as", ""), '"" is not a valid pair name', "a pair name consists of"),
        (("a.com", "--bogus"), "unrecognized arguments: --bogus", "--help"),
        (("a.com", "-O", "My", "Ltd"), "ltd is a public suffix", None),
        (("a.com", "-O"), "-O/--organization: expected one argument", "csrtui new --help"),
        (("a.com", "--organiz", "X"), "unrecognized arguments", "did you mean --organization?"),
        (("a..com",), "has an empty label", None),
        (("a.com", "https://b.com/x"), "is not a bare host name", "write b.com"),
        (("a.com", "-O", "x" * 65), "64", None),
        (("a.com", "-O", "a\x1b[31mb", *ORGANIZATION[2:]), "Organization", None),
        (("intranet",), "intranet", "--ca private; or override with --force"),
        (("a.com", "--key", "ed25519"), "Ed25519", "override with --force"),
        (("a.com", "--from", "x.csv"), "--from cannot be combined with NAME", "leave them out"),
        (("--as", "x", "--from", "x.csv"), "--from cannot be combined with NAME", "leave them out"),
        (("a.com", "--store", ""), '--store is ""', "enter the folder of the store"),
        (("a.com", "--store", "a\0b"), '--store is "a\\x00b"', "enter the folder of the store"),
    ],
)
def test_wrong_input_is_reported_and_leaves_nothing_behind(
    csrtui: Csrtui, arguments: tuple[str, ...], said: str, hint: str | None
) -> None:
    ran = csrtui("new", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.error
    assert hint is None or hint in str(ran.hint)
    assert not csrtui.store.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("a..com",),
        ("",),
        ("a.com", "-O", "x" * 65),
        ("a.com", "-C", "Germany"),
        ("a.com", "-O", "a\nb"),
        ("x" * 64 + ".com",),
    ],
)
def test_force_does_not_override_what_x509_cannot_represent(
    csrtui: Csrtui, arguments: tuple[str, ...]
) -> None:
    ran = csrtui("new", *arguments, "--force")
    assert ran.status == 2
    assert "--force" not in str(ran.hint)
    assert not csrtui.store.exists()


def test_force_overrides_other_errors_with_a_warning(csrtui: Csrtui) -> None:
    ran = csrtui("new", "intranet", "--force")
    assert (ran.status, ran.out) == (0, "intranet\n")
    assert "overruled: " in ran.err


def test_all_errors_are_reported(csrtui: Csrtui) -> None:
    ran = csrtui("new", "a..com", "b..com")
    assert "a..com" in ran.error
    assert "b..com" in ran.err.replace(ran.error, "")


def test_errors_with_the_same_reason_are_merged_except_the_first(csrtui: Csrtui) -> None:
    ran = csrtui("new", "a.local", "b.local", "c.local")
    merged, first = (line for line in ran.err.splitlines() if " is an internal name: " in line)
    assert merged.startswith("error: b.local is an internal name: ")
    assert merged.endswith(". The same applies to c.local.")
    assert first.startswith("csrtui: error: a.local is an internal name: ")
    assert "The same applies" not in first


def test_an_error_is_called_overridden_only_with_force(csrtui: Csrtui) -> None:
    refused = csrtui("new", "intranet", "-C", "ZZ")
    assert refused.status == 2
    assert "error: ZZ is not a country code" in refused.err
    assert "overruled" not in refused.err
    forced = csrtui("new", "intranet", "-C", "ZZ", "--force")
    assert forced.status == 0
    assert forced.err.count("overruled: ") == 2


def test_names_can_be_between_and_after_options(csrtui: Csrtui) -> None:
    ran = csrtui("new", "a.com", *ORGANIZATION, "b.com", "--json", "c.com")
    assert json.loads(ran.out)["names"] == ["a.com", "b.com", "c.com"]


def test_a_second_pair_for_a_common_name_is_made_and_the_first_is_named(csrtui: Csrtui) -> None:
    assert "exists" not in csrtui("new", "www.dup.org", "dup.org").err
    ran = csrtui("new", "www.dup.org", "dup.org")
    assert (ran.status, ran.out) == (0, "www.dup.org-2\n")
    assert "warning: The pair www.dup.org for www.dup.org exists (stage: new). " in ran.err
    renew = f"csrtui renew --store {csrtui.store} www.dup.org"
    assert f"  fix: renew it: {renew}\n" in ran.err
    made = csrtui(*renew.split()[1:])
    assert made.status == 0
    assert csrtui("show", made.out.strip(), "--json").json["renews"] == "www.dup.org"
    assert "pair-exists" in csrtui("check", "www.dup.org", "dup.org", "--json").out
