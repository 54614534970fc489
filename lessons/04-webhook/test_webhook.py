"""Does your webhook say no where it should, and step aside otherwise? First each part alone, then on an API server."""

import contextlib
import json
import re
import ssl
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from kubernetes.client import ApiClient, ApiException, CustomObjectsApi
from prometheus_client import CollectorRegistry

from icecream_operator.icecream import Icecream, parse
from icecream_operator.webhook import cert_watcher, scope, self_signed_ca, validation
from icecream_operator.webhook.cert_watcher import CertWatcher, Pair, PairError
from icecream_operator.webhook.menu import Menu
from icecream_operator.webhook.self_signed_ca import Authority
from icecream_operator.webhook.validation import Validation
from workshop.system.polling import eventually
from workshop.system.ports import reserved_port
from workshop.testing import crd, icecreams
from workshop.testing.coroutine_runner import CoroutineRunner
from workshop.testing.failures import CheckFailedError, NotRunError, ask_for_await
from workshop.testing.shop import Shop
from workshop.webhook import configuration
from workshop.workspace.cluster import CHECKOUT, Cluster

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
    """Check faults and warnings, in any order; what stands behind a semicolon is advice, in whatever words."""
    if list(map(_without_advice, seen)) != [_without_advice(faults), _without_advice(odd)]:
        raise CheckFailedError(expected=f"{what}:\n{_judgement(faults, odd)}", seen=_judgement(*seen), look=VALIDATE)


def _without_advice(texts: Sequence[str]) -> list[str]:
    return sorted(text.partition(";")[0] for text in texts)


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
                seen=f"{len(watched.refusals)} reports" + "".join(f"\n{refusal}" for refusal in watched.refusals[:2]),
                look=f"{LOOK}: what does _refuse do?",
            )
        write_pair(folder)
        watched.look("a whole pair")
        write_pair(folder, certificate=False)
        for _ in range(2):
            watched.look("half a pair once more")
        if len(watched.refusals) != 2:
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


# From here on your operator runs, and a real API server asks it.


@dataclass(frozen=True)
class Answer:
    """What the API server says to a write: the HTTP status, its message if it refuses, and its warnings."""

    code: int
    message: str = ""
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([f"HTTP {self.code} {self.message}".rstrip(), *(f"warning: {text}" for text in self.warnings)])


