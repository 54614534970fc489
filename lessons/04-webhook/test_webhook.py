"""Does your webhook say no where it should, and step aside otherwise? First each part by itself, then asked by a real API server."""

import contextlib
import json
import ssl
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from prometheus_client import CollectorRegistry

from icecream_operator.icecream import Icecream, parse
from icecream_operator.webhook import cert_watcher, scope, self_signed_ca, validation
from icecream_operator.webhook.cert_watcher import CertWatcher, Pair, PairError
from icecream_operator.webhook.menu import Menu
from icecream_operator.webhook.self_signed_ca import Authority
from icecream_operator.webhook.validation import Validation
from workshop.testing.coroutine_runner import CoroutineRunner
from workshop.testing.failures import CheckFailedError, ask_for_await

VALIDATE = "icecream_operator/webhook/validation.py, validate"
CONCERNS = "icecream_operator/webhook/scope.py, concerns"
CA = "icecream_operator/webhook/self_signed_ca.py, authority and server_certificate"
LOOK = "icecream_operator/webhook/cert_watcher.py, look"
RUNNER = CoroutineRunner()
Extension = TypeVar("Extension", bound=x509.ExtensionType)

# Exercise 1: the validation.

MENU = Menu({"lemon": ("cream",), "matcha": ("cream", "watermelon"), "vanilla": ("sprinkles", "watermelon")})
ON_THE_MENU = 'supported values: "lemon", "matcha", "vanilla"'


def icecream(name: str, *flavours: str, created: int = 0, **metadata: Any) -> Icecream:
    """An icecream as the operator sees it; `created` is in seconds."""
    about = {"name": name, "uid": f"uid-{name}", "resourceVersion": "1", "generation": 1}
    time = f"2026-01-01T00:00:{created:02}Z"
    return parse({"metadata": {**about, "creationTimestamp": time, **metadata}, "spec": {"flavour": list(flavours)}})


def judged(
    wanted: Icecream, *toppings: str, stored: Sequence[Icecream] = (), evicts: bool = True
) -> tuple[list[str], list[str]]:
    """What `validate` says: faults and warnings."""
    answer: Any = validation.validate(wanted, toppings, MENU, stored, evicts=evicts)
    if not isinstance(answer, Validation):
        raise CheckFailedError(expected="validate to return a Validation", seen=f"{answer!r}", look=VALIDATE)
    return list(answer.faults), list(answer.warnings)


def assert_judged(
    what: str, seen: tuple[list[str], list[str]], faults: Sequence[str] = (), odd: Sequence[str] = ()
) -> None:
    """Check faults and warnings, each in any order."""
    if (sorted(seen[0]), sorted(seen[1])) != (sorted(faults), sorted(odd)):
        raise CheckFailedError(expected=f"{what}:\n{_judgement(faults, odd)}", seen=_judgement(*seen), look=VALIDATE)


def _judgement(faults: Sequence[str], odd: Sequence[str]) -> str:
    lines = [*(f"fault: {fault}" for fault in faults), *(f"warning: {warning}" for warning in odd)]
    return "\n".join(lines) or "neither a fault nor a warning"


def test_what_is_on_the_menu_is_taken() -> None:
    seen = judged(icecream("a", "matcha", "vanilla"), "watermelon")
    assert_judged("nothing to be said of what is on the menu", seen)


def test_a_flavour_that_is_not_on_the_menu_is_refused_and_the_menu_is_named() -> None:
    seen = judged(icecream("a", "matcha", "fish"))
    faults = [f'spec.flavour[1]: Unsupported value: "fish": {ON_THE_MENU}']
    assert_judged("the second flavour to be a fault, in the words of kubectl", seen, faults)


def test_a_topping_that_goes_with_none_of_the_flavours_is_refused() -> None:
    seen = judged(icecream("a", "lemon"), "cream", "watermelon")
    faults = ['spec.topping[1]: Unsupported value: "watermelon": supported values: "cream"']
    assert_judged("watermelon on lemon to be a fault", seen, faults)


def test_a_topping_that_goes_with_one_of_the_flavours_is_odd_and_taken() -> None:
    seen = judged(icecream("a", "matcha", "vanilla"), "sprinkles")
    odd = ['spec.topping[0]: "sprinkles" doesn\'t go with matcha']
    assert_judged("sprinkles on matcha and vanilla to be odd: it goes with vanilla", seen, odd=odd)


