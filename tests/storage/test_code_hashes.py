from collections.abc import Callable
from functools import partial
import hashlib
import hmac
from itertools import permutations
import secrets
import sys
from types import FrameType

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.event_hub.storage import code_hash
from custom_components.event_hub.storage.code_hash import find_user, hash_code, needs_upgrade


def fits(code: str, hashed: str) -> bool:
    """Tell whether a code is the one that was hashed."""
    return find_user(code, {"Ann": hashed}) == "Ann"


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash a thousand times faster."""
    monkeypatch.setattr(code_hash, "COST", 4)


class Counted:
    """Counts the slow hashes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._real = hashlib.scrypt
        monkeypatch.setattr(hashlib, "scrypt", self._scrypt)

    def _scrypt(self, *args: object, **options: object) -> bytes:
        self.count += 1
        return self._real(*args, **options)  # type: ignore[arg-type]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


def users_with(*codes: str) -> dict[str, str]:
    """Return users 0, 1, 2 … with these codes, hashed as the hub does: one beside the other."""
    users: dict[str, str] = {}
    for number, code in enumerate(codes):
        users[str(number)] = hash_code(code, users.values())
    return users


def test_a_hash_is_as_slow_as_it_is_meant_to_be() -> None:
    hashed = hash_code("1234")
    assert hashed.startswith("$scrypt$ln=15,r=8,p=1$")
    assert fits("1234", hashed)
    assert not fits("1235", hashed)


def test_a_hash_is_that_of_the_standard() -> None:
    salt, digest = (code_hash._bytes(part) for part in hash_code("1234").split("$")[3:])
    assert digest == hashlib.scrypt(b"1234", salt=salt, n=2**15, r=8, p=1, dklen=32, maxmem=2**26)


@pytest.mark.usefixtures("fast")
@given(code=st.text("0123456789aÄ€ \U0001f600", min_size=4, max_size=32), other=st.text(min_size=4, max_size=32))
@settings(max_examples=50)
def test_only_the_code_itself_is_right(code: str, other: str) -> None:
    hashed = hash_code(code)
    assert fits(code, hashed)
    assert fits(other, hashed) is (other == code)


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize(
    "code",
    [
        pytest.param("", id="nothing"),
        pytest.param("123", id="too short"),
        pytest.param("1" * 33, id="too long"),
        pytest.param("1" * 10_000_000, id="far too long"),
        pytest.param("12\n34", id="a line break"),
        pytest.param("1234\x00", id="a zero byte"),
        pytest.param("1234\ud800", id="half a character"),
        pytest.param("e\u0301" * 3, id="three letters of six characters"),
    ],
)
def test_what_is_no_code_is_refused_without_hashing_or_repeating_it(code: str, counted: Counted) -> None:
    with pytest.raises(ValueError, match=r"^A code has 4 to 32 printable characters$"):
        hash_code(code)
    assert find_user(code, {"Ann": "$scrypt$"}) is None
    assert counted.count == 0


@pytest.mark.usefixtures("fast")
def test_a_letter_is_the_same_however_it_is_typed() -> None:
    assert fits("caf\u00e9", hash_code("cafe\u0301"))


@pytest.mark.usefixtures("fast")
def test_two_hubs_have_different_hashes_of_one_code() -> None:
    assert hash_code("1234") != hash_code("1234")


@pytest.mark.usefixtures("fast")
def test_the_user_is_found_with_one_slow_hash_however_many_there_are(counted: Counted) -> None:
    users = users_with(*[f"code {number}" for number in range(50)])
    for number in (0, 27, 49):
        counted.count = 0
        assert find_user(f"code {number}", users) == str(number)
        assert counted.count == 1


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("users", [(), ("1234",), ("1234", "5678", "9999")])
def test_nobody_is_found_at_the_same_price(users: tuple[str, ...], counted: Counted) -> None:
    hashes = users_with(*users)
    counted.count = 0
    assert find_user("0000", hashes) is None
    assert counted.count == 1