class GuardedShop:
    """A shop whose orders pass your webhook, on a port and with a certificate of its own."""

    def __init__(self, shop: Shop, client: ApiClient, folder: Path, port: int) -> None:
        self.shop = shop
        self.folder = folder
        self._client = client
        self._port = port
        self._objects: Any = CustomObjectsApi(client)
        self._ca = self_signed_ca.authority(new_key(), datetime.now(UTC))

    def certify(self) -> int:
        """Have your CA sign a new leaf, write it where the operator looks, and return its serial number."""
        key = new_key()
        leaf = self_signed_ca.server_certificate(self._ca, key, datetime.now(UTC))
        self_signed_ca.write(self.folder, self._ca.certificate, leaf, key)
        return leaf.serial_number

    def install(self, **webhook: Any) -> None:
        """Have the API server ask on our port, as the manifests of `deploy/webhook` say, but for these fields."""
        files = ("service.yaml", "validating_webhook_configuration.yaml")
        manifests = [yaml.safe_load((CHECKOUT / configuration.MANIFESTS / name).read_text()) for name in files]
        manifests[1]["webhooks"][0] |= webhook
        bundle = (self.folder / "ca.crt").read_bytes()
        for manifest in configuration.on_this_machine(manifests, self._port, bundle):
            self.apply(manifest)

    def apply(self, manifest: Mapping[str, Any]) -> None:
        """Have the API server take this, whoever has written it before."""
        self.send("PATCH", manifest, manifest)

    def send(self, method: str, manifest: Mapping[str, Any], body: Mapping[str, Any] | None = None) -> Any:
        """Send a request about an object, and return the answer. By kubectl it would cost ten times as much.

        Raises:
            ApiException: the API server refuses it.
        """
        apply = [("fieldManager", "check"), ("force", "true")] if body else []
        content_type = {"Content-Type": "application/apply-patch+yaml"} if body else {}
        request = self._client.param_serialize(
            method,
            f"{PATHS[manifest['kind']]}/{manifest['metadata']['name']}",
            query_params=apply,
            header_params={"Accept": "application/json", **content_type},
            body=body,
            auth_settings=["BearerToken"],
        )
        response = self._client.call_api(*request)
        response.read()  # type: ignore[no-untyped-call]
        return self._client.response_deserialize(response, {"2XX": "object"}).data

    def offer(self, menu: Mapping[str, Sequence[str]]) -> None:
        """Put these flavours with their toppings on the menu."""
        lines = "".join(f"{flavour}: {', '.join(toppings)}\n" for flavour, toppings in menu.items())
        self.apply({**MENU_OBJECT, "data": {"flavours": lines}})

    @contextlib.contextmanager
    def operator(self) -> Iterator[None]:
        """The operator, with its webhook."""
        at = f"--webhook-bind-address=127.0.0.1:{self._port}"
        freezer = f"--freezer-url=sqlite:///{self.folder / 'freezer.db'}"
        with self.shop.operator(f"--webhook-cert-dir={self.folder}", at, freezer) as self.operator_process:
            yield

    # What customers do.

    def order(self, name: str, *flavours: str, topping: Sequence[str] = (), dry_run: bool = False) -> Answer:
        """Order an icecream."""
        body = icecreams.manifest(name, *flavours, topping=topping)
        create = self._objects.create_cluster_custom_object_with_http_info
        return self._answer(create, *ICECREAMS, body, **({"dry_run": "All"} if dry_run else {}))

    def change(self, name: str, patch: Mapping[str, Any]) -> Answer:
        """Change an icecream by a merge patch."""
        content_type = "application/merge-patch+json"
        write = self._objects.patch_cluster_custom_object_with_http_info
        return self._answer(write, *ICECREAMS, name, patch, _content_type=content_type)

    @staticmethod
    def _answer(write: Any, *arguments: Any, **options: Any) -> Answer:
        try:
            _, code, headers = write(*arguments, **options)
        except ApiException as error:
            message: str = json.loads(error.body or "{}").get("message", "")
            return Answer(error.status, message)
        return Answer(code, "", tuple(re.findall(r'299 - "((?:[^"\\]|\\.)*)"', headers.get("Warning") or "")))

    # What a check expects.

    def expect(
        self, what: str, ask: Callable[[], Answer], taken: bool, *words: str, look: str, within: float = 8
    ) -> None:
        """Wait for an answer: whether it is taken, and with which words in it; the menu and the cache take a moment."""
        answers: list[Answer] = []

        def assert_answer() -> None:
            answers.append(answer := ask())
            assert taken == (answer.code < HTTPStatus.BAD_REQUEST)
            assert all(word in str(answer).replace("\\", "") for word in words)

        try:
            eventually(assert_answer, within=within)
        except AssertionError:
            wanted = ["taken" if taken else "refused", *(f"with the words: {word}" for word in words)]
            raise self.error("\n".join([what, *wanted]), str(answers[-1]), look) from None

    def expect_that(self, what: str, difference: Callable[[], str], *, look: str) -> None:
        """Wait until `difference` returns nothing; what it returns is what is seen instead."""

        def assert_none() -> None:
            assert not difference()

        try:
            eventually(assert_none, within=10)
        except AssertionError:
            raise self.error(what, difference(), look) from None

    def error(self, expected: str, seen: str, look: str) -> CheckFailedError:
        """Return what a check says, with what the operator has logged last, if that was an exception."""
        logged = self.shop.last_error()
        return CheckFailedError(
            expected=expected,
            seen="\n".join([seen, *([f"the operator fails: {logged.message}"] if logged else [])]),
            look=logged.place if logged else look,
        )

    def ready(self) -> str:
        """Return what the Service says of the webhook."""
        status = self.send("GET", SERVICE_OBJECT).get("status", {})
        conditions = {condition["type"]: condition for condition in status.get("conditions", ())}
        ready = conditions.get("WebhookReady", {})
        return f"{ready.get('status', 'not said')} ({ready.get('reason', 'no reason')})"

    def served(self) -> int:
        """Return the serial number of the certificate that a client gets now."""
        pem = ssl.get_server_certificate(("127.0.0.1", self._port), timeout=5)
        return x509.load_pem_x509_certificate(pem.encode()).serial_number