def test_a_topping_that_is_there_twice_is_odd_and_taken() -> None:
    seen = judged(icecream("a", "lemon"), "cream", "cream")
    assert_judged("a second cream to be odd", seen, odd=['spec.topping[1]: "cream" is there already'])


def test_where_no_flavour_is_on_the_menu_toppings_are_not_judged() -> None:
    seen = judged(icecream("a", "fish"), "cream")
    faults = [f'spec.flavour[0]: Unsupported value: "fish": {ON_THE_MENU}']
    assert_judged("one fault: what would go with fish nobody knows", seen, faults)


def three(flavour: str, **metadata: Any) -> list[Icecream]:
    """Three icecreams of a flavour, a, b and c."""
    return [icecream(name, flavour, created=1, **metadata) for name in "abc"]


def test_the_fourth_of_a_flavour_is_refused() -> None:
    seen = judged(icecream("d", "vanilla", "matcha", created=2), stored=three("matcha"))
    faults = ["spec.flavour[1]: Forbidden: matcha is sold out: a, b, c are on sale; take another flavour"]
    assert_judged("the fourth matcha to be a fault", seen, faults)


def test_where_it_would_be_kept_the_fourth_of_a_flavour_is_only_warned_of() -> None:
    seen = judged(icecream("d", "matcha", created=2), stored=three("matcha"), evicts=False)
    odd = ["spec.flavour[0]: Forbidden: matcha is sold out: a, b, c are on sale; it is kept, and marked as oversold"]
    assert_judged("the fourth matcha to be a warning where the operator only marks", seen, odd=odd)


def test_what_is_on_sale_already_is_not_in_its_own_way() -> None:
    seen = judged(icecream("b", "matcha", created=1), "cream", stored=three("matcha"))
    assert_judged("nothing to be said of another topping for b, which is one of the three", seen)


def test_what_is_being_deleted_leaves_its_place_to_others() -> None:
    stored = [*three("matcha")[:2], icecream("c", "matcha", created=1, deletionTimestamp="2026-01-01T00:00:09Z")]
    seen = judged(icecream("d", "matcha", created=2), stored=stored)
    assert_judged("nothing to be said of the third matcha: c is on its way out", seen)


def test_all_faults_are_said_at_once() -> None:
    seen = judged(icecream("d", "lemon", "fish", "coal", created=2), "mustard", "cream", stored=three("lemon"))
    faults = [
        "spec.flavour[0]: Forbidden: lemon is sold out: a, b, c are on sale; take another flavour",
        f'spec.flavour[1]: Unsupported value: "fish": {ON_THE_MENU}',
        f'spec.flavour[2]: Unsupported value: "coal": {ON_THE_MENU}',
        'spec.topping[0]: Unsupported value: "mustard": supported values: "cream"',
    ]
    assert_judged("all four faults, so that nobody has to try four times", seen, faults)


def test_a_spec_that_cannot_be_read_is_refused() -> None:
    broken = parse({"metadata": {**BODY["metadata"], "uid": "1", "generation": 1}, "spec": {"flavour": "matcha"}})
    faults, odd = judged(broken, stored=three("matcha"))
    assert_judged("what is wrong with the spec, and nothing else", (faults, odd), [broken.problem])


# Exercise 2: when to stay out of the way.

