"""Whether the clock of the house can be believed."""

import pytest

from snapshot_processor.steady import STEADY_FOR, SteadyClock

from .kit import NOW


class Clocks:
    """The clock of the house, and the time that passes."""

    def __init__(self) -> None:
        self.wall, self.passed = NOW, 500.0

    def go_on(self, seconds: float, clock: SteadyClock) -> bool:
        """Let time pass, ten seconds from look to look, and return the last answer."""
        answer = False
        for _ in range(round(seconds / 10)):
            self.wall, self.passed = self.wall + 10, self.passed + 10
            answer = clock.steady()
        return answer


@pytest.mark.parametrize("jump", [60.0, -60.0, 5 * 365 * 86_400.0])
def test_a_clock_that_was_set_is_believed_after_an_hour(jump: float, caplog: pytest.LogCaptureFixture) -> None:
    clocks = Clocks()
    clock = SteadyClock(lambda: clocks.wall, lambda: clocks.passed)
    assert not clocks.go_on(STEADY_FOR - 10, clock)
    assert clocks.go_on(20, clock)
    clocks.wall += jump
    assert not clocks.go_on(STEADY_FOR - 10, clock)
    assert clocks.go_on(20, clock)
    assert caplog.text.count("The clock was set") == 1


def test_a_clock_that_drifts_a_little_is_believed() -> None:
    clocks = Clocks()
    clock = SteadyClock(lambda: clocks.wall, lambda: clocks.passed)
    for _ in range(10):
        clocks.wall += 1
        clocks.go_on(STEADY_FOR / 9, clock)
    assert clock.steady()
