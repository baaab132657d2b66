"""Names of other kinds and requests without a common name, in every command that makes, shows or imports pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from throwaway_ca import issue

from csrtui.core.certificates import csr

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

PRIVATE = ("--ca", "private")
NAMES = (
    "email:jane@xn--bcher-kva.de",
    "uri:https://mydomain.com/jane",
    "upn:jane@corp.local",
    "vpn",
    "10.0.0.1",
)
TYPED = ("jane@bücher.de", "uri:https://mydomain.com/jane", "upn:jane@corp.local", "dns:vpn", "ip:10.0.0.1")


@pytest.fixture
def word(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("word") / "word"
    file.write_text("correct horse battery staple\n")
    file.chmod(0o600)
    return file


@pytest.mark.parametrize(
    ("options", "subject", "name"),
    [
        (("Jane Doe", *TYPED, "--purpose", "client"), "CN=Jane Doe", "jane-doe"),
        ((*TYPED, "--purpose", "email"), "CN=jane@xn--bcher-kva.de", "jane-xn--bcher-kva.de"),
        ((*TYPED, "--no-common-name"), "", "jane-xn--bcher-kva.de"),
    ],
)
def test_every_command_keeps_the_names(
    csrtui: Csrtui, word: Path, options: tuple[str, ...], subject: str, name: str
) -> None:
    made = csrtui("new", *options, *PRIVATE, "--json")
    assert (made.json["names"], made.json["subject"], made.json["name"]) == (list(NAMES), subject, name)
    assert "email:jane@" in csrtui("show", name).out
    assert csrtui("list", "--filter", "upn:jane", "--json").json["pairs"][0]["name"] == name
    folder = csrtui.pair(name)
    request = csr.read_pem((folder / "request.pem").read_bytes())
    assert request.names == NAMES
    certificate = word.with_name("certificate.pem")
    certificate.write_bytes(issue(request.der))
    imported = csrtui("import", str(certificate), "--json").json["results"][0]
    assert (imported["ok"], imported["pair"]) == (True, name)
    assert not any("name" in difference["kind"] for difference in imported["differences"])
    renewed = csrtui("renew", name, "--json")
    assert (renewed.json["names"], renewed.json["subject"]) == (list(NAMES), subject)
    saved = csrtui("backup", name, "--to", str(word.parent), "--passphrase-file", str(word), "--json")
    folder.rename(word.with_name("gone"))
    restored = csrtui("restore", saved.json["results"][0]["file"], "--passphrase-file", str(word), "--json")
    assert restored.json["results"][0]["pair"] == name
    assert csrtui("show", name, "--json").json["names"] == list(NAMES)
    levels = {finding["level"] for finding in csrtui("doctor", "--json").json["findings"]}
    assert levels <= {"note", "warning"}


def test_a_renewal_of_an_adopted_request_keeps_the_names(csrtui: Csrtui) -> None:
    csrtui("new", *TYPED, "--no-common-name", "--purpose", "client", *PRIVATE, "--as", "first")
    folder = csrtui.pair("first").rename(csrtui.store.parent / "elsewhere")
    csrtui("adopt", "--key", str(folder / "key.pem"), "--csr", str(folder / "request.pem"), *PRIVATE)
    name = "jane-xn--bcher-kva.de"
    assert csrtui("show", name, "--json").json["names"] == list(NAMES)
    renewed = csrtui("renew", name, "--json")
    assert renewed.status == 0
    assert (renewed.json["names"], renewed.json["purpose"], renewed.json["subject"]) == (
        list(NAMES),
        "client",
        "",
    )


def test_an_empty_subject_is_shown_and_its_names_are_critical(csrtui: Csrtui) -> None:
    checked = csrtui("check", "www.mydomain.com", "mydomain.com", "--no-common-name")
    assert checked.status == 0
    assert "Subject  (empty)" in checked.out
    assert "public CAs accept this" in checked.out
    made = csrtui("new", "www.mydomain.com", "mydomain.com", "--no-common-name", "--json")
    assert made.json["subject_fields"]["common_name"] is None
    assert made.json["name"] == "www.mydomain.com"
    request = csr.read_pem(csrtui.pair("www.mydomain.com").joinpath("request.pem").read_bytes())
    names = next(iter(csr.requested_extensions(request.der)))
    assert names.critical
    assert csrtui("renew", "www.mydomain.com", "--json").json["subject"] == ""


def test_a_request_for_an_address_without_a_common_name_follows_the_advice(csrtui: Csrtui) -> None:
    (finding,) = csrtui("check", "8.8.8.8", "--json").json["findings"]
    assert finding["fix"] == {"label": "leave the common name out", "names": ["8.8.8.8"]}
    long = "a" * 60 + ".mydomain.com"
    refused = csrtui("new", long)
    assert (refused.status, refused.hint) == (2, "leave the common name out: --no-common-name")
    assert csrtui("new", long, "--no-common-name").status == 0


def test_a_request_without_any_name_is_an_error(csrtui: Csrtui) -> None:
    assert csrtui("check", "", "--no-common-name").status == 1
