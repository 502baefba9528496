"""Stages that join a service while it runs, and the trouble of one that works."""

import threading
from typing import override

from .kit import PATIENCE
from .test_lifecycle import Dying, Recorder, service, stopped_when


def test_stages_that_come_later_are_stopped_after_those_who_feed_them() -> None:
    diary: list[str] = []
    search, sampler, link, publisher = (Recorder(name, diary) for name in ("search", "sampler", "link", "publisher"))
    one = service(search, sampler)

    def add() -> None:
        sampler.started.wait(PATIENCE)
        one.add([link, publisher])
        publisher.started.wait(PATIENCE)
        diary.append(str(one.stages_health()))
        one.stop()

    thread = threading.Thread(target=add)
    thread.start()
    assert one.run() == 0
    thread.join()
    assert diary[-5] == str(dict.fromkeys(["link", "publisher", "search", "sampler"], "ok"))
    assert diary[-4:] == ["sampler ends", "search ends", "publisher ends", "link ends"]


def test_a_stage_that_comes_later_and_dies_ends_the_service_too() -> None:
    diary: list[str] = []
    sampler = Recorder("sampler", diary)
    one = service(sampler)

    def add() -> None:
        sampler.started.wait(PATIENCE)
        one.add([Dying("link", diary)])

    thread = threading.Thread(target=add)
    thread.start()
    assert one.run() == 1
    thread.join()


def test_stages_that_come_too_late_do_not_run() -> None:
    diary: list[str] = []
    sampler, link = Recorder("sampler", diary), Recorder("link", diary)
    one = service(sampler)
    thread = stopped_when(sampler.started, one)
    assert one.run() == 0
    thread.join()
    one.add([link])
    assert "link runs" not in diary
    assert link.stop_flag.is_set()


class Troubled(Recorder):
    @property
    @override
    def trouble(self) -> str | None:
        return "There is no broker"


def test_health_tells_the_trouble_of_a_stage_that_works() -> None:
    troubled = Troubled("broker", [])
    one = service(troubled)
    health: list[dict[str, str]] = []

    def check() -> None:
        troubled.started.wait(PATIENCE)
        health.append(one.stages_health())
        one.stop()

    thread = threading.Thread(target=check)
    thread.start()
    assert one.run() == 0
    thread.join()
    assert health == [{"broker": "There is no broker"}]