BODY: dict[str, Any] = {
    "metadata": {"name": "a", "resourceVersion": "1", "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"flavour": ["matcha"], "topping": ["cream"]},
}


def changed(**metadata: Any) -> dict[str, Any]:
    """The icecream with other metadata."""
    return {**BODY, "metadata": {**BODY["metadata"], **metadata}}


def assert_concerns(
    what: str, expected: bool, operation: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> None:
    """Check whether a write is the webhook's business."""
    words = {True: "it to be the webhook's business", False: "the webhook to stay out of the way"}
    try:
        seen: Any = scope.concerns(operation, old, new)
    except (KeyError, TypeError, AttributeError) as error:
        raise CheckFailedError(
            expected=f"{words[expected]}: {what}", seen=f"{type(error).__name__}: {error}", look=CONCERNS
        ) from None
    if seen is not expected:
        raise CheckFailedError(expected=f"{words[expected]}: {what}", seen=f"concerns says {seen!r}", look=CONCERNS)


def test_an_order_is_its_business() -> None:
    assert_concerns("a new icecream", True, "CREATE", None, BODY)


def test_a_change_of_the_spec_is_its_business() -> None:
    assert_concerns("another flavour", True, "UPDATE", BODY, {**BODY, "spec": {"flavour": ["vanilla"]}})


def test_a_change_that_leaves_the_spec_alone_is_not() -> None:
    old = {**BODY, "metadata": {**BODY["metadata"], "finalizers": ["demo.lva.io/finalizer"]}}
    assert_concerns("a label", False, "UPDATE", BODY, changed(resourceVersion="2", labels={"size": "big"}))
    assert_concerns("a finalizer that goes", False, "UPDATE", old, changed(resourceVersion="2"))
    assert_concerns("a status", False, "UPDATE", BODY, {**BODY, "status": {"soldOut": True}})


def test_what_is_being_deleted_is_not() -> None:
    leaving = changed(deletionTimestamp="2026-01-01T00:01:00Z")
    other = {**leaving, "spec": {"flavour": ["fish"]}}
    assert_concerns("what is being deleted, whatever becomes of its spec", False, "UPDATE", leaving, other)


def test_a_deletion_is_not() -> None:
    assert_concerns("a deletion, which has no new object", False, "DELETE", BODY, None)


def test_what_never_had_a_spec_is_not() -> None:
    bare = {"metadata": BODY["metadata"]}
    assert_concerns("a label on what was stored without a spec", False, "UPDATE", bare, bare)


# Exercise 3: CA and leaf.

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
A_DAY = timedelta(days=1)


def new_key() -> EllipticCurvePrivateKey:
    """A private key."""
    return generate_private_key(SECP256R1())


def made(now: datetime = NOW, **arguments: Any) -> tuple[Authority, x509.Certificate, EllipticCurvePrivateKey]:
    """Your CA, a leaf of it, and the leaf's key, made at a time."""
    key = new_key()
    try:
        ca = self_signed_ca.authority(new_key(), now)
        return ca, self_signed_ca.server_certificate(ca, key, now, **arguments), key
    except (ValueError, x509.ExtensionNotFound) as error:
        raise CheckFailedError(
            expected="a CA and a certificate that is signed by it", seen=f"{type(error).__name__}: {error}", look=CA
        ) from None


def why_not_trusted(ca: Authority, leaf: x509.Certificate, name: str, time: datetime) -> str:
    """Return why a client that trusts the CA doesn't trust the leaf by this name at this time, or nothing."""
    verifier = PolicyBuilder().store(Store([ca.certificate])).time(time).build_server_verifier(x509.DNSName(name))
    try:
        verifier.verify(leaf, [])
    except VerificationError as error:
        return str(error).partition(" (encountered processing")[0]
    return ""


def extension(certificate: x509.Certificate, kind: type[Extension]) -> Extension | None:
    """Return an extension of a certificate, or None."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def test_a_client_that_trusts_the_ca_trusts_the_server_by_each_of_its_names() -> None:
    ca, leaf, _ = made()
    for name in self_signed_ca.NAMES:
        if reason := why_not_trusted(ca, leaf, name, NOW):
            raise CheckFailedError(
                expected=f"a client that has your CA to trust the server by the name {name}", seen=reason, look=CA
            )


def test_it_is_trusted_by_the_names_that_are_asked_for_and_by_no_others() -> None:
    ca, leaf, _ = made(names=["one.example.com"])
    reasons = {name: why_not_trusted(ca, leaf, name, NOW) for name in ("one.example.com", *self_signed_ca.NAMES)}
    trusted = [name for name, reason in reasons.items() if not reason]
    if trusted != ["one.example.com"]:
        raise CheckFailedError(
            expected="a certificate for one.example.com, which is what was asked for, and for nothing else",
            seen=f"it is trusted by: {', '.join(trusted) or 'no name'}",
            look=f"{CA}: what are the names that it is for?",
        )


def test_the_certificate_is_for_the_key_that_the_server_has() -> None:
    ca, leaf, key = made()
    if leaf.public_key() != key.public_key():
        whose = "the CA's" if leaf.public_key() == ca.key.public_key() else "another one"
        raise CheckFailedError(
            expected="the certificate to hold the public key of the server",
            seen=f"it holds {whose}",
            look="icecream_operator/webhook/self_signed_ca.py, server_certificate",
        )


def test_the_ca_is_allowed_to_sign_and_the_leaf_is_not() -> None:
    ca, leaf, _ = made()
    seen = {"the CA": may_sign(ca.certificate), "the leaf": may_sign(leaf)}
    if seen != {"the CA": "a CA, may sign", "the leaf": "no CA, may not sign"}:
        raise CheckFailedError(
            expected="the CA: a CA, may sign\nthe leaf: no CA, may not sign",
            seen="\n".join(f"{who}: {what}" for who, what in seen.items()),
            look=f"{CA}: BasicConstraints and KeyUsage",
        )


def may_sign(certificate: x509.Certificate) -> str:
    """Return what its constraints say."""
    constraints, usage = extension(certificate, x509.BasicConstraints), extension(certificate, x509.KeyUsage)
    ca = "a CA" if constraints and constraints.ca else "no CA"
    return f"{ca}, {'may' if usage and usage.key_cert_sign else 'may not'} sign"


def test_the_leaf_is_for_a_server() -> None:
    _, leaf, _ = made()
    usage = extension(leaf, x509.ExtendedKeyUsage)
    if not usage or list(usage) != [ExtendedKeyUsageOID.SERVER_AUTH]:
        raise CheckFailedError(
            expected="the leaf to be for a server and nothing else (extended key usage serverAuth)",
            seen=", ".join(oid.dotted_string for oid in usage) if usage else "it doesn't say what it is for",
            look="icecream_operator/webhook/self_signed_ca.py, server_certificate",
        )


def test_both_are_valid_as_long_as_they_should_be() -> None:
    then = datetime(2020, 2, 29, tzinfo=UTC)
    key = new_key()
    ca = self_signed_ca.authority(new_key(), then, lifetime=2 * A_DAY)
    leaf = self_signed_ca.server_certificate(ca, key, then, lifetime=A_DAY)
    times = {
        "by a clock that is a minute behind": (then - timedelta(minutes=1), True),
        "a minute before its end": (then + A_DAY - timedelta(minutes=1), True),
        "a minute after its end": (then + A_DAY + timedelta(minutes=1), False),
    }
    for what, (time, valid) in times.items():
        if valid == bool(reason := why_not_trusted(ca, leaf, self_signed_ca.NAMES[0], time)):
            raise CheckFailedError(
                expected=f"the leaf, made on {then:%d %B %Y} for a day, to be {'valid' if valid else 'invalid'} {what}",
                seen=reason or "it is valid",
                look=f"{CA}: from when, and until when?",
            )


# Exercise 4: the reload.


@contextlib.contextmanager
def all_awaited() -> Iterator[None]:
    """No coroutine may be made and dropped inside the `with`."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        if "never awaited" in str(warning.message):
            raise CheckFailedError(
                expected="each coroutine to be awaited",
                seen=ask_for_await(str(warning.message)),
                look=f"icecream_operator/webhook/cert_watcher.py, line {warning.lineno}",
            )


def write_pair(folder: Path, *, certificate: bool = True, key: bool = True) -> int:
    """Write a new pair, or half of it, made without the code under check, and return its serial number."""
    private = new_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a pair of the check's")])
    signed = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(NOW)
        .not_valid_after(NOW + A_DAY)
        .sign(private, SHA256())
    )
    if certificate:
        (folder / "tls.crt").write_bytes(signed.public_bytes(Encoding.PEM))
    if key:
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "tls.key").write_bytes(pem)
    return signed.serial_number


