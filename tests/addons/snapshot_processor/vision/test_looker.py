"""Which detectors are asked, and what of their answers counts."""

import pytest

from snapshot_processor.budget import Allowance, Budget
from snapshot_processor.detect.detector import UnfitError
from snapshot_processor.detect.hog import Hog
from snapshot_processor.looker import FAILURES, REST, Looker
from snapshot_processor.model import Box, Category, Detection, Gate, Look, PartHealth, Status, Thing
from snapshot_processor.regions import parse_polygons

from .kit import NOON, MemoryStore, Scripted, person, scene, thing

CAR = thing("car", Category.VEHICLE, 70)
DOG = thing("dog", Category.ANIMAL, 95)
EMPTY, ONE = scene("Porch", NOON), scene("Porch", NOON, 1)


class House:
    """A looker with a local detector and a paid one, and a camera whose pictures come a minute apart."""

    def __init__(self, look: Look, *, per_day: int = 100) -> None:
        self.local, self.cloud = Scripted(person(80)), Scripted(person(95), paid=True)
        self.store = MemoryStore()
        budget = Budget({"cloud": Allowance(per_day=per_day, per_month=1_000, price=0.001)}, self.store)
        self.looker = Looker({"local": self.local, "cloud": self.cloud}, budget)
        self.look = look
        self.now = NOON

    def see(self, seconds: float = 61.0, *, people: int = 1, asked_for: bool = True) -> Detection:
        self.now += seconds
        return self.looker.look("Porch", self.look, ONE if people else EMPTY, self.now, asked_for=asked_for)

    @property
    def asked(self) -> tuple[int, int]:
        return self.local.asked, self.cloud.asked


def house(*detectors: str, confirm: bool = False, per_day: int = 100) -> House:
    return House(Look(detectors=detectors, confirm=confirm), per_day=per_day)


def test_without_detectors_nothing_is_looked_for_and_nothing_gated() -> None:
    home = house()
    assert [home.see(0, asked_for=False) for _ in range(2)] == [Detection(status=Status.OFF)] * 2
    assert home.asked == (0, 0)


def test_what_a_detector_finds_is_told_with_its_name() -> None:
    home = house("local", "cloud")
    assert home.see() == Detection(status=Status.DONE, detector="local", things=(person(80),))
    assert home.asked == (1, 0)


def test_a_real_detector_finds_who_is_drawn() -> None:
    looker = Looker({"hog": Hog()}, Budget({}, MemoryStore()))
    look = Look(detectors=("hog",))
    assert looker.look("Porch", look, EMPTY, NOON, asked_for=False).people == 0
    assert looker.look("Porch", look, ONE, NOON + 60, asked_for=False).people == 1


@pytest.mark.parametrize(
    ("seconds", "people", "gate"), [(61, 1, Gate.DUPLICATE), (1, 0, Gate.COOL_DOWN), (61, 0, None)]
)
def test_the_gate_is_asked_first(seconds: float, people: int, gate: Gate | None) -> None:
    home = house("local")
    home.see(asked_for=False)
    detection = home.see(seconds, people=people, asked_for=False)
    assert (detection.status, detection.reason) == ((Status.GATED, gate) if gate else (Status.DONE, None))
    assert home.asked == ((1, 0) if gate else (2, 0))


def test_what_was_asked_for_is_looked_at_whatever_the_gate_says() -> None:
    home = house("local")
    assert [home.see(0.1).status for _ in range(3)] == [Status.DONE] * 3


def test_what_was_asked_for_is_remembered_by_the_gate() -> None:
    home = house("local")
    home.see()
    assert home.see(asked_for=False).reason == Gate.DUPLICATE


def test_what_was_asked_for_is_not_beyond_the_budget() -> None:
    home = house("cloud", per_day=1)
    assert home.see().status is Status.DONE
    assert home.see() == Detection(status=Status.GATED, reason=Gate.BUDGET)
    assert home.asked == (0, 1)


def test_the_next_detector_is_asked_when_one_fails() -> None:
    home = house("local", "cloud")
    home.local.fail()
    assert home.see() == Detection(status=Status.DONE, detector="cloud", things=(person(95),))


