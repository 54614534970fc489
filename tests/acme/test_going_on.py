"""`obtain` again in the same folder: what is kept there is used, replaced or refused, and which it was is said."""

import datetime
import json
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from certmanager.acme.challenge import Proof, Type
from certmanager.acme.identifier import Identifier
from certmanager.acme.resume import ObtainRequest, obtain
from certmanager.acme.storage import Storage
from certmanager.pki import certificates, requests
from certmanager.pki.certificates import Validity
from certmanager.pki.errors import PkiError
from certmanager.pki.names import AltNames
from tests.acme.fake_ca import Alter, FakeCA, Reply

NAME = "a.example.test"
DAY = datetime.timedelta(days=1)


class NoSolver:
    async def present(self, _: Proof) -> None:
        """The fake CA takes every challenge on trust."""

    async def clean_up(self, _: Proof) -> None:
        """Nothing is there."""


class Folder:
    """A folder in which a certificate is obtained, more than once, from a fake CA."""

    def __init__(self, fake_ca: FakeCA, trust: ssl.SSLContext, path: Path) -> None:
        self.fake_ca = fake_ca
        self.trust = trust
        self.storage = Storage(path)

    async def obtain(self, *names: str, directory_url: str | None = None) -> list[str]:
        """What was said."""
        said: list[str] = []
        request = ObtainRequest(
            directory_url or self.fake_ca.directory_url,
            [Identifier.of(name) for name in names or (NAME,)],
            Type.HTTP_01,
        )
        await obtain(request, self.storage, NoSolver(), said.append, trust=self.trust)
        return said

    @property
    def orders(self) -> int:
        return self.fake_ca.requested.count("neworder")


@pytest.fixture
def folder(fake_ca: FakeCA, trust: ssl.SSLContext, tmp_path: Path) -> Folder:
    return Folder(fake_ca, trust, tmp_path / "kept")


async def test_a_certificate_that_is_good_for_long_is_not_ordered_again(folder: Folder) -> None:
    assert await folder.obtain() == []
    assert await folder.obtain() == [f"Going on with the order {folder.fake_ca.base}/order, which is valid."]
    assert folder.orders == 1
    assert folder.fake_ca.requested.count("certificate") == 2


@pytest.mark.parametrize(
    ("begins", "ends", "says"),
    [(-3 * DAY, -DAY, "has expired: it was valid until"), (-3 * DAY, DAY / 2, "expires soon, at")],
)
async def test_a_certificate_that_is_due_is_ordered_again(
    folder: Folder, begins: datetime.timedelta, ends: datetime.timedelta, says: str
) -> None:
    await folder.obtain()
    key = folder.storage.key(folder.storage.certificate_key)
    validity = Validity(datetime.datetime.now(datetime.UTC) + begins, datetime.datetime.now(datetime.UTC) + ends)
    request = requests.create(key, AltNames(frozenset({NAME})))
    old = certificates.signed_by(folder.fake_ca.authority, request, validity)
    folder.fake_ca.chain = certificates.to_pem(old, folder.fake_ca.authority.certificate)
    said = await folder.obtain()
    assert len(said) == 2
    assert said[1].startswith(f"A new order is needed: the certificate at {folder.fake_ca.base}/certificate {says} ")
    assert folder.orders == 2


@pytest.mark.parametrize(
    ("alter", "says"),
    [
        (lambda reply: reply.problem(404, type="about:blank"), "the CA gives the one from before no more"),
        (lambda reply: reply.problem(403, type="urn:ietf:params:acme:error:unauthorized"), "no more"),
        (lambda reply: replace(reply, media="text/html"), "no more"),
        (lambda reply: reply.with_members(status="invalid"), "failed"),
        (lambda reply: reply.with_members(identifiers=[{"type": "dns", "value": "b.test"}]), "is for b.test"),
    ],
    ids=["gone", "of another account", "no order", "invalid", "of other names"],
)
async def test_an_order_that_is_of_no_use_is_replaced(folder: Folder, alter: Alter, says: str) -> None:
    await folder.obtain()
    folder.fake_ca.alter["order"] = lambda reply: alter(reply) if folder.orders == 1 else reply
    said = await folder.obtain()
    assert said[0].startswith("A new order is needed")
    assert says in said[0]
    assert folder.orders == 2


@pytest.mark.parametrize("alter", [lambda reply: reply.problem(404), lambda reply: replace(reply, body=b"")])
async def test_an_order_whose_certificate_is_gone_is_replaced(folder: Folder, alter: Alter) -> None:
    await folder.obtain()
    folder.fake_ca.alter["certificate"] = lambda reply: alter(reply) if folder.orders == 1 else reply
    assert (await folder.obtain())[1].startswith("A new order is needed: ")
    assert folder.orders == 2


