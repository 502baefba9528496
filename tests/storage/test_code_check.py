import asyncio
import hashlib
import logging
import threading

from homeassistant.core import HomeAssistant
import pytest

from custom_components.event_hub.storage import code_hash
from custom_components.event_hub.storage.code_check import MOST_WAITING, CodeCheck, CodesBusyError, FoundUser
from devkit.polling import until


class Scrypt:
    """Watches the slow hashes, and holds them up until ``opened`` is set."""

    def __init__(self) -> None:
        self.count = self.at_once = self.most_at_once = 0
        self.opened = threading.Event()
        self.opened.set()
        self._lock = threading.Lock()
        self._real = hashlib.scrypt

    def __call__(self, *args: object, **options: object) -> bytes:
        with self._lock:
            self.count += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            assert self.opened.wait(60)
            return self._real(*args, **options)  # type: ignore[arg-type]
        finally:
            with self._lock:
                self.at_once -= 1


@pytest.fixture
def scrypt(monkeypatch: pytest.MonkeyPatch) -> Scrypt:
    """Hash fast, and watch it."""
    watched = Scrypt()
    monkeypatch.setattr(code_hash, "COST", 4)
    monkeypatch.setattr(hashlib, "scrypt", watched)
    return watched


@pytest.fixture
def check(hass: HomeAssistant) -> CodeCheck:
    return CodeCheck(hass)


@pytest.fixture
def users(scrypt: Scrypt) -> dict[str, str]:
    """Return two users; what it cost to hash their codes is not counted."""
    ann = code_hash.hash_code("1111")
    made = {"Ann": ann, "Bob": code_hash.hash_code("2222", [ann])}
    scrypt.count = scrypt.most_at_once = 0
    return made


async def test_a_code_is_hashed_and_found(check: CodeCheck, users: dict[str, str]) -> None:
    users["Cleo"] = await check.async_hash("3333", users.values(), place="hub")
    assert await check.async_find_user("3333", users, place="house") == FoundUser(user="Cleo")
    assert await check.async_find_user("4444", users, place="house") is None
    with pytest.raises(ValueError, match="4 to 32"):
        await check.async_hash("12", users.values(), place="hub")


async def test_who_enters_a_code_of_an_old_hash_gets_a_new_one(
    check: CodeCheck, users: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_hash, "COST", 5)
    found = await check.async_find_user("2222", users, place="house")
    assert found is not None
    assert found.upgraded is not None
    assert found.upgraded not in repr(found)
    users["Bob"] = found.upgraded
    assert await check.async_find_user("2222", users, place="house") == FoundUser(user="Bob")


async def test_ten_thousand_guesses_at_once_cost_a_few_hashes_one_at_a_time(
    check: CodeCheck, users: dict[str, str], scrypt: Scrypt
) -> None:
    guesses = [check.async_find_user(f"{number:04}", users, place="house") for number in range(10_000)]
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(answer, CodesBusyError) for answer in answers) == 10_000 - MOST_WAITING
    assert (scrypt.count, scrypt.most_at_once) == (MOST_WAITING, 1)
    assert await check.async_find_user("1111", users, place="house") == FoundUser(user="Ann")


async def test_a_flood_at_one_keypad_leaves_the_others_usable(
    check: CodeCheck, users: dict[str, str], scrypt: Scrypt
) -> None:
    scrypt.opened.clear()
    flood = [check.async_find_user("0000", users, place="house") for _ in range(100)]
    flooding = asyncio.gather(*flood, return_exceptions=True)
    await until(lambda: scrypt.at_once)
    at_the_shed = asyncio.create_task(check.async_find_user("2222", users, place="shed"))
    scrypt.opened.set()
    assert await at_the_shed == FoundUser(user="Bob")
    await flooding
    assert (scrypt.count, scrypt.most_at_once) == (MOST_WAITING + 1, 1)


async def test_one_who_stops_waiting_does_not_let_two_hashes_run_at_once(
    hass: HomeAssistant, check: CodeCheck, users: dict[str, str], scrypt: Scrypt
) -> None:
    scrypt.opened.clear()
    impatient = asyncio.create_task(check.async_find_user("1111", users, place="house"))
    await until(lambda: scrypt.at_once)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    patient = asyncio.create_task(check.async_find_user("2222", users, place="house"))
    await until(lambda: check._at["house"] == 2)
    scrypt.opened.set()
    assert await patient == FoundUser(user="Bob")
    assert scrypt.most_at_once == 1
    await hass.async_block_till_done()
    assert not check._at


async def test_the_loop_has_its_turns_while_a_code_is_hashed(check: CodeCheck, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_hash, "COST", code_hash.HIGHEST_COST)
    turns, hash_slowly = 0, hashlib.scrypt
    meanwhile: list[int] = []

    def watched(*args: object, **options: object) -> bytes:
        before = turns
        digest = hash_slowly(*args, **options)  # type: ignore[arg-type]
        meanwhile.append(turns - before)
        return digest

    monkeypatch.setattr(hashlib, "scrypt", watched)
    hashing = asyncio.ensure_future(check.async_hash("1234", (), place="hub"))
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1
    assert hashing.result().startswith("$scrypt$ln=17,")
    assert meanwhile[0] > 10


async def test_no_code_is_in_what_is_logged_raised_or_described(
    hass: HomeAssistant, check: CodeCheck, users: dict[str, str], scrypt: Scrypt, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hass.loop.set_debug(True)
    hass.loop.slow_callback_duration = 0
    scrypt.opened.clear()
    code = "a secret code"
    flood = asyncio.gather(
        *[check.async_find_user(code, users, place="house") for _ in range(MOST_WAITING + 1)],
        return_exceptions=True,
    )
    await until(lambda: scrypt.at_once)
    described = [repr(task) for task in asyncio.all_tasks()] + [repr(check)]
    scrypt.opened.set()
    *_, refused = await flood
    assert isinstance(refused, CodesBusyError)
    assert any("Hash a code" in text for text in described)
    assert "Executing" in caplog.text, "nothing was described, so this says nothing"
    for text in (*described, caplog.text, repr(refused), str(refused)):
        assert code not in text