def test_the_next_detector_is_asked_when_one_is_over_budget() -> None:
    home = house("cloud", "local", per_day=1)
    assert [home.see().detector for _ in range(2)] == ["cloud", "local"]


def test_an_empty_answer_is_an_answer() -> None:
    home = house("local", "cloud")
    home.local.things = ()
    assert home.see() == Detection(status=Status.DONE, detector="local")
    assert home.asked == (1, 0)


def test_when_all_fail_the_reasons_are_told() -> None:
    home = house("local", "cloud")
    home.local.fail("No model")
    home.cloud.fail("No network")
    assert home.see() == Detection(status=Status.FAILED, reason="local: No model; cloud: No network")


def test_when_one_fails_and_the_other_is_over_budget_the_failure_is_told() -> None:
    home = house("local", "cloud", per_day=0)
    home.local.fail("No model")
    assert home.see() == Detection(status=Status.FAILED, reason="local: No model")


def test_a_picture_that_nobody_could_look_at_is_tried_again() -> None:
    home = house("local")
    home.local.fail()
    assert home.see(asked_for=False).status is Status.FAILED
    home.local.work()
    assert home.see(1, asked_for=False).status is Status.DONE


def test_a_detector_that_is_not_set_up_fails_in_words() -> None:
    home = house("onnx")
    reason = "onnx: It is not set up: complete its options, or leave it out of the camera's"
    assert home.see() == Detection(status=Status.FAILED, reason=reason)


def test_a_detector_that_breaks_down_holds_nothing_up() -> None:
    home = house("local", "cloud")
    home.local.failure = ZeroDivisionError("division by zero")
    assert home.see().detector == "cloud"
    home.look = Look(detectors=("local",))
    assert home.see().reason == "local: It broke down (ZeroDivisionError), see the log"


def test_what_is_found_is_confirmed_and_the_second_answer_counts() -> None:
    home = house("local", "cloud", confirm=True)
    home.cloud.things = (person(95), CAR)
    assert home.see() == Detection(status=Status.DONE, detector="cloud", things=(person(95), CAR))
    home.cloud.things = ()
    assert home.see() == Detection(status=Status.DONE, detector="cloud")
    assert home.asked == (2, 2)


def test_nothing_is_paid_where_the_first_finds_nothing_of_interest() -> None:
    home = house("local", "cloud", confirm=True)
    home.local.things = (person(49.9),)
    assert home.see() == Detection(status=Status.DONE, detector="local")
    assert home.asked == (1, 0)
    assert home.store.counts == {}


@pytest.mark.parametrize("trouble", ["fails", "over budget"])
def test_what_cannot_be_confirmed_stands(trouble: str) -> None:
    home = house("local", "cloud", confirm=True, per_day=0 if trouble == "over budget" else 9)
    home.cloud.fail()
    assert home.see() == Detection(status=Status.DONE, detector="local", things=(person(80),))


def test_where_the_first_fails_the_second_answers_for_both() -> None:
    home = house("local", "cloud", confirm=True)
    home.local.fail()
    assert home.see().detector == "cloud"
    assert home.asked == (1, 1)


def test_who_has_nobody_to_confirm_is_believed() -> None:
    assert house("local", confirm=True).see().people == 1


def test_a_detector_that_fails_again_and_again_rests_and_is_then_tried_once() -> None:
    home = house("cloud", "local")
    home.cloud.fail()
    for _ in range(FAILURES):
        home.see(1)
    assert home.asked == (FAILURES, FAILURES)
    assert home.see(1).detector == "local"
    assert home.cloud.asked == FAILURES
    home.see(REST)
    assert home.cloud.asked == FAILURES + 1
    home.see(1)
    assert home.cloud.asked == FAILURES + 1
    home.cloud.work()
    assert home.see(REST).detector == "cloud"
    assert home.see(1).detector == "cloud"


def test_a_detector_that_rests_costs_nothing_and_its_reason_is_told() -> None:
    home = house("cloud")
    home.cloud.fail("No network")
    assert [home.see(1).reason for _ in range(FAILURES + 2)] == ["cloud: No network"] * (FAILURES + 2)
    assert sum(home.store.counts["cloud"].values()) == FAILURES


