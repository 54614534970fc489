"""Each error type of RFC 8555 is explained: where it is defined, and what to do next."""

import json

import pytest

from certmanager.acme import problem


@pytest.mark.parametrize("name", sorted(problem.ERROR_TYPES))
def test_every_type_of_problem_names_its_section_and_what_to_do(name: str) -> None:
    error = problem.ProblemError(problem.Problem(name, "what the CA said"))
    assert "what the CA said" in str(error)
    assert error.problem.error_type.section.startswith(("RFC ", "draft-"))
    assert error.problem.error_type.advice.endswith(".")


def test_a_ca_s_words_are_cut_where_they_are_endless() -> None:
    body = json.dumps({"type": "t" * 10_000, "detail": "d" * 10_000}).encode()
    document = problem.of_reply(400, "application/problem+json", body, "https://ca.example/")
    assert str(document) == f"{'t' * 2000}: {'d' * 2000}"


def test_every_type_of_rfc_8555_is_known() -> None:
    assert {
        *("accountDoesNotExist", "alreadyRevoked", "badCSR", "badNonce", "badPublicKey", "badRevocationReason"),
        *("badSignatureAlgorithm", "caa", "compound", "connection", "dns", "externalAccountRequired"),
        *("incorrectResponse", "invalidContact", "malformed", "orderNotReady", "rateLimited", "rejectedIdentifier"),
        *("serverInternal", "tls", "unauthorized", "unsupportedContact", "unsupportedIdentifier", "userActionRequired"),
    } <= problem.ERROR_TYPES.keys()
