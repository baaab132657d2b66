"""The policy of a machine, and the merging of site-wide files with the user's own."""

from __future__ import annotations

import pytest
from tables import table

from csrtui.core.base.errors import InputError
from csrtui.core.config.policy import NO_POLICY, Policy
from csrtui.core.config.settings import (
    Config,
    Profile,
    merge_documents,
    parse_config,
    parse_document,
    read_config,
)
from csrtui.core.keys.key_types import KeyType

SITE = """
[defaults]
organization = "Site Ltd"
ca = "private"

[profiles.shop]
organization = "Site Ltd"
country = "GB"

[servers.nginx]
folder = "/etc/nginx/tls"

[policy]
min_rsa_bits = 3072
key_types = ["ec-p256", "rsa-2048", "rsa-4096"]
backup_before_submit = true
"""


def test_defaults_servers_and_policy_are_read() -> None:
    config = parse_config(SITE, "c.toml")
    assert config.defaults == Profile(organization="Site Ltd", ca=config.defaults.ca)
    assert config.servers == {"nginx": "/etc/nginx/tls"}
    types = (KeyType.EC_P256, KeyType.RSA_2048, KeyType.RSA_4096)
    assert config.policy == Policy(3072, types, backup_before_submit=True)


def test_values_of_the_first_document_win_and_tables_are_merged() -> None:
    own = parse_document('[profiles.shop]\norganization = "Own"\ncountry = ""\n[profiles.x]\n', "own.toml")
    merged = read_config(merge_documents([own, parse_document(SITE, "site.toml")]))
    assert merged.profiles == {"shop": Profile(organization="Own"), "x": Profile()}
    assert merged.servers == {"nginx": "/etc/nginx/tls"}
    assert read_config(merge_documents([])) == Config()


@table(
    ("text", "message"),
    [
        ("[defaults]\nname = 'x'", "defaults.name is not known"),
        ("[servers.ngnix]\nfolder = '/x'", "servers.ngnix is not known server software"),
        ("[servers.nginx]\npath = '/x'", "servers.nginx.path is not known"),
        ("[servers.nginx]\nfolder = 'tls'", "servers.nginx.folder is not an absolute path"),
        ("[servers.nginx]\nfolder = 1", "servers.nginx.folder is not a string"),
        ("[policy]\nmin_rsa = 1", "policy.min_rsa is not known"),
        ("[policy]\nmin_rsa_bits = true", "policy.min_rsa_bits is not a number"),
        ("[policy]\nmin_rsa_bits = '1'", "policy.min_rsa_bits is not a number"),
        ("[policy]\nkey_types = 'rsa-2048'", "policy.key_types is not a list of key types"),
        ("[policy]\nkey_types = ['dsa']", "policy.key_types is not a list of key types"),
        ("[policy]\nbackup_before_submit = 1", "policy.backup_before_submit is neither true nor false"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_config(text, "c.toml")
    assert (
        caught.value.message
        == f"c.toml, line {len(text.splitlines()) if '[servers.ngnix' not in text else 1}: {message}"
    )


def test_a_server_without_values_has_no_folder() -> None:
    assert parse_config("[servers.nginx]\n", "c.toml").servers == {"nginx": ""}


@table(
    ("policy", "key_type", "text", "better"),
    [
        (
            Policy(3072),
            KeyType.RSA_2048,
            "policy requires RSA keys of at least 3072 bits (set in c.toml)",
            "rsa-3072",
        ),
        (Policy(key_types=(KeyType.EC_P384,)), KeyType.EC_P256, "policy allows ec-p384", "ec-p384"),
        (Policy(key_types=(KeyType.EC_P384,)), KeyType.RSA_2048, "policy allows ec-p384", "ec-p384"),
        (Policy(9000, (KeyType.RSA_4096,)), KeyType.RSA_4096, "at least 9000 bits", None),
    ],
)
def test_a_key_that_policy_does_not_allow_blocks_unless_forced(
    policy: Policy, key_type: KeyType, text: str, better: str | None
) -> None:
    policy = Policy(policy.min_rsa_bits, policy.key_types, source="c.toml")
    (finding,) = policy.findings(key_type)
    assert finding.blocks
    assert finding.forceable
    assert text in finding.text
    assert (finding.fix.value if finding.fix else None) == better


def test_without_a_policy_every_key_is_allowed() -> None:
    assert not [finding for key_type in KeyType for finding in NO_POLICY.findings(key_type)]
    assert not list(Policy(3072).findings(KeyType.EC_P256))
