"""Recipients: the usual file formats are read, unusable keys are named, and everything else is refused."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipients_made import age_pair, bech32, blob, from_values, random_recipient, ssh_pair
from tables import table

from csrtui.core.backups import age
from csrtui.core.backups.recipients import (
    MAX_BYTES,
    MAX_RECIPIENTS,
    Recipient,
    RecipientKind,
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


def test_a_complete_authorized_keys_file_is_read() -> None:
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
    recipients = read_recipients(text)
    assert [(recipient.kind.value, recipient.text) for recipient in recipients] == [
        ("ssh-ed25519", ED25519),
        ("ssh-rsa", RSA),
        ("age", AGE),
    ]


def test_a_recipient_is_shown_as_ssh_keygen_and_age_show_it() -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG6q9Qbpwmce6jFp+lrxwN1L9IKLEdUigwMmwW4UVBlG"
    assert read_recipients(key)[0].label == "ssh-ed25519 SHA256:3WRv5KxksfKWVf10lRtiXDNJUyJHp34CiPxm96QbnXs"
    assert read_recipients(AGE)[0].label == AGE


@table(
    ("text", "message"),
    [
        ("", "contains no recipient"),
        ("# nobody\n\n", "contains no recipient"),
        ("hello", "not a recipient: hello"),
        ("\x1b[31mred", "not a recipient: \\x1b[31mred"),
        ("no-pty", "not a recipient: no-pty"),
        ('command="never closed ssh-ed25519 AAAA', "not a recipient: command="),
        (ssh_pair("ecdsa")[1], "an ECDSA key, which age cannot encrypt to (ecdsa-sha2-nistp256)"),
        ("sk-ssh-ed25519@openssh.com AAAA", "a key of a security token"),
        ("sk-ecdsa-sha2-nistp256@openssh.com AAAA", "a key of a security token"),
        ("ssh-dss AAAA", "a DSA key"),
        ("ssh-ed25519-cert-v01@openssh.com AAAA", "cannot encrypt to ssh-ed25519-cert-v01@openssh.com"),
        (f"cert-authority {ED25519}", "certificate authority"),
        ("age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t", "age plugin (yubikey)"),
        ("age1pq1qqqq", "another kind or for an age plugin (pq)"),
        (AGE[:-1], "missing or wrong"),
        (f"{AGE[:9]}b{AGE[10:]}", "missing or wrong"),
        ("age1", "missing or wrong"),
        (bech32("age", bytes(31)), "missing or wrong"),
        (bech32("age", bytes(200)), "missing or wrong"),
        (from_values("age", [0, 9, *[0] * 49, 1]), "missing or wrong"),
        (f"ssh-ed25519 {'A' * 7}", "damaged or cut short"),
        ("ssh-ed25519", "damaged or cut short"),
        (ED25519[:-5], "damaged or cut short"),
        (ED25519[:-4], "damaged or cut short"),
        (ed25519(bytes(31)), "damaged or cut short"),
        (ed25519(bytes(range(32)), b"ssh-rsa"), "damaged or cut short"),
        (f"ssh-ed25519 {blob(b'ssh-ed25519', bytes(range(32)), b'more')}", "damaged or cut short"),
        (f"ssh-rsa {blob(b'ssh-rsa', b'3', b'5', b'more')}", "damaged or cut short"),
        ("x" * MAX_BYTES, "not a recipient"),
        ("x" * (MAX_BYTES + 1), "too much for recipients"),
    ],
)
def test_what_is_not_a_recipient_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_recipients(text)
    assert message in caught.value.message
    assert caught.value.hint


P = 2**255 - 19
ORDER_8 = 325606250916557431795983626356110631294008115727848805560023387167927233504
OTHER_ORDER_8 = 39382357235489614581723060781553021112529911719440698176882885853963445705823
HIGHEST_BIT = 1 << 255
SMALL_ORDER = [0, 1, P - 1, ORDER_8, OTHER_ORDER_8]
"""The u-coordinates of all points of order 1, 2, 4 and 8 on Curve25519 and its twist (RFC 7748 7)."""


@table("u", [*SMALL_ORDER, P, P + 1, HIGHEST_BIT, ORDER_8 | HIGHEST_BIT])
def test_an_age_recipient_of_small_order_is_refused(u: int) -> None:
    with pytest.raises(InputError, match="not a real key: anyone could open the backup"):
        read_recipients(bech32("age", u.to_bytes(32, "little")))


@table(
    "key",
    [
        bytes(32),
        b"\x01" + bytes(31),
        b"\xec" + b"\xff" * 30 + b"\x7f",
        b"\xee" + b"\xff" * 30 + b"\x7f",
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
    ],
)
def test_an_ssh_ed25519_key_of_small_order_is_refused(key: bytes) -> None:
    with pytest.raises(InputError, match="not a real key: anyone could open the backup"):
        read_recipients(ed25519(key))


@table("u", [2, 4, 9, ORDER_8 + 1])
def test_other_points_are_accepted(u: int) -> None:
    text = bech32("age", u.to_bytes(32, "little"))
    assert read_recipients(text)[0].text == text


def damaged_age(character: str) -> str:
    return AGE[:30] + character + AGE[31:]


UNUSABLE = [
    *[damaged_age(character) for character in "qpzry" if character != AGE[30]][:4],
    ed25519(b"\x02" + bytes(31)),  # not on the curve
    rsa(b"\0\xff" + bytes(126) + b"\x01"),
    rsa(b"\0\xff" + bytes(512) + b"\x01"),
    rsa(MODULUS[1:]),
    rsa(MODULUS[:-1] + b"\x02"),
    rsa(MODULUS, b"\x01"),
    rsa(MODULUS, b"\x04"),
    rsa(b"", b""),
]


@table("text", UNUSABLE)
def test_pyrage_refuses_recipients_that_only_have_the_right_form(text: str) -> None:
    recipients = read_recipients(f"{AGE}\n{text}")
    for refuse in (age.check_recipients, partial(age.encrypt, b"")):
        with pytest.raises(InputError) as caught:
            refuse(recipients)
        assert f"the recipient {recipients[1].label}: " in caught.value.message
        assert caught.value.hint


def test_a_panic_of_pyrage_names_the_recipient() -> None:
    recipient = Recipient(RecipientKind.AGE, bech32("age", bytes(32)))
    with pytest.raises(InputError, match=recipient.text):
        age.check_recipients([recipient])


@table("text", [AGE, ED25519, RSA, rsa(b"\0\xff" + bytes(510) + b"\x01")])
def test_pyrage_accepts_good_recipients(text: str) -> None:
    age.check_recipients(read_recipients(text))


def test_blank_lines_are_ignored() -> None:
    (one,) = read_recipients(f"\u2003\n\x1f\n\ufeff \ufeff\n \x1f{AGE}\u2003")
    assert one.text == AGE


def test_no_line_is_skipped_silently() -> None:
    with pytest.raises(InputError, match=r"line 2: that is an ECDSA key"):
        read_recipients(f"{ED25519}\n{ssh_pair('ecdsa')[1]}\n")


def test_a_private_key_is_not_quoted() -> None:
    for secret in (age_pair()[0].decode(), ssh_pair("ssh-ed25519")[0].decode(), "AGE-PLUGIN-YUBIKEY-1QQ"):
        assert looks_like_recipient(secret)
        with pytest.raises(InputError) as caught:
            read_recipients(secret)
        assert caught.value.message == "that is a private key, not a recipient"


def test_too_many_recipients_are_refused() -> None:
    many = [random_recipient() for _ in range(MAX_RECIPIENTS + 1)]
    assert len(read_recipients("\n".join(many[1:]))) == MAX_RECIPIENTS
    with pytest.raises(InputError, match=f"more than {MAX_RECIPIENTS}"):
        read_recipients("\n".join(many))


@table(
    ("text", "is_one"), [(AGE, True), (ED25519, True), ("sk-x", True), ("ecdsa-x", True), ("./age1", False)]
)
def test_an_argument_is_a_recipient_or_a_file(text: str, *, is_one: bool) -> None:
    assert looks_like_recipient(text) is is_one


def read_or_refuse(text: str) -> str:
    """Return the labels of the recipients, or the error message."""
    try:
        return " ".join(recipient.label for recipient in read_recipients(text))
    except InputError as error:
        return error.message


@given(st.text(max_size=200) | st.text("age1qpzry9x8gf2tvdw0s3jn54khce6mua7l \n", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert read_or_refuse(text).isprintable()


@given(st.binary(max_size=300), st.sampled_from(list(RecipientKind)[1:]))
def test_any_blob_is_read_or_refused(data: bytes, kind: RecipientKind) -> None:
    for text in (
        f"{kind} {blob(data)}",
        f"{kind} {blob(kind.encode(), data)}",
        f"{kind} {blob(kind.encode(), data, data)}",
    ):
        assert read_or_refuse(text).isprintable()
