"""Distinguished names as text."""

import pytest

from certmanager.pki import distinguished_name
from certmanager.pki.errors import PkiError


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("CN=foo,DC=corp,DC=example,DC=com", "CN=foo,DC=corp,DC=example,DC=com"),
        ("O=Example, CN=example.com, 2.5.4.42=John", "O=Example,CN=example.com,2.5.4.42=John"),
        (" CN = foo ; O=x", "CN=foo,O=x"),
        ("CN=a+OU=b,O=x\\,y", "CN=a+OU=b,O=x\\,y"),
        ("CN=a\\ ,O=b", "CN=a\\ ,O=b"),
        ("CN=a\\\\ ,O=b", "CN=a\\\\,O=b"),
        ("SERIALNUMBER=12,CN=x=y", "2.5.4.5=12,CN=x=y"),
        ("CN=\\#1", "CN=\\#1"),
    ],
)
def test_forms(text: str, canonical: str) -> None:
    assert distinguished_name.parse(text).rfc4514_string() == canonical


def test_what_is_last_in_the_text_is_first_in_the_name() -> None:
    assert [rdn.rfc4514_string() for rdn in distinguished_name.parse("CN=a,O=b").rdns] == ["O=b", "CN=a"]


@pytest.mark.parametrize(
    "text", ["CN", "=x", "FOO=x", "CN=a,", "CN=a,,O=b", "CN=", "C=Germany", "CN=a\\", "CN= #0403616263"]
)
def test_what_isnt_one_is_an_error_that_quotes_it(text: str) -> None:
    with pytest.raises(PkiError) as error:
        distinguished_name.parse(text)
    assert str(error.value).startswith(f"{text!r} is not a distinguished name (RFC 4514): ")