def test_a_picture_that_does_not_suit_a_detector_is_no_reason_to_rest() -> None:
    home = house("cloud")
    home.cloud.failure = UnfitError("Too wide")
    assert [home.see(1).reason for _ in range(FAILURES + 2)] == ["cloud: Too wide"] * (FAILURES + 2)
    assert home.cloud.asked == FAILURES + 2
    assert home.looker.health() == PartHealth(ok=True)


def test_failures_that_are_not_in_a_row_are_no_reason_to_rest() -> None:
    home = house("cloud")
    for _ in range(FAILURES):
        for _ in range(FAILURES - 1):
            home.cloud.fail()
            home.see(1)
        home.cloud.work()
        assert home.see(1).status is Status.DONE


def test_a_clock_that_is_set_back_does_not_make_the_rest_longer() -> None:
    home = house("cloud")
    home.cloud.fail()
    for _ in range(FAILURES):
        home.see(1)
    home.cloud.work()
    assert home.see(-86_400).status is Status.DONE


def test_health_tells_who_fails_again_and_again() -> None:
    home = house("cloud", "local")
    home.cloud.fail("No network")
    healths = []
    for _ in range(FAILURES):
        healths.append(home.looker.health())
        home.see(1)
    assert healths == [PartHealth(ok=True)] * FAILURES
    assert home.looker.health() == PartHealth(ok=False, detail="cloud: No network")
    home.cloud.work()
    home.see(REST)
    assert home.looker.health() == PartHealth(ok=True)


def test_a_failure_is_logged_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    home = house("cloud")
    home.cloud.fail("No network")
    for _ in range(4):
        home.see()
    home.cloud.work()
    home.see()
    home.see()
    assert [record.message for record in caplog.records] == [
        "Detector cloud: No network",
        "Detector cloud answers again",
    ]


LEFT = parse_polygons("0,0 50,0 50,100 0,100")
AT_LEFT, AT_RIGHT = Box(left=0.1, top=0.1, width=0.1, height=0.4), Box(left=0.8, top=0.1, width=0.1, height=0.4)


@pytest.mark.parametrize(
    ("look", "things", "kept"),
    [
        pytest.param(Look(), (person(50), person(49)), (0,), id="confidence"),
        pytest.param(Look(confidence=96), (person(95), DOG), (), id="a high one"),
        pytest.param(Look(least={"person": 85}), (person(84), person(86), DOG), (1,), id="only persons"),
        pytest.param(Look(least={"vehicle": 60, "dog": 90}), (CAR, DOG, person()), (0, 1), id="label and category"),
        pytest.param(Look(least={"vehicle": 99, "car": 60}), (CAR,), (0,), id="the label before its category"),
        pytest.param(Look(least={"car": 60}, confidence=99), (CAR,), (0,), id="the label before the confidence"),
        pytest.param(Look(zones=LEFT), (person(90, AT_LEFT), person(90, AT_RIGHT)), (0,), id="zones"),
        pytest.param(Look(zones=LEFT), (CAR,), (0,), id="what has no box is in every zone"),
        pytest.param(Look(least_area=0.05), (person(90, AT_LEFT), person(90)), (1,), id="area"),
        pytest.param(Look(least_area=0.5), (CAR,), (0,), id="what has no box is large enough"),
    ],
)
@pytest.mark.parametrize("name", ["local", "cloud"])
def test_what_counts_is_for_the_camera_to_say(
    name: str, look: Look, things: tuple[Thing, ...], kept: tuple[int, ...]
) -> None:
    home = house()
    home.look = Look(
        detectors=(name,),
        confidence=look.confidence,
        least=look.least,
        zones=look.zones,
        least_area=look.least_area,
    )
    home.local.things = home.cloud.things = things
    assert home.see().things == tuple(things[index] for index in kept)


def test_the_answer_of_who_confirms_is_sifted_too() -> None:
    home = house("local", "cloud", confirm=True)
    home.cloud.things = (person(30), DOG)
    assert home.see().things == (DOG,)
