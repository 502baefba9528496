"""What values mean."""

from collections.abc import Iterable

from hypothesis import given, strategies as st
import pytest

from remote_monitor.bands import Band, Change, InputState, Rule, Unread, Zone, percent, simple, step, supervised

N, A, T, S, C, F = Zone.NORMAL, Zone.ALARM, Zone.TAMPER, Zone.SHORT, Zone.CUT, Zone.FAULT

LOOP = supervised({S: (0, 5), N: (20, 35), A: (40, 55), T: (60, 75), C: (95, 100)})
CONTACT = simple(50)
GUARDED = simple(50, tolerance=5, tamper=90)


def run(rule: Rule, samples: Iterable[float | Unread]) -> tuple[InputState, list[Change]]:
    state, changes = InputState(), []
    for now, sample in enumerate(samples):
        state, change = step(rule, state, sample, float(now))
        if change is not None:
            changes.append(change)
    return state, changes


def zones(rule: Rule, samples: Iterable[float | Unread]) -> list[Zone]:
    return [change.after for change in run(rule, samples)[1]]


@pytest.mark.parametrize(
    ("rule", "value", "zone"),
    [
        (CONTACT, 50, N),
        (CONTACT, 40, N),
        (CONTACT, 60, N),
        (CONTACT, 39.9, A),
        (CONTACT, 60.1, A),
        (CONTACT, 0, A),
        (CONTACT, 100, A),
        (GUARDED, 56, A),
        (GUARDED, 85, T),
        (GUARDED, 95, T),
        (GUARDED, 95.1, A),
        (LOOP, 0, S),
        (LOOP, 5, S),
        (LOOP, 12, F),
        (LOOP, 27, N),
        (LOOP, 38, F),
        (LOOP, 50, A),
        (LOOP, 60, T),
        (LOOP, 80, F),
        (LOOP, 99, C),
        (LOOP, 100, C),
    ],
)
def test_a_steady_value_has_the_zone_of_its_band(rule: Rule, value: float, zone: Zone) -> None:
    state, _ = run(rule, [value] * 3)
    assert state.zone is zone
    assert state.value == value


@pytest.mark.parametrize(
    ("zone", "value", "wire"),
    [
        (N, 27, {"state": "OK", "sample_value": 27, "tamper": False, "fault": None, "event_detail": None}),
        (A, 50.04, {"state": "triggered", "sample_value": 50.0, "tamper": False, "fault": None, "event_detail": None}),
        (T, 70, {"state": "triggered", "sample_value": 70, "tamper": True, "fault": None, "event_detail": "Tamper"}),
        (
            S,
            1,
            {"state": "triggered", "sample_value": 1, "tamper": True, "fault": None, "event_detail": "Short circuit"},
        ),
        (C, 99, {"state": "triggered", "sample_value": 99, "tamper": True, "fault": None, "event_detail": "Cut"}),
        (
            F,
            80,
            {
                "state": "triggered",
                "sample_value": 80,
                "tamper": False,
                "fault": "The value lies outside every band: check the loop's resistors and wiring",
                "event_detail": "Fault",
            },
        ),
    ],
)
def test_a_zone_is_told_in_the_words_of_the_wire(zone: Zone, value: float, wire: dict[str, object]) -> None:
    state, _ = run(LOOP, [value] * 3)
    assert state.zone is zone
    assert state.wire() == wire


def test_nothing_is_said_of_an_input_before_three_readings() -> None:
    state, changes = run(LOOP, [99, 99])
    assert (state.zone, changes) == (None, [])
    assert state.wire() == {
        "state": "OK",
        "sample_value": None,
        "tamper": False,
        "fault": None,
        "event_detail": None,
    }


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        pytest.param([27] * 9, [], id="normal from the start is no change"),
        pytest.param([50] * 9, [A], id="an alarm from the start is one"),
        pytest.param([27] * 3 + [50] * 3 + [27] * 3, [A, N], id="there and back"),
        pytest.param([27, 27, 27, 99, 27, 27, 0, 27, 27], [], id="single wild values are filtered"),
        pytest.param([27] * 3 + [35.5, 36, 35.5, 36] * 3, [], id="just outside the band is still normal"),
        pytest.param([27] * 3 + [36.2] * 3, [F], id="beyond the hysteresis is not"),
        pytest.param([38] * 3 + [35.5] * 3 + [35] * 3, [F, N], id="back only inside the band"),
        pytest.param([27] * 3 + [2] * 3 + [98] * 3, [S, C], id="from zone to zone"),
    ],
)
def test_changes_are_told_once(samples: list[float], expected: list[Zone]) -> None:
    assert zones(LOOP, samples) == expected


