"""``csrtui served`` compares the certificates that a server sends with the pair, and names the differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from certificates_made import intermediate, pem, root
from cryptography import x509

from csrtui.core.certificates.csr import read_pem

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

NAME = "www.a-shop.com"


def issued(csrtui: Csrtui, pair: str, **changes: Any) -> x509.Certificate:
    csr = read_pem((csrtui.pair(pair) / "request.pem").read_bytes())
    return intermediate().sign(csr.der, **changes)


@pytest.fixture
def made(csrtui: Csrtui, tmp_path: Path) -> Csrtui:
    """Return csrtui with two pairs. The first has its certificate and chain."""
    assert csrtui("new", NAME, "a-shop.com").status == 0
    assert csrtui("new", "b-shop.com", "www.b-shop.com").status == 0
    path = tmp_path / "answer.pem"
    path.write_bytes(pem(issued(csrtui, NAME), intermediate().certificate))
    assert csrtui("import", str(path)).status == 0
    return csrtui


def s_client(*certificates: x509.Certificate) -> bytes:
    """Return certificates in the form that ``openssl s_client -showcerts`` prints."""
    lines = [b"CONNECTED(00000003)\n---\nCertificate chain\n"]
    for number, certificate in enumerate(certificates):
        subject = certificate.subject.rfc4514_string().encode()
        lines.append(b" %d s:%s\n   i:CN = CA\n" % (number, subject) + pem(certificate))
    return b"".join([*lines, b"---\nServer certificate\nsubject=CN = a\n---\nDONE\n"])


def verdict(csrtui: Csrtui, output: bytes) -> tuple[int, list[str]]:
    ran = csrtui("served", NAME, "--json", stdin=output)
    assert ran.json["ok"] is (ran.status == 0)
    return ran.status, [result["code"] for result in ran.json["results"]]


def stored(csrtui: Csrtui) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates((csrtui.pair(NAME) / "certificate.pem").read_bytes())


def test_the_certificate_of_the_pair_with_its_chain_is_accepted(made: Csrtui, tmp_path: Path) -> None:
    leaf, middle = stored(made)
    assert verdict(made, s_client(leaf, middle)) == (0, ["served"])
    assert verdict(made, s_client(leaf, middle, root().certificate)) == (0, ["served"])
    path = tmp_path / "out.txt"
    path.write_bytes(s_client(leaf, middle))
    ran = made("served", NAME, str(path))
    assert ran.status == 0
    assert ran.out.startswith(f"ok  {NAME}  {path}  the server sends this certificate (expires ")
    assert [result["file"] for result in made("served", NAME, str(path), "--json").json["results"]] == [
        str(path)
    ]


def test_every_problem_is_named(made: Csrtui) -> None:
    leaf, middle = stored(made)
    older = issued(made, NAME, start=leaf.not_valid_before_utc.replace(year=2025), days=3000)
    newer = issued(made, NAME, start=leaf.not_valid_after_utc.replace(year=2020), names=[NAME])
    assert verdict(made, s_client(leaf)) == (1, ["chain-missing"])
    assert verdict(made, s_client(older, middle)) == (1, ["older"])
    assert "names-not-covered" in verdict(made, s_client(newer, middle))[1]
    assert verdict(made, s_client(issued(made, "b-shop.com"), middle)) == (1, ["other-pair"])
    assert verdict(made, s_client(root().certificate)) == (1, ["other-certificate"])
    without = s_client(leaf, middle).replace(pem(middle), b"")
    assert verdict(made, without) == (1, ["chain-not-shown"])
    assert verdict(made, b"connect:errno=111\n") == (1, ["no-certificate"])
    assert "connect:errno=111" in made("served", NAME, stdin=b"connect:errno=111\n").out


def test_unreadable_parts_are_always_reported(made: Csrtui) -> None:
    leaf, middle = stored(made)
    chain = pem(leaf, middle)
    damaged = pem(root().certificate)[:300] + b"\n-----END CERTIFICATE-----\n"
    assert verdict(made, chain) == (0, ["served"])
    assert verdict(made, chain + damaged) == (1, ["unreadable"])
    assert verdict(made, chain * 260) == (1, ["unreadable"])  # 500 certificates are read
    ran = made("served", NAME, stdin=chain + (made.pair(NAME) / "key.pem").read_bytes())
    assert (ran.status, "it contains a private key" in ran.out) == (1, True)


def test_a_certificate_that_was_never_imported(made: Csrtui) -> None:
    ran = made(
        "served",
        "b-shop.com",
        "--json",
        stdin=s_client(issued(made, "b-shop.com"), intermediate().certificate),
    )
    assert [result["code"] for result in ran.json["results"]] == ["not-imported"]


def test_the_certificate_of_the_pair_that_this_one_renews(made: Csrtui) -> None:
    leaf, middle = stored(made)
    assert made("renew", NAME).status == 0
    ran = made("served", f"{NAME}-2", stdin=s_client(leaf, middle))
    assert ran.status == 1
    assert f"still sends the certificate of {NAME}, which this pair renews" in ran.out
    assert f" {NAME}-2 --replace, then reload" in ran.out


def test_an_unknown_pair_is_a_usage_error(made: Csrtui) -> None:
    assert made("served", "nobody", stdin=b"").status == 2
    assert made("served", NAME, "/nowhere").status == 2
    assert made("served", NAME, "--store", "/nowhere", stdin=b"").status == 3