@pytest.mark.usefixtures("fast")
def test_every_hash_is_compared_whoever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []
    real = hmac.compare_digest

    def compare(given: bytes, kept: bytes) -> bool:
        compared.append(kept)
        return real(given, kept)

    users = users_with("1111", "2222", "3333")
    monkeypatch.setattr(hmac, "compare_digest", compare)
    for code in ("1111", "3333", "4444"):
        compared.clear()
        find_user(code, users)
        assert len(compared) == len(set(compared)) == 3


def calls_of(work: Callable[[], object]) -> list[str]:
    """Return the names of all functions that are called meanwhile, in order."""
    calls: list[str] = []

    def see(frame: FrameType, event: str, what: object) -> None:
        if event in ("call", "c_call"):
            calls.append(getattr(what, "__name__", frame.f_code.co_name))

    sys.setprofile(see)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.usefixtures("fast")
def test_what_is_done_does_not_tell_whose_code_it_was() -> None:
    users = users_with("1111", "2222", "3333")
    first, last, nobody = (calls_of(partial(find_user, code, users)) for code in ("1111", "3333", "4444"))
    assert first == last == nobody
    assert first.count("compare_digest") == 3


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize(
    "broken",
    [
        "",
        "1234",
        "$scrypt$ln=4,r=8,p=1$c2FsdA$c2hvcnQ",
        "$scrypt$ln=30,r=8,p=1$" + "A" * 22 + "$" + "A" * 43,
        "$scrypt$ln=4,r=9,p=1$" + "A" * 22 + "$" + "A" * 43,
        "$scrypt$ln=4,r=8,p=1$" + "A" * 22 + "$" + "A" * 43 + "\n",
        "$scrypt$ln=4,r=8,p=1$" + "A" * 22 + "$" + "ä" * 43,
    ],
)
def test_a_broken_hash_belongs_to_nobody_and_disturbs_nobody(broken: str) -> None:
    assert not fits("1234", broken)
    assert needs_upgrade(broken)
    users = {"Bob": broken, **users_with("1234")}
    assert find_user("1234", users) == "0"


@pytest.mark.usefixtures("fast")
def test_a_hash_of_older_parameters_is_right_until_it_is_made_anew(
    monkeypatch: pytest.MonkeyPatch, counted: Counted
) -> None:
    users = users_with("1111", "2222")
    monkeypatch.setattr(code_hash, "COST", 5)
    assert needs_upgrade(users["0"], [users["1"]])
    counted.count = 0
    assert find_user("1111", users) == "0"
    assert counted.count == 1
    users["0"] = hash_code("1111", [users["1"]])
    assert users["0"].startswith("$scrypt$ln=5,")
    assert not needs_upgrade(users["0"], [users["1"]])
    counted.count = 0
    assert [find_user(code, users) for code in ("1111", "2222", "3333")] == ["0", "1", None]
    assert counted.count == 6


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("order", permutations(range(3)))
def test_hashes_of_several_salts_end_up_with_one(order: tuple[int, ...], counted: Counted) -> None:
    users = {str(number): hash_code(f"code {number}") for number in range(3)}
    for number in (*order, *order):
        others = [hashed for user, hashed in users.items() if user != str(number)]
        if needs_upgrade(users[str(number)], others):
            users[str(number)] = hash_code(f"code {number}", others)
    counted.count = 0
    assert [find_user(f"code {number}", users) for number in range(3)] == ["0", "1", "2"]
    assert counted.count == 3


@pytest.mark.usefixtures("fast")
def test_neither_code_nor_hash_shows_in_a_description() -> None:
    code = secrets.token_hex(8)
    hashed = hash_code(code)
    salt, digest = hashed.split("$")[3:]
    described = repr(code_hash._parse(hashed))
    assert "cost=4" in described
    for secret in (code, salt, digest, repr(code_hash._bytes(salt)), repr(code_hash._bytes(digest))):
        assert secret not in described