@contextlib.contextmanager
def folder_with_pair() -> Iterator[tuple[Path, int]]:
    """A folder with a pair in it, and its serial number."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name), write_pair(Path(name))


class Watched:
    """Your CertWatcher on a folder."""

    def __init__(self, folder: Path) -> None:
        self.refusals: list[str] = []
        self.watcher = CertWatcher(folder, CollectorRegistry(), self.refusals.append)

    def look(self, what: str) -> None:
        """Have it look once."""

        async def run() -> None:
            try:
                await self.watcher.look()
            except PairError as error:
                raise CheckFailedError(
                    expected=f"{what}: a look that comes to its end",
                    seen=f"it ends with PairError: {error}",
                    look=LOOK,
                ) from None

        with all_awaited():
            RUNNER.run(run())

    def assert_serves(self, serial: int, what: str) -> None:
        """Check what a client gets that connects now."""
        if (seen := self._served()) != serial:
            raise CheckFailedError(
                expected=f"{what}: the certificate with serial number {serial:x}"[:100],
                seen=f"{seen:x}"[:80] if isinstance(seen, int) else seen,
                look=LOOK,
            )

    def _served(self) -> int | str:
        """Return the serial number of the certificate that is served, or why there is none."""
        client_context = ssl.create_default_context()
        client_context.check_hostname, client_context.verify_mode = False, ssl.CERT_NONE
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = client_context.wrap_bio(to_client, to_server, server_hostname="any")
        server = self.watcher.context.wrap_bio(to_server, to_client, server_side=True)
        for side in (client, server, client):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError as error:
                return f"the handshake fails: {error.reason}"
        certificate = client.getpeercert(binary_form=True)
        return x509.load_der_x509_certificate(certificate).serial_number if certificate else "no certificate"


def test_the_pair_that_is_there_is_served() -> None:
    with folder_with_pair() as (folder, serial):
        watched = Watched(folder)
        watched.look("a folder with a pair in it")
        watched.assert_serves(serial, "the pair that is in the folder")
        if not watched.watcher.loaded.is_set() or watched.watcher.certificate is None:
            raise CheckFailedError(
                expected="the watcher to say that there is a certificate now: `loaded` and `certificate`",
                seen="it doesn't",
                look=f"{LOOK}: what does _accept do?",
            )


def test_a_new_pair_is_served_in_place() -> None:
    with folder_with_pair() as (folder, _):
        watched = Watched(folder)
        context = watched.watcher.context
        watched.look("a folder with a pair in it")
        serial = write_pair(folder)
        watched.look("a folder with a new pair")
        watched.assert_serves(serial, "the new pair")
        if watched.watcher.context is not context:
            raise CheckFailedError(
                expected="the same context all the time: the server that listens was given it once",
                seen="the watcher has another context now",
                look=LOOK,
            )


@pytest.mark.parametrize("first", ["certificate", "key"])
def test_half_a_pair_leaves_the_old_one_in_place(first: str) -> None:
    with folder_with_pair() as (folder, serial):
        watched = Watched(folder)
        watched.look("a folder with a pair in it")
        write_pair(folder, certificate=first == "certificate", key=first == "key")
        watched.look(f"a new {first}, and the other file still the old one")
        watched.assert_serves(serial, f"the old pair, as long as there is a new {first} and not yet the other file")
        serial = write_pair(folder)
        watched.look("a whole pair again")
        watched.assert_serves(serial, "the next pair, which is a whole one")


def test_rubbish_or_nothing_leaves_the_old_one_in_place() -> None:
    with folder_with_pair() as (folder, serial):
        watched = Watched(folder)
        watched.look("a folder with a pair in it")
        pem = (folder / "tls.crt").read_bytes()
        for what, content in (("an empty certificate", b""), ("half a certificate", pem[: len(pem) // 2])):
            (folder / "tls.crt").write_bytes(content)
            watched.look(what)
            watched.assert_serves(serial, f"the old pair, since there is {what}")
        (folder / "tls.key").unlink()
        watched.look("no key at all")
        watched.assert_serves(serial, "the old pair, since there is no key")


def test_what_stays_wrong_is_reported_once() -> None:
    with folder_with_pair() as (folder, _):
        watched = Watched(folder)
        watched.look("a folder with a pair in it")
        write_pair(folder, certificate=False)
        for _ in range(4):
            watched.look("half a pair")
        if len(watched.refusals) != 1:
            raise CheckFailedError(
                expected="one report of half a pair that stays so for four looks",
                seen=f"{len(watched.refusals)} reports" + "".join(f"\n{each}" for each in watched.refusals[:2]),
                look=f"{LOOK}: what does _refuse do?",
            )
        write_pair(folder)
        watched.look("a whole pair")
        write_pair(folder, certificate=False)
        for _ in range(2):
            watched.look("half a pair once more")
        if len(watched.refusals) != 2:  # noqa: PLR2004
            raise CheckFailedError(
                expected="half a pair to be reported anew, after there was a whole one between",
                seen=f"{len(watched.refusals)} reports in all",
                look=f"{LOOK}: what becomes of _refusals once all is well?",
            )


def test_what_has_not_changed_is_not_loaded_again() -> None:
    loads: list[ssl.SSLContext] = []
    load = cert_watcher.load

    def count(pair: Pair, context: ssl.SSLContext) -> None:
        loads.append(context)
        load(pair, context)

    with pytest.MonkeyPatch.context() as patch, folder_with_pair() as (folder, _):
        patch.setattr(cert_watcher, "load", count)
        watched = Watched(folder)
        for _ in range(3):
            watched.look("a folder with a pair in it")
        number = sum(context is watched.watcher.context for context in loads)
    if number != 1:
        raise CheckFailedError(
            expected="a pair that hasn't changed in three looks to be loaded once",
            seen=f"it is loaded {number} times",
            look=f"{LOOK}: what is it compared with?",
        )
