"""Who is locked out, for how long, and how many are remembered."""

from snapshot_processor.receive.bans import MOST, Bans

STRANGER = "192.0.2.1"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def bans(clock: Clock) -> Bans:
    return Bans(3, 60, 600, clock)


def test_the_last_of_too_many_locks_out_and_says_so_once() -> None:
    door = bans(Clock())
    assert [door.wrong(STRANGER) for _ in range(5)] == [False, False, True, False, False]
    assert door.banned(STRANGER)
    assert not door.banned("192.0.2.2")
    assert door.current() == (STRANGER,)


def test_wrong_logins_long_ago_do_not_count() -> None:
    clock = Clock()
    door = bans(clock)
    for _ in range(2):
        door.wrong(STRANGER)
    clock.now = 61
    assert not door.wrong(STRANGER)
    assert not door.banned(STRANGER)


def test_a_ban_ends_and_may_begin_again() -> None:
    clock = Clock()
    door = bans(clock)
    for _ in range(3):
        door.wrong(STRANGER)
    clock.now = 599
    assert door.banned(STRANGER)
    clock.now = 600
    assert not door.banned(STRANGER)
    assert door.current() == ()
    assert [door.wrong(STRANGER) for _ in range(3)] == [False, False, True]


def test_a_network_of_many_addresses_is_one() -> None:
    door = bans(Clock())
    for host in range(3):
        door.wrong(f"2001:db8:0:1::{host}")
    assert door.banned("2001:db8:0:1:ffff::1")
    assert not door.banned("2001:db8:0:2::1")


def test_an_old_address_within_a_new_one_is_the_old_one() -> None:
    door = bans(Clock())
    for address in (STRANGER, f"::ffff:{STRANGER}", STRANGER):
        door.wrong(address)
    assert door.current() == (STRANGER,)


def test_those_who_are_locked_out_are_remembered_longer_than_others() -> None:
    door = bans(Clock())
    for _ in range(3):
        door.wrong(STRANGER)
    for number in range(2 * MOST):
        door.wrong(f"10.{number // 65536}.{number // 256 % 256}.{number % 256}")
    assert door.banned(STRANGER)


def test_so_many_are_remembered_and_no_more() -> None:
    door = bans(Clock())
    for number in range(2 * MOST):
        for _ in range(3):
            door.wrong(f"10.0.{number // 256}.{number % 256}")
    assert len(door.current()) == MOST
    assert door.current()[-1] == f"10.0.{(2 * MOST - 1) // 256}.255"