ICECREAMS = ("demo.lva.io", "v1", "icecreams")
CORE = f"/api/v1/namespaces/{configuration.NAMESPACE}"
PATHS = {
    "ConfigMap": f"{CORE}/configmaps",
    "Service": f"{CORE}/services",
    "ValidatingWebhookConfiguration": "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
}
MENU_OBJECT: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": configuration.MENU}}
SERVICE_OBJECT: dict[str, Any] = {"kind": "Service", "metadata": {"name": configuration.SERVICE}}
CONFIGURATION_OBJECT: dict[str, Any] = {
    "kind": "ValidatingWebhookConfiguration",
    "metadata": {"name": configuration.CONFIGURATION},
}
OFFERED = {
    "lemon": ["cream"],
    "matcha": ["cream", "watermelon"],
    "vanilla": ["sprinkles", "watermelon"],
    "cassis": ["cream"],
}
CALL_FAILED = 'failed calling webhook "vicecream.kb.io"'
MANIFEST = "deploy/webhook/validating_webhook_configuration.yaml"
ADMISSION = "icecream_operator/webhook/admission.py"
HOLD = {"metadata": {"finalizers": ["example.com/hold"]}}
RELEASE: dict[str, Any] = {"metadata": {"finalizers": None}}


@pytest.fixture(scope="module")
def shop(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[GuardedShop]:
    """A shop whose API server asks your operator. With parts that are wrong it isn't run: it would fail by those."""
    if request.session.testsfailed:
        raise NotRunError("the operator is run once its parts are right")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        shop = stack.enter_context(Shop(cluster))
        stack.enter_context(crd.served(cluster, look="lesson 01, deploy/crds/demo.lva.io_icecreams.yaml"))
        client = stack.enter_context(icecreams.connected(cluster.kubeconfig))
        port = stack.enter_context(reserved_port())
        assert shop.identity  # makes the namespace that the menu lies in
        guarded = GuardedShop(shop, client, folder, port)
        guarded.certify()
        stack.callback(clean_up, guarded)
        guarded.offer(OFFERED)
        open_up(guarded)
        with guarded.operator():
            assert_answers(guarded)
            yield guarded


def open_up(shop: GuardedShop) -> None:
    """Have the API server ask about everything, and wait until it does: it is refused what nobody answers."""
    shop.install(matchConditions=[], failurePolicy="Fail")
    what = "no order to get in while the API server is to ask, and nobody answers"
    shop.expect(what, lambda: shop.order("first", "lemon", dry_run=True), False, CALL_FAILED, look=MANIFEST)


def assert_answers(shop: GuardedShop) -> None:
    """Wait until the webhook answers."""
    what = "the API server to get an answer of the operator's, by your certificate, for an order that is all right"
    shop.expect(what, lambda: shop.order("first", "lemon", dry_run=True), True, look=CA, within=15)


def clean_up(shop: GuardedShop) -> None:
    """Leave nothing of it."""
    for manifest in (CONFIGURATION_OBJECT, SERVICE_OBJECT, MENU_OBJECT):
        with contextlib.suppress(ApiException):  # it isn't there
            shop.send("DELETE", manifest)
    shop.shop.icecreams.delete_all()


def test_what_is_not_on_the_menu_is_refused_and_not_stored(shop: GuardedShop) -> None:
    words = 'denied the request: spec.flavour[0]: Unsupported value: "fish"'
    shop.expect("fish to be refused", lambda: shop.order("fish", "fish"), False, words, look=ADMISSION)
    if shop.shop.icecreams.read("fish"):
        raise CheckFailedError(expected="nothing to be stored of it", seen="there it is", look=ADMISSION)


def test_a_refusal_names_all_that_is_wrong(shop: GuardedShop) -> None:
    words = '[1]: Unsupported value: "coal"', 'topping[0]: Unsupported value: "mustard"'
    ask = partial(shop.order, "coal", "lemon", "coal", topping=["mustard"])
    shop.expect("flavour and topping both to be named", ask, False, *words, look=ADMISSION)


def test_what_is_odd_is_taken_with_a_warning(shop: GuardedShop) -> None:
    ask = partial(shop.order, "odd", "matcha", "vanilla", topping=["sprinkles"], dry_run=True)
    words = 'warning: spec.topping[0]: "sprinkles" doesn\'t go with matcha'
    shop.expect("sprinkles on matcha and vanilla to be taken", ask, True, words, look=ADMISSION)


def test_the_fourth_of_a_flavour_is_refused_before_it_is_stored(shop: GuardedShop) -> None:
    for number in (1, 2, 3):
        answer = shop.order(f"cassis-{number}", "cassis")
        if answer.code != HTTPStatus.CREATED:
            raise shop.error("three of a flavour to be taken", f"cassis-{number}: {answer}", VALIDATE)
    ask = partial(shop.order, "cassis-4", "cassis", dry_run=True)
    shop.expect("the fourth of them to be refused", ask, False, "cassis is sold out", look=ADMISSION)


def test_a_change_of_the_menu_holds_from_then_on(shop: GuardedShop) -> None:
    shop.offer({**OFFERED, "basil": []})
    ask = partial(shop.order, "basil", "basil", dry_run=True)
    shop.expect(
        "basil to be taken, which is on the menu now", ask, True, look="icecream_operator/webhook/menu_watch.py"
    )


def test_an_old_icecream_that_breaks_a_newer_menu_is_not_held(shop: GuardedShop) -> None:
    shop.order("old", "matcha")
    shop.change("old", HOLD)
    shop.offer({flavour: toppings for flavour, toppings in OFFERED.items() if flavour != "matcha"})
    ask = partial(shop.order, "new", "matcha", dry_run=True)
    shop.expect("a new matcha to be refused, which isn't on the menu any more", ask, False, "matcha", look=ADMISSION)
    spec = {"spec": {"topping": ["cream"]}}
    shop.expect("another topping to be refused", lambda: shop.change("old", spec), False, "matcha", look=ADMISSION)
    label = {"metadata": {"labels": {"size": "big"}}}
    shop.expect("the old one to be labelled all the same", lambda: shop.change("old", label), True, look=ADMISSION)
    shop.shop.cancel("old")
    shop.change("old", RELEASE)
    shop.expect_that(
        "the old one to go when its last finalizer has come off",
        lambda: "it is still there" if shop.shop.icecreams.read("old") else "",
        look=f"{ADMISSION}: what is the webhook asked about?",
    )


def test_a_new_leaf_is_served_without_a_restart(shop: GuardedShop) -> None:
    serial = shop.certify()
    shop.expect_that(
        "the new certificate to be served",
        lambda: "" if shop.served() == serial else "the one before is still served",
        look="icecream_operator/webhook/server.py",
    )
    ask = partial(shop.order, "late", "lemon", dry_run=True)
    shop.expect("the API server to trust it, since it is of the same CA", ask, True, look=CA)


# Then it is killed.


@pytest.fixture(scope="module")
def abandoned(shop: GuardedShop) -> GuardedShop:
    """The shop as the manifests have it, without its operator, and with an icecream that is being deleted."""
    shop.offer(OFFERED)
    shop.order("leaving", "lemon")
    shop.change("leaving", HOLD)
    shop.operator_process.kill()
    shop.install()
    shop.shop.cancel("leaving")
    return shop


def test_while_it_is_down_no_order_gets_in(abandoned: GuardedShop) -> None:
    ask = partial(abandoned.order, "unasked", "fish", dry_run=True)
    abandoned.expect("an order to be refused that nobody can judge", ask, False, CALL_FAILED, look=MANIFEST)


def test_while_it_is_down_nobody_is_kept_from_leaving(abandoned: GuardedShop) -> None:
    ask = partial(abandoned.change, "leaving", RELEASE)
    what = "the finalizers to come off what is being deleted, though the webhook can't be asked"
    abandoned.expect(what, ask, True, look=f"{MANIFEST}, matchConditions")
    if abandoned.shop.icecreams.read("leaving"):
        raise CheckFailedError(expected="it to be gone", seen="it is still there", look=MANIFEST)


def test_without_a_menu_nobody_listens(abandoned: GuardedShop) -> None:
    abandoned.send("DELETE", MENU_OBJECT)
    with abandoned.operator():
        abandoned.expect_that(
            "the Service to say that the webhook isn't ready: WebhookReady False (NoMenu)",
            lambda: "" if (seen := abandoned.ready()) == "False (NoMenu)" else seen,
            look="icecream_operator/webhook/readiness.py",
        )
        abandoned.offer(OFFERED)
        assert_answers(abandoned)
