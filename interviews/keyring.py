"""The key to pseudonyms: anybody who pseudonymises can add to it, only who knows the passphrase can read it.

What is added is sealed to a public key (X25519, then AES-256-GCM); the private key is kept encrypted under a key that
scrypt makes of the passphrase. Neither the passphrase nor what it opens is stored or cached anywhere.
"""

import base64
import json
import os
import zlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

COST, BLOCK, LANES = 2**16, 8, 1  # 64 MB and a fifth of a second for each guess


class WrongPassphrase(Exception):
    """The passphrase does not open the key."""


def make(passphrase: str, about: str) -> dict[str, str]:
    """A new key: ``public``, and ``locked``, which the passphrase opens. ``about`` binds it to its study."""
    private = X25519PrivateKey.generate()
    return {
        "public": _text(private.public_key().public_bytes_raw()),
        "locked": _lock(private, passphrase, about),
    }


def change(locked: str, old: str, new: str, about: str) -> str:
    """The same key under another passphrase. Raises WrongPassphrase."""
    return _lock(_unlock(locked, old, about), new, about)


def seal(public: str, value, about: str) -> str:
    """A value (anything JSON takes) that only the passphrase of the key opens again."""
    once = X25519PrivateKey.generate()
    theirs = X25519PublicKey.from_public_bytes(_bytes(public))
    nonce = os.urandom(12)
    plain = zlib.compress(json.dumps(value, ensure_ascii=False).encode())
    sealed = AESGCM(_shared(once, theirs, about)).encrypt(nonce, plain, about.encode())
    return _text(once.public_key().public_bytes_raw() + nonce + sealed)


def unseal(locked: str, passphrase: str, sealed: list[str], about: str) -> list:
    """What was sealed, in the same order. Raises WrongPassphrase."""
    private = _unlock(locked, passphrase, about)
    return [_open(private, each, about) for each in sealed]


def _open(private, sealed, about):
    data = _bytes(sealed)
    theirs = X25519PublicKey.from_public_bytes(data[:32])
    plain = AESGCM(_shared(private, theirs, about)).decrypt(data[32:44], data[44:], about.encode())
    return json.loads(zlib.decompress(plain))


def _shared(private, public, about):
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"passages pseudonyms " + about.encode())
    return kdf.derive(private.exchange(public))


def _lock(private, passphrase, about):
    salt, nonce = os.urandom(16), os.urandom(12)
    sealed = AESGCM(_stretched(passphrase, salt)).encrypt(nonce, private.private_bytes_raw(), about.encode())
    return _text(salt + nonce + sealed)


def _unlock(locked, passphrase, about):
    data = _bytes(locked)
    try:
        raw = AESGCM(_stretched(passphrase, data[:16])).decrypt(data[16:28], data[28:], about.encode())
    except InvalidTag:
        raise WrongPassphrase from None
    return X25519PrivateKey.from_private_bytes(raw)


def _stretched(passphrase, salt):
    return Scrypt(salt=salt, length=32, n=COST, r=BLOCK, p=LANES).derive(passphrase.encode())


def _text(data):
    return base64.b64encode(data).decode()


def _bytes(text):
    return base64.b64decode(text)
