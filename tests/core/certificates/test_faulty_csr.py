"""A CSR that breaks encoding rules is refused, but its fields can still be shown."""

from command import ROOT

from csrtui.core import bundle
from csrtui.core.certificates.csr import read_faulty

FOLDER = ROOT / "tests" / "data" / "files" / "adopt-csr"


def test_the_fields_of_a_faulty_csr_are_read_from_a_copy() -> None:
    (problem,) = bundle.read((FOLDER / "07-teletex-umlaut.csr").read_bytes()).problems
    faulty = read_faulty(problem.request_der)
    assert faulty is not None
    request, copy = faulty
    assert request.subject_text == "CN=www.example.com,O=Müller AG"
    assert request.der == problem.request_der != copy


def test_octets_that_are_not_a_csr_have_no_fields() -> None:
    assert read_faulty(b"") is None
