"""A service starts its stages in order, stops them in reverse, and ends when one of them dies."""

import os
from pathlib import Path
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from typing import override

import pytest

from hub_relay.lifecycle import Service, StopTimes
from hub_relay.stages import Relays, Stage

from .kit import PATIENCE, eventually

ROOT = Path(__file__).parents[3]


class Recorder(Stage):
    """Says when it starts and ends."""

    def __init__(self, name: str, diary: list[str]) -> None:
        super().__init__(name)
        self.diary = diary
        self.started = threading.Event()

    @override
    def run(self) -> None:
        self.diary.append(f"{self.name} runs")
        self.started.set()
        self.work()
        self.diary.append(f"{self.name} ends")

    def work(self) -> None:
        while not self.wait(1):
            self.beat()


class Dying(Recorder):
    @override
    def work(self) -> None:
        raise RuntimeError("the bus is gone")


class Leaving(Recorder):
    @override
    def work(self) -> None:
        return


class Stuck(Recorder):
    def __init__(self, name: str, diary: list[str]) -> None:
        super().__init__(name, diary)
        self.let_go = threading.Event()

    @override
    def work(self) -> None:
        self.let_go.wait(2 * PATIENCE)


def service(*stages: Stage, stage: float = PATIENCE) -> Service:
    return Service(stages, Relays(), times=StopTimes(total=2 * PATIENCE, stage=stage))


def stopped_when(condition: threading.Event, one: Service) -> threading.Thread:
    def stop() -> None:
        condition.wait(PATIENCE)
        one.stop()

    thread = threading.Thread(target=stop)
    thread.start()
    return thread


def test_stages_stop_in_the_reverse_of_their_start() -> None:
    diary: list[str] = []
    link, publisher, sampler = (Recorder(name, diary) for name in ("link", "publisher", "sampler"))
    one = service(link, publisher, sampler)
    thread = stopped_when(sampler.started, one)
    assert one.run() == 0
    thread.join()
    assert sorted(diary[:3]) == ["link runs", "publisher runs", "sampler runs"]
    assert diary[3:] == ["sampler ends", "publisher ends", "link ends"]


def test_a_stage_that_dies_ends_the_service_in_order_with_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    diary: list[str] = []
    link, dying, sampler = Recorder("link", diary), Dying("relays", diary), Recorder("sampler", diary)
    assert service(link, dying, sampler).run() == 1
    assert [line for line in diary if line.endswith("ends")] == ["sampler ends", "link ends"]
    assert "Stage relays died" in caplog.text
    assert "the bus is gone" in caplog.text
    assert "Traceback" in caplog.text


def test_a_stage_that_ends_unasked_is_a_failure_too(caplog: pytest.LogCaptureFixture) -> None:
    assert service(Leaving("sampler", [])).run() == 1
    assert "Stage sampler ended although nobody had told it to" in caplog.text


def test_a_stage_that_does_not_stop_is_named_and_those_after_it_still_stop(caplog: pytest.LogCaptureFixture) -> None:
    diary: list[str] = []
    link, stuck = Recorder("link", diary), Stuck("sampler", diary)
    one = service(link, stuck, stage=0.05)
    thread = stopped_when(stuck.started, one)
    try:
        assert one.run() == 1
        said = caplog.messages[-1]
        assert said.startswith("Did not stop in time: ")
        assert said.endswith("sampler")
        # It was told to, whether or not it was quick enough.
        eventually(lambda: "link ends" in diary)
    finally:
        thread.join()
        stuck.let_go.set()
        assert stuck.join(PATIENCE)


def test_health_names_the_stage_that_stands_still() -> None:
    diary: list[str] = []
    link, stuck = Recorder("link", diary), Stuck("sampler", diary)
    one = service(link, stuck)
    assert one.stages_health() == {"link": "not running", "sampler": "not running"}
    health: list[dict[str, str]] = []

    def check() -> None:
        stuck.started.wait(PATIENCE)
        health.append(one.stages_health(stuck._beat))
        stuck.still_after = 0
        health.append(one.stages_health(stuck._beat + 7))
        one.stop()
        stuck.let_go.set()

    thread = threading.Thread(target=check)
    thread.start()
    one.run()
    thread.join()
    assert health == [{"link": "ok", "sampler": "ok"}, {"link": "ok", "sampler": "stands still for 7 s"}]


PROGRAM = """
    import sys
    from hub_relay.lifecycle import Service
    from hub_relay.logs import Secrets, configure
    from hub_relay.stages import Inlet, Outlet, Overflow, Relays, Stage

    class Sink(Stage):
        def run(self):
            with Inlet(relay, self.stop_flag) as inlet:
                while (frame := inlet.get(1)) or not self.stopping:
                    self.beat()
                print("sink has ended", flush=True)

    class Source(Stage):
        def run(self):
            with Outlet(relay) as outlet:
                outlet.put("number", {"number": 1})
                print("ready", flush=True)
                while not self.wait(1):
                    if "die" in sys.argv:
                        raise RuntimeError("as told")
            print("source has ended", flush=True)

    configure("info", Secrets())
    relays = Relays()
    relay = relays.relay("numbers", limit=10, overflow=Overflow.WAIT)
    sys.exit(Service([Sink("sink"), Source("source")], relays).run())
"""


CONNECTING = """
    import sys
    from hub_relay.amqp import AmqpConfig, AmqpListener, AmqpPublisher, Commands
    from hub_relay.commands import msgpack_content
    from hub_relay.lifecycle import Service
    from hub_relay.links import Login, Tls
    from hub_relay.mqtt import MqttConfig, MqttLink
    from hub_relay.sink import CommandSink
    from hub_relay.stages import Overflow, Relays

    port = int(sys.argv[1])
    relays = Relays()
    sink = CommandSink(relay=relays.relay("commands", limit=10, overflow=Overflow.WAIT), read=msgpack_content)
    rabbitmq = AmqpConfig(hosts=(f"127.0.0.1:{port}",), login=Login(username="a", password="b"))
    mqtt = MqttConfig(host="127.0.0.1", port=port, client_id="a", status_topic="a", tls=Tls())
    stages = [
        MqttLink(mqtt),
        AmqpPublisher(rabbitmq),
        AmqpListener(rabbitmq, Commands(key="event.trigger.a", sink=sink)),
    ]
    sys.exit(Service(stages, relays).run())
"""


def start(*arguments: str, program: str = PROGRAM) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "addons/common")},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_process_in_order(number: signal.Signals) -> None:
    with start() as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        rest = process.stdout.read()
        # It has eight seconds, and would end with a failure after them.
        assert process.wait(PATIENCE) == 0
    assert rest.index("source has ended") < rest.index("sink has ended")


def test_a_stage_that_dies_ends_the_process_with_a_failure() -> None:
    with start("die") as process:
        assert process.stdout is not None
        text = process.stdout.read()
        assert process.wait(PATIENCE) == 1
    assert "ERROR stages: Stage source died" in text
    assert "RuntimeError: as told" in text
    assert "sink has ended" in text


def test_brokers_that_accept_and_never_answer_do_not_hold_up_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with start(str(silent.getsockname()[1]), program=CONNECTING) as process:
            callers = [silent.accept()[0] for _ in range(3)]
            process.send_signal(signal.SIGTERM)
            # Who had to wait until they give up would end with a failure.
            assert process.wait(PATIENCE) == 0
        for caller in callers:
            caller.close()