async def test_an_order_for_other_names_is_replaced(folder: Folder) -> None:
    await folder.obtain()
    said = await folder.obtain("b.example.test")
    assert said == [f"A new order is needed: the one from before is for other names, {NAME}"]


async def test_an_order_of_another_directory_is_replaced(folder: Folder) -> None:
    await folder.obtain()
    said = await folder.obtain(directory_url=f"{folder.fake_ca.base}/directory/")
    assert said == [
        f"A new order is needed: the one from before is of another directory, {folder.fake_ca.base}/directory"
    ]


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", "null", "7", '"text"', "{}", "[" * 100_000, '{"directory": 7, "names": [7], "order": 7}', "\udcff"],
    ids=range(10),
)
async def test_a_record_that_is_none_is_named_and_written_anew(folder: Folder, content: str) -> None:
    await folder.obtain()
    folder.storage.order.write_bytes(content.encode(errors="surrogateescape"))
    said = await folder.obtain()
    assert said == [
        f"A new order is needed: {folder.storage.order} holds something else than an order, and is written anew"
    ]
    assert json.loads(folder.storage.order.read_bytes())["order"] == f"{folder.fake_ca.base}/order"


async def test_a_record_that_names_no_https_url_is_not_asked_for(folder: Folder) -> None:
    await folder.obtain()
    record = json.loads(folder.storage.order.read_bytes())
    folder.storage.order.write_text(json.dumps({**record, "order": "http://127.0.0.1:1/"}))
    assert "holds something else than an order" in (await folder.obtain())[0]


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


ACCOUNT, CERTIFICATE = "account.key", "tls.key"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        *((name, b"", "not an unencrypted private key") for name in (ACCOUNT, CERTIFICATE)),
        *(
            (name, pem(ec.generate_private_key(ec.SECP256R1()))[:60], "not an unencrypted")
            for name in (ACCOUNT, CERTIFICATE)
        ),
        *((name, b"[]", "not an unencrypted") for name in (ACCOUNT, CERTIFICATE)),
        *((name, pem(ec.generate_private_key(ec.SECP256K1())), "secp256k1") for name in (ACCOUNT, CERTIFICATE)),
        *((name, pem(ec.generate_private_key(ec.SECP224R1())), "secp224r1") for name in (ACCOUNT, CERTIFICATE)),
        (ACCOUNT, pem(ed25519.Ed25519PrivateKey.generate()), "must be RSA or ECDSA"),
        (ACCOUNT, pem(rsa.generate_private_key(65537, 1024)), "at least 2048 bits"),  # noqa: S505 - what is refused
    ],
)
async def test_a_key_that_can_t_be_used_is_named_and_the_ca_not_asked(
    folder: Folder, name: str, content: bytes, says: str
) -> None:
    path = folder.storage.folder / name
    path.parent.mkdir()
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(PkiError, match=says) as caught:
        await folder.obtain()
    assert str(path) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert folder.fake_ca.requested == []
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", [ACCOUNT, CERTIFICATE])
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606, 0o777])
async def test_a_key_that_others_may_read_or_write_is_named(folder: Folder, name: str, mode: int) -> None:
    await folder.obtain()
    path = folder.storage.folder / name
    path.chmod(mode)
    with pytest.raises(PkiError, match=rf"{name} is open to others \(mode {mode:04o}\); chmod 600"):
        await folder.obtain()


async def test_a_key_of_another_user_is_named(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    await folder.obtain()
    monkeypatch.setattr("os.geteuid", lambda: 4711)  # only root could give the file away
    with pytest.raises(PkiError, match=r"account\.key belongs to another user"):
        await folder.obtain()


@pytest.mark.parametrize("name", [ACCOUNT, CERTIFICATE, "order.json", "tls.crt"])
async def test_a_folder_in_a_file_s_place_is_named(folder: Folder, name: str) -> None:
    (folder.storage.folder / name).mkdir(parents=True, mode=0o700)
    with pytest.raises(OSError, match=rf"{name}"):
        await folder.obtain()


@pytest.mark.parametrize("listing", ["gone", "broken", "others"])
async def test_an_account_s_list_that_is_of_no_use_stops_nobody(folder: Folder, listing: str) -> None:
    orders = f"{folder.fake_ca.base}/orders"
    folder.fake_ca.alter["account"] = lambda reply: reply.with_members(orders=orders)

    def listed(reply: Reply) -> Reply:
        match listing:
            case "gone":
                return reply.problem(404)
            case "broken":
                return replace(reply, body=b"[]")
        urls = [f"{folder.fake_ca.base}/gone" for _ in range(1000)]
        return replace(reply, body=json.dumps({"orders": urls}).encode(), headers={"Link": '</orders>;rel="next"'})

    folder.fake_ca.alter["orders"] = listed
    folder.fake_ca.alter["gone"] = lambda reply: reply.problem(404)
    assert await folder.obtain() == []
    assert folder.orders == 1
    assert folder.fake_ca.requested.count("gone") <= 100
