"""Codes of the alarm, kept only as slow hashes.

Why a slow hash, and only that. A code is short: of four digits there are 10,000. Whoever guesses at a keypad is
stopped by the lockout. Whoever has stolen the file can try all of them, and nothing but the time of each try is in the
way: a tenth of a second and 32 MB with the parameters below, a quarter of an hour for four digits. A fast keyed hash
beside the slow one, to find the user by, would take that away: its key would lie in the same folder and in the same
backup, and all four-digit codes would fall in milliseconds. So there is none.

Why one salt for all users of a hub. A code is entered without a name, so it is compared with the hashes of all users,
and a slow hash for each would hold a keypad up for seconds. With one salt, random for every hub, the code is hashed
once, and that is compared with all, always with all and in constant time: whose it was does not show in the time it
takes. It costs that a thief tries each code on all users at once rather than on one after the other, and that equal
codes have equal hashes. The first is a factor of a few users; the second says nothing, since two users must not have
the same code anyway. Tables made beforehand are still of no use, as another hub has another salt.

The salt and the parameters are in every hash. So the parameters can be raised later: an old hash is still compared, at
the price of one more slow hash, until its user enters the code and it is made anew (``needs_upgrade``).

A code is never part of an error, a log line or a ``repr``.
"""

from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
import hashlib
import hmac
import re
import secrets
from typing import Final
import unicodedata

SHORTEST: Final = 4
LONGEST: Final = 32
# The logarithm of scrypt's N, its r and its p: 128 * r * N bytes, so 32 MB.
COST: Final = 15
BLOCK: Final = 8
LANES: Final = 1
# What a hash may ask for: a file that was tampered with must not take the machine's memory.
HIGHEST_COST: Final = 17
SALT_BYTES: Final = 16
DIGEST_BYTES: Final = 32
_HASH: Final = re.compile(
    r"\$scrypt\$ln=([1-9]\d?),r=([1-8]),p=([1-4])\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recipe:
    """How a code is hashed. Hashes of one recipe can be compared with one slow hash."""

    cost: int
    block: int
    lanes: int
    salt: bytes = field(repr=False)

    @property
    def is_current(self) -> bool:
        return (self.cost, self.block, self.lanes) == (COST, BLOCK, LANES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hash:
    recipe: _Recipe
    digest: bytes = field(repr=False)


def hash_code(code: str, beside: Iterable[str] = ()) -> str:
    """Return the hash to keep of a code; takes about a tenth of a second, so not for the event loop.

    ``beside`` are the hashes of the hub's other users, whose salt is taken, so that one slow hash tells which of them a
    code belongs to. Raises ``ValueError`` for what is no code: 4 to 32 printable characters.
    """
    plain = _plain(code)
    if plain is None:
        raise ValueError(f"A code has {SHORTEST} to {LONGEST} printable characters")
    recipe = _recipe(beside)
    parameters = f"ln={recipe.cost},r={recipe.block},p={recipe.lanes}"
    return f"$scrypt${parameters}${_text(recipe.salt)}${_text(_digest(plain, recipe))}"


def needs_upgrade(hashed: str, beside: Iterable[str] = ()) -> bool:
    """Say whether a hash is to be made anew when its code is next entered.

    So it is when it has other parameters than new ones get, or another salt than ``beside``, the hub's other users.
    """
    kept = _parse(hashed)
    if kept is None or not kept.recipe.is_current:
        return True
    return kept.recipe.salt != _common_salt([hashed, *beside])


def find_user(code: str, users: Mapping[str, str]) -> str | None:
    """Return whose code it is, of users with the hash of each; ``None`` for nobody's. As slow as ``hash_code``.

    Costs one slow hash for every salt and set of parameters among the hashes, and one if there is none: as a rule one.
    What cannot be a code is nobody's at once; a broken hash belongs to nobody.
    """
    plain = _plain(code)
    if plain is None:
        return None
    kept = {user: parsed for user, hashed in users.items() if (parsed := _parse(hashed)) is not None}
    recipes = {parsed.recipe for parsed in kept.values()} or {_recipe(())}
    digests = {recipe: _digest(plain, recipe) for recipe in recipes}
    # All are compared, whoever it is, so that time does not tell.
    matches = [user for user, parsed in kept.items() if hmac.compare_digest(digests[parsed.recipe], parsed.digest)]
    return matches[0] if matches else None


def _plain(code: str) -> bytes | None:
    """Return the bytes of a code, the same for each way to type one; ``None`` for what cannot be a code."""
    if len(code) > LONGEST or not code.isprintable():
        return None
    plain = unicodedata.normalize("NFC", code)
    return plain.encode() if len(plain) >= SHORTEST else None


def _recipe(beside: Iterable[str]) -> _Recipe:
    """Return how a new code is hashed."""
    salt = _common_salt(beside) or secrets.token_bytes(SALT_BYTES)
    return _Recipe(cost=COST, block=BLOCK, lanes=LANES, salt=salt)


def _common_salt(hashes: Iterable[str]) -> bytes | None:
    """Return the salt that most hashes have; of several the smallest, so that all users move to the same."""
    salts = Counter(parsed.recipe.salt for hashed in hashes if (parsed := _parse(hashed)) is not None)
    return max(sorted(salts), key=salts.__getitem__, default=None)


def _digest(plain: bytes, recipe: _Recipe) -> bytes:
    size = 128 * recipe.block * (2**recipe.cost + recipe.lanes + 2)
    return hashlib.scrypt(
        plain,
        salt=recipe.salt,
        n=2**recipe.cost,
        r=recipe.block,
        p=recipe.lanes,
        maxmem=2 * size,
        dklen=DIGEST_BYTES,
    )


def _parse(hashed: str) -> _Hash | None:
    match = _HASH.fullmatch(hashed)
    if match is None or int(match[1]) > HIGHEST_COST:
        return None
    recipe = _Recipe(cost=int(match[1]), block=int(match[2]), lanes=int(match[3]), salt=_bytes(match[4]))
    return _Hash(recipe=recipe, digest=_bytes(match[5]))


def _text(value: bytes) -> str:
    return b64encode(value).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return b64decode(text + "=" * (-len(text) % 4))
