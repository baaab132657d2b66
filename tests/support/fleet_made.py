"""Answers of hosts to ``csrtui fleet``, and a pair on them."""

from __future__ import annotations

from typing import Any

from fake_ansible import printed
from requests_made import NOW, record

from csrtui.core.certificates import csr as request
from csrtui.core.keys import key_types
from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.pair_json import pair_document
from csrtui.core.subject.fields import SubjectFields

KEY = key_types.generate(key_types.KeyType.EC_P256)
CSR = request.to_pem(request.build(SubjectFields(common_name="a.com"), ("a.com",), KEY)).decode()
ASKED = request.read_pem(CSR.encode())


def pair(name: str = "a.com", **change: Any) -> dict[str, Any]:
    """Return a pair as ``csrtui list --json`` prints it, new and without a backup."""
    document = pair_document(Pair(name, f"/s/pairs/{name}", record()), NOW)
    document["key"] = {"type": "ec-p256", "encrypted": False, "spki_sha256": ASKED.spki_sha256}
    document["request"] = {"sha256": ASKED.sha256, "signature_hash": "sha256"}
    return {
        **document,
        "backup": {"status": "none", "path": None},
        "stage": "new",
        "submitted": None,
    } | change


def pair_for(*names: str, name: str = "", **subject: str) -> tuple[dict[str, Any], str]:
    """Return a pair for these names as ``csrtui list --json`` prints it, and its matching CSR in PEM."""
    fields = SubjectFields(common_name=names[0], attributes=(), **subject)
    csr = request.read_der(request.build(fields, names, KEY))
    document = pair(
        name or names[0],
        subject=csr.subject_text,
        subject_fields={key: text for key, text in csr.subject._asdict().items() if key != "attributes"},
        names=list(csr.names),
        key={"type": "ec-p256", "encrypted": False, "spki_sha256": csr.spki_sha256},
        request={"sha256": csr.sha256, "signature_hash": "sha256"},
    )
    return document, request.to_pem(csr.der).decode()


def made(*names: str, done: tuple[str, ...] = ("made",), **subject: str) -> dict[str, Any]:
    """Return the result of the collection's module ``pair`` on a host with a pair for these names."""
    document, csr = pair_for(*names, **subject)
    return {"changed": bool(done), "done": list(done), "pair": document, "csr": csr}


def listed(*pairs: dict[str, Any], status: int = 0, err: str = "") -> dict[str, Any]:
    """Return the answer of a host with these pairs."""
    return printed({"schema": 1, "pairs": list(pairs)}, status, err)


AWAY = {"ended": "unreachable", "msg": "no route to host"}