def test_a_change_is_told_at_the_second_value_of_it() -> None:
    _, changes = run(LOOP, [27, 27, 27, 27, 50, 50])
    assert [(change.before, change.after, change.state.since) for change in changes] == [(N, A, 5.0)]


GONE = Unread(reason="No chip answers")


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        pytest.param([27] * 3 + [GONE] * 2 + [27] * 3, [], id="two failed readings are nothing"),
        pytest.param([27] * 3 + [GONE] * 9, [F], id="three are a fault, told once"),
        pytest.param([27] * 3 + [GONE] * 3 + [27] * 2, [F], id="two good ones do not end it"),
        pytest.param([27] * 3 + [GONE] * 3 + [27] * 3, [F, N], id="three do"),
        pytest.param([27] * 3 + [GONE] * 3 + [50] * 3, [F, A], id="and tell what is there now"),
        pytest.param([GONE] * 3, [F], id="a chip that was never there"),
        pytest.param([27] * 3 + [GONE, 50] * 3, [A], id="every second reading is enough"),
    ],
)
def test_a_channel_that_cannot_be_read_is_a_fault(samples: list[float | Unread], expected: list[Zone]) -> None:
    assert zones(LOOP, samples) == expected


def test_a_fault_is_not_normal_and_has_no_value() -> None:
    state, _ = run(CONTACT, [50, 50, 50, GONE, GONE, GONE])
    assert state.wire() == {
        "state": "triggered",
        "sample_value": None,
        "tamper": False,
        "fault": "No chip answers",
        "event_detail": "Fault",
    }
    state, _ = run(CONTACT, [50, 50, 50, GONE, GONE, GONE, 50, 50, 50])
    assert state.fault is None


@pytest.mark.parametrize(
    ("bands", "words"),
    [
        ({N: (20, 35)}, "needs a band for alarm"),
        ({A: (20, 35)}, "needs a band for normal"),
        ({N: (20, 35), A: (30, 40)}, "normal and alarm overlap between 30 and 35"),
        ({N: (35, 20), A: (40, 50)}, "normal band must go from low to high, is 35-20"),
        ({N: (20, 35), A: (40, 41)}, "alarm band must be wider than the hysteresis of 1"),
        ({N: (20, 35), A: (40, 50), F: (60, 70)}, "no band of its own"),
    ],
)
def test_bands_that_cannot_be_are_refused_by_name(bands: dict[Zone, tuple[float, float]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        supervised(bands)


def test_a_simple_rule_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="normal and tamper overlap between 45 and 60"):
        simple(50, tamper=55)
    with pytest.raises(ValueError, match="hysteresis must be 0 or more, is -1"):
        simple(50, hysteresis=-1)


@pytest.mark.parametrize(("volts", "expected"), [(0, 0), (2.5, 50), (5, 100), (5.06, 100), (-0.1, 0)])
def test_percent_is_of_full_scale_and_stays_within_it(volts: float, expected: float) -> None:
    assert percent(volts, 5.0) == expected


values = st.floats(0, 100)
samples = st.lists(values | st.just(GONE), max_size=60)
rules = st.sampled_from([LOOP, CONTACT, GUARDED])


@given(rules, samples)
def test_the_zone_is_one_that_the_median_allows(rule: Rule, taken: list[float | Unread]) -> None:
    state = InputState()
    for now, sample in enumerate(taken):
        before = state
        state, change = step(rule, state, sample, float(now))
        assert (change is not None) == (state.zone is not before.zone and (before.zone, state.zone) != (None, N))
        assert len(state.values) <= 3
        if state.value is None or state.fault is not None:
            continue
        allowed = [band for band in rule.bands if band.zone is state.zone and band.holds(state.value, rule.hysteresis)]
        assert allowed or state.zone is rule.otherwise


@given(rules, values, samples)
def test_three_equal_readings_inside_a_band_decide_whatever_was_before(
    rule: Rule, value: float, before: list[float | Unread]
) -> None:
    inside = [band for band in rule.bands if band.holds(value)]
    state, _ = run(rule, [*before, value, value, value])
    if inside:
        assert any(band.zone is state.zone for band in [*inside, *_neighbours(rule, value)])


def _neighbours(rule: Rule, value: float) -> list[Band]:
    return [band for band in rule.bands if band.holds(value, rule.hysteresis)]


@given(rules, st.floats(0, 0.49), values, st.lists(st.booleans(), max_size=100))
def test_noise_smaller_than_half_the_hysteresis_never_makes_an_input_chatter(
    rule: Rule, noise: float, value: float, signs: list[bool]
) -> None:
    wavering = [value + (noise if sign else -noise) for sign in signs]
    assert len(zones(rule, wavering)) <= 2
