"""What cameras saw: people are there until a detector finds none or the input is clear, and nothing stays for ever."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.event_hub.engine.effects import Detected, SendCommand
from custom_components.event_hub.engine.events import EnabledSet, Reported, RuleSet
from custom_components.event_hub.engine.model import InputRule, InputStatus, Reason
from custom_components.event_hub.engine.triggers import tells_something
from custom_components.event_hub.wire.detection import Category, Detection, DetectionStatus, Thing
from custom_components.event_hub.wire.messages import Dialect, InputReport, Report, ReportKind

from .kit import Engine, only, reasons, source

APP = source("home", "snapshot", Dialect.NATIVE)
CAMERA = "Porch Camera"
PERSON = Thing(label="person", category=Category.PERSON, confidence=87.5)
CAR = Thing(label="car", category=Category.VEHICLE, confidence=93.0)
HOLD = InputRule().hold


def done(*things: Thing) -> Detection:
    people = sum(thing.category is Category.PERSON for thing in things)
    return Detection(status=DetectionStatus.DONE, detector="hog", people=people, things=things)


def gated(reason: str = "motion") -> Detection:
    return Detection(status=DetectionStatus.GATED, reason=reason)


def saw(engine: Engine, detection: Detection | None, *, active: bool | None, age: float = 0.0) -> list[Detected]:
    """Let the app tell of a picture; returns what was found in it."""
    device = InputReport(device_key=CAMERA, active=active, detection=detection, image_id=17)
    report = Report(source=APP, kind=ReportKind.EVENT, sent_at=engine.now - age, inputs=(device,))
    return [effect for effect in engine.post(Reported(report=report)) if isinstance(effect, Detected)]


def status(engine: Engine) -> InputStatus:
    return engine.state.input_status[CAMERA]


@pytest.fixture
def engine() -> Engine:
    """Return an engine that watches a camera of the app."""
    engine = Engine()
    engine.report(InputReport(device_key=CAMERA, type="camera"), by=APP, kind=ReportKind.HEARTBEAT, sent_at=engine.now)
    engine.post(EnabledSet(inputs=(CAMERA,), enabled=True))
    return engine


def test_a_report_of_a_picture_that_went_ahead_tells_something() -> None:
    assert tells_something(InputReport(device_key=CAMERA, detection=gated()))


def test_what_was_found_is_kept_and_told(engine: Engine) -> None:
    (found,) = saw(engine, done(PERSON, CAR), active=True)
    assert (found.input_key, found.detection.things, found.image_id) == (CAMERA, (PERSON, CAR), 17)
    now = status(engine)
    assert (now.detection, now.people, now.detected_at, now.active) == (DetectionStatus.DONE, 1, engine.now, True)
    assert engine.state.inputs[CAMERA].has_detection


def test_people_are_gone_after_the_hold_with_the_activity(engine: Engine) -> None:
    saw(engine, done(PERSON), active=True)
    seen_at = engine.now
    engine.wait(HOLD - 1)
    assert status(engine).people == 1
    engine.wait(2)
    assert (status(engine).people, status(engine).active, status(engine).detected_at) == (0, False, seen_at)


def test_people_are_gone_when_a_detector_finds_none(engine: Engine) -> None:
    saw(engine, done(PERSON), active=True)
    engine.wait(5)
    assert saw(engine, done(CAR), active=True)
    assert (status(engine).people, status(engine).active) == (0, True)
    saw(engine, done(PERSON), active=True)
    assert saw(engine, done(), active=False) == []
    assert (status(engine).people, status(engine).active) == (0, False)


@pytest.mark.parametrize("active", [None, True])
@pytest.mark.parametrize("other", [gated("cool_down"), Detection(status=DetectionStatus.FAILED, reason="no answer")])
def test_a_picture_that_nobody_looked_at_changes_nothing_of_who_is_there(
    engine: Engine, other: Detection, active: bool | None
) -> None:
    saw(engine, done(PERSON), active=True)
    seen_at = engine.now
    engine.wait(2)
    assert saw(engine, other, active=active) == []
    now = status(engine)
    assert (now.people, now.active, now.detected_at) == (1, True, seen_at)
    assert (now.detection, now.detection_reason) == (other.status, other.reason)


def test_a_gated_picture_makes_people_stay_no_longer(engine: Engine) -> None:
    saw(engine, done(PERSON), active=True)
    engine.wait(HOLD - 1)
    saw(engine, gated(), active=None)
    engine.wait(2)
    assert status(engine).people == 0


def test_a_picture_that_is_clear_teaches_nothing_about_the_next_one(engine: Engine) -> None:
    saw(engine, done(PERSON), active=True)
    saw(engine, done(), active=False)
    saw(engine, done(PERSON), active=True)
    engine.wait(HOLD + 1)
    assert (status(engine).active, status(engine).people) == (False, 0)


@pytest.mark.parametrize("told", [{"image": b"jpeg"}, {"image_at": 1.0}, {"annotated": b"jpeg"}])
def test_a_clear_picture_without_a_detection_teaches_nothing_either(engine: Engine, told: dict[str, Any]) -> None:
    saw(engine, done(PERSON), active=True)
    engine.report(InputReport(device_key=CAMERA, active=False, **told), by=APP)
    assert not status(engine).active
    saw(engine, done(PERSON), active=True)
    engine.wait(HOLD + 1)
    assert (status(engine).active, status(engine).people) == (False, 0)


def test_the_hold_of_people_in_a_picture_that_triggers_nothing_runs_on_over_a_restart(engine: Engine) -> None:
    saw(engine, done(PERSON), active=True)
    saw(engine, done(), active=False)
    engine.wait(HOLD + 30)
    saw(engine, done(PERSON), active=False)
    engine.wait(HOLD - 10)
    engine.restart(after=5)
    engine.wait(1)
    assert status(engine).people == 1
    engine.wait(5)
    assert status(engine).people == 0


@pytest.mark.parametrize("before", [None, True])
def test_people_in_a_picture_that_triggers_nothing_are_gone_after_the_hold_too(
    engine: Engine, before: bool | None
) -> None:
    saw(engine, done(PERSON), active=before)
    saw(engine, done(PERSON), active=False)
    assert (status(engine).people, status(engine).active) == (1, False)
    decisions = engine.wait(HOLD + 1)
    assert (status(engine).people, decisions) == (0, ())


def test_people_are_gone_when_the_input_says_it_is_clear(engine: Engine) -> None:
    saw(engine, done(PERSON), active=True)
    saw(engine, None, active=False)
    assert status(engine).people == 0


@pytest.mark.parametrize("active", [True, False])
def test_nobody_is_seen_for_ever_after_a_restart(engine: Engine, active: bool) -> None:
    saw(engine, done(PERSON), active=active)
    engine.restart(after=1)
    assert status(engine).people == 1
    engine.wait(HOLD + 1)
    assert status(engine).people == 0


def test_what_is_too_old_or_was_told_before_is_not_seen_again(engine: Engine) -> None:
    assert saw(engine, done(PERSON), active=True, age=1000) == []
    assert not engine.state.input_status.get(CAMERA, InputStatus()).people
    device = InputReport(device_key=CAMERA, active=True, detection=done(PERSON))
    for expected in (1, 0):
        told = engine.report(device, by=APP, message_id="once", sent_at=engine.now)
        assert sum(isinstance(effect, Detected) for effect in told) == expected


def test_what_is_found_is_told_of_a_camera_that_is_switched_off_too(engine: Engine) -> None:
    engine.post(EnabledSet(inputs=(CAMERA,), enabled=False))
    assert saw(engine, done(PERSON), active=True)
    assert reasons(engine.effects) == [Reason.DISABLED]


def test_a_command_that_waits_keeps_neither_pictures_nor_what_is_in_them(engine: Engine) -> None:
    engine.output("Siren")
    engine.link(CAMERA)
    device = InputReport(device_key=CAMERA, active=True, detection=done(PERSON), image=b"jpeg", annotated=b"jpeg")
    engine.report(device, by=APP)
    cause = only(engine.effects, SendCommand).command.cause
    assert (cause.device_key, cause.image, cause.annotated, cause.detection) == (CAMERA, None, None, None)


def test_a_longer_hold_keeps_people_longer(engine: Engine) -> None:
    engine.post(RuleSet(input_key=CAMERA, rule=InputRule(hold=300)))
    saw(engine, done(PERSON), active=True)
    engine.wait(200)
    assert status(engine).people == 1


@pytest.mark.parametrize(
    ("device", "flags"),
    [
        (InputReport(device_key=CAMERA), (False, False)),
        (InputReport(device_key=CAMERA, annotated=b"jpeg"), (False, True)),
        (InputReport(device_key=CAMERA, detection=gated()), (True, False)),
        (InputReport(device_key=CAMERA, detection=gated(), annotated=b"jpeg"), (True, True)),
    ],
)
def test_an_input_is_known_to_show_what_it_has_shown(
    engine: Engine, device: InputReport, flags: tuple[bool, bool]
) -> None:
    for report in (device, InputReport(device_key=CAMERA)):
        engine.report(report, by=APP)
        record = engine.state.inputs[CAMERA]
        assert (record.has_detection, record.has_annotated) == flags


DETECTIONS = st.sampled_from((None, done(), done(PERSON), done(PERSON, CAR), done(CAR), gated()))


@given(st.lists(st.tuples(DETECTIONS, st.sampled_from((True, False, None)), st.floats(0, 60)), max_size=12))
def test_whatever_was_seen_nobody_is_there_a_hold_later(
    told: list[tuple[Detection | None, bool | None, float]],
) -> None:
    engine = Engine()
    engine.report(InputReport(device_key=CAMERA), by=APP)
    for detection, active, seconds in told:
        # A state without a picture tells that this source says when it is clear; the app always tells of a picture.
        saw(engine, detection, active=None if detection is None else active)
        engine.wait(seconds)
    engine.wait(HOLD + 1)
    now = engine.state.input_status.get(CAMERA, InputStatus())
    assert (now.people, now.active) == (0, False)
