"""Recipients: what people keep is read, what cannot be encrypted to is named, nothing else gets through."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipients_made import age_pair, bech32, blob, from_values, random_recipient, ssh_pair

from csrtui.core.backups import recipients
from csrtui.core.backups.recipients import (
    MAX_BYTES,
    MAX_RECIPIENTS,
    RecipientKind,
    decode_bech32,
    looks_like_recipient,
    read_recipients,
)
from csrtui.core.base.errors import InputError

ED25519 = ssh_pair("ssh-ed25519")[1]
RSA = ssh_pair("ssh-rsa")[1]
AGE = age_pair()[1]
MODULUS = b"\0\xff" + bytes(254) + b"\x01"


def rsa(modulus: bytes, exponent: bytes = b"\x01\x00\x01") -> str:
    return f"ssh-rsa {blob(b'ssh-rsa', exponent, modulus)}"


def ed25519(key: bytes, name: bytes = b"ssh-ed25519") -> str:
    return f"ssh-ed25519 {blob(name, key)}"


def test_an_authorized_keys_file_with_all_that_may_be_in_one() -> None:
    text = "\r\n".join(
        [
            "# the admins",
            "",
            f"{ED25519} joe@laptop",
            f'  no-pty,command="echo \\"hello world\\" ssh-dss",from="10.0.0.0/8"\t{RSA}  Jane Doe',
            AGE,
            f"{ED25519} again",
        ]
    )
    found = read_recipients(text)
    assert [(one.kind.value, one.text) for one in found] == [
        ("ssh-ed25519", ED25519),
        ("ssh-rsa", RSA),
        ("age", AGE),
    ]


def test_a_recipient_is_shown_as_ssh_keygen_and_age_show_it() -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG6q9Qbpwmce6jFp+lrxwN1L9IKLEdUigwMmwW4UVBlG"
    assert read_recipients(key)[0].label == "ssh-ed25519 SHA256:3WRv5KxksfKWVf10lRtiXDNJUyJHp34CiPxm96QbnXs"
    assert read_recipients(AGE)[0].label == AGE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no recipient in it"),
        ("# nobody\n\n", "no recipient in it"),
        ("hello", "no recipient: hello"),
        ("\x1b[31mred", "no recipient: \\x1b[31mred"),
        ("no-pty", "no recipient: no-pty"),
        ('command="never closed ssh-ed25519 AAAA', "no recipient: command="),
        (ssh_pair("ecdsa")[1], "an ECDSA key, which age cannot encrypt to (ecdsa-sha2-nistp256)"),
        ("sk-ssh-ed25519@openssh.com AAAA", "a key of a security token"),
        ("sk-ecdsa-sha2-nistp256@openssh.com AAAA", "a key of a security token"),
        ("ssh-dss AAAA", "a DSA key"),
        ("ssh-ed25519-cert-v01@openssh.com AAAA", "cannot encrypt to ssh-ed25519-cert-v01@openssh.com"),
        (f"cert-authority {ED25519}", "certificate authority"),
        (
            "age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t",
            "plugin of age (yubikey)",
        ),
        ("age1pq1qqqq", "another kind or a plugin of age (pq)"),
        (AGE[:-1], "missing or wrong"),
        (f"{AGE[:9]}b{AGE[10:]}", "missing or wrong"),
        ("age1", "missing or wrong"),
        (bech32("age", bytes(31)), "not as long as one is"),
        (bech32("age", bytes(200)), "not as long as one is"),
        (bech32("age", bytes(32)), "no real key"),
        (bech32("age", b"\x01" + bytes(31)), "no real key"),
        (f"ssh-ed25519 {'A' * 7}", "damaged or cut short"),
        ("ssh-ed25519", "damaged or cut short"),
        (ED25519[:-5], "damaged or cut short"),
        (ED25519[:-4], "damaged or cut short"),
        (ed25519(bytes(31)), "damaged or cut short"),
        (ed25519(bytes(range(32)), b"ssh-rsa"), "damaged or cut short"),
        (f"ssh-ed25519 {blob(b'ssh-ed25519', bytes(range(32)), b'more')}", "damaged or cut short"),
        (ed25519(bytes(32)), "no real key"),
        (ed25519(b"\x01" + bytes(31)), "no real key"),
        (ed25519(b"\xec" + b"\xff" * 30 + b"\x7f"), "no real key"),
        (rsa(b"\0\xff" + bytes(126) + b"\x01"), "too weak, too large"),
        (rsa(b"\0\xff" + bytes(512) + b"\x01"), "too weak, too large"),
        (rsa(MODULUS[1:]), "too weak, too large"),
        (rsa(MODULUS[:-1] + b"\x02"), "too weak, too large"),
        (rsa(MODULUS, b"\x01"), "too weak, too large"),
        (rsa(MODULUS, b"\x04"), "too weak, too large"),
        (f"ssh-rsa {blob(b'ssh-rsa', b'', b'')}", "too weak, too large"),
        ("x" * (MAX_BYTES + 1), "too much for recipients"),
    ],
    ids=map(str, count()),  # the same in every process, as the keys are not
)
def test_what_cannot_be_encrypted_to_is_said(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_recipients(text)
    assert said in caught.value.what
    assert caught.value.hint


def test_a_line_of_blanks_says_nothing_whatever_blanks_they_are() -> None:
    (one,) = read_recipients(f"\u2003\n\x1f\n\ufeff \ufeff\n \x1f{AGE}\u2003")
    assert one.text == AGE


def test_nobody_is_left_out_silently() -> None:
    with pytest.raises(InputError, match=r"line 2: that is an ECDSA key"):
        read_recipients(f"{ED25519}\n{ssh_pair('ecdsa')[1]}\n")


def test_a_private_key_is_not_quoted() -> None:
    for secret in (age_pair()[0].decode(), ssh_pair("ssh-ed25519")[0].decode(), "AGE-PLUGIN-YUBIKEY-1QQ"):
        assert looks_like_recipient(secret)
        with pytest.raises(InputError) as caught:
            read_recipients(secret)
        assert caught.value.what == "that is a private key, not a recipient"


def test_no_more_than_may_be() -> None:
    many = [random_recipient() for _ in range(MAX_RECIPIENTS + 1)]
    assert len(read_recipients("\n".join(many[1:]))) == MAX_RECIPIENTS
    with pytest.raises(InputError, match=f"more than {MAX_RECIPIENTS}"):
        read_recipients("\n".join(many))


@pytest.mark.parametrize(
    ("text", "is_one"),
    [(AGE, True), (ED25519, True), ("sk-x", True), ("ecdsa-x", True), ("./age1", False)],
    ids=map(str, count()),
)
def test_an_argument_is_a_recipient_or_a_file(text: str, *, is_one: bool) -> None:
    assert looks_like_recipient(text) is is_one


def read_or_refuse(text: str) -> str:
    """The labels of the recipients, or what is said instead."""
    try:
        return " ".join(recipient.label for recipient in read_recipients(text))
    except InputError as error:
        return error.what


@given(st.text(max_size=200) | st.text("age1qpzry9x8gf2tvdw0s3jn54khce6mua7l \n", max_size=80))
def test_whatever_the_text_an_error_or_recipients(text: str) -> None:
    assert read_or_refuse(text).isprintable()


@given(st.binary(max_size=300), st.sampled_from(list(RecipientKind)[1:]))
def test_whatever_the_blob_an_error_or_recipients(data: bytes, kind: RecipientKind) -> None:
    for text in (
        f"{kind} {blob(data)}",
        f"{kind} {blob(kind.encode(), data)}",
        f"{kind} {blob(kind.encode(), data, data)}",
    ):
        assert read_or_refuse(text).isprintable()


@given(st.binary(max_size=80))
def test_bech32_gives_back_what_went_in(data: bytes) -> None:
    assert decode_bech32(bech32("age", data)) == ("age", data)


@given(st.integers(4, 61), st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l"))
def test_one_wrong_character_is_noticed(at: int, character: str) -> None:
    changed = AGE[:at] + character + AGE[at + 1 :]
    if changed != AGE:
        with pytest.raises(InputError):
            decode_bech32(changed)


@pytest.mark.parametrize(
    "text", ["", "1", "age", "agé1qqqqqq", from_values("age", [0]), from_values("age", [0, 1]), "age1bbbbbbb"]
)
def test_what_is_no_bech32(text: str) -> None:
    with pytest.raises(InputError):
        decode_bech32(text)


def test_points_of_small_order_are_those_that_give_no_secret() -> None:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    own = X25519PrivateKey.generate()
    for u in [*recipients._SMALL_ORDER, 9, 4]:
        there = X25519PublicKey.from_public_bytes(u.to_bytes(32, "little"))
        if recipients.is_small_order(u):
            with pytest.raises(ValueError, match=r".*"):
                own.exchange(there)
        else:
            assert own.exchange(there)
