"""What a program does around its service: its arguments, its rights, and the Supervisor's help."""

import os
from pathlib import Path
import pwd
import signal
import stat
import sys
import threading

import pytest

from devkit.fake_supervisor import FakeSupervisor
from hub_relay import running
from hub_relay.amqp import AmqpConfig
from hub_relay.brokers import Brokers, MqttSettings
from hub_relay.links import Login
from hub_relay.logs import Secrets
from hub_relay.native import Transport
from hub_relay.signals import Flag

from .kit import PATIENCE, eventually, running as stages_running

BROKER = MqttSettings(host="broker", port=1883, login=None, tls=None)
SERVICE = {"host": "core-mosquitto", "port": 1883, "username": "addons", "password": "from above", "ssl": False}


def host_of(supervisor: FakeSupervisor) -> running.Supervisor:
    return running.Supervisor(base_url=supervisor.url, token=supervisor.token)


def test_the_state_is_kept_beside_the_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["app"])
    given = running.arguments("app", "An app.")
    assert (given.options, given.state) == (Path("/data/options.json"), Path("/data/state"))
    assert (given.user, given.health_port) == ("event_hub", running.HEALTH_PORT)
    monkeypatch.setattr(sys, "argv", ["app", "--options", "/a/o.json", "--state", "/b", "--health-port", "0"])
    given = running.arguments("app", "An app.")
    assert (given.options, given.state, given.health_port) == (Path("/a/o.json"), Path("/b"), 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_raises_the_flag(number: signal.Signals) -> None:
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    stop = running.flag_of_signals()
    try:
        assert not stop.is_set()
        os.kill(os.getpid(), number)
        eventually(stop.is_set)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
        stop.close()


def test_there_is_a_supervisor_where_it_gave_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUPERVISOR_TOKEN", raising=False)
    assert running.supervisor() is None
    monkeypatch.setenv("SUPERVISOR_TOKEN", "token")
    monkeypatch.delenv("SUPERVISOR_URL", raising=False)
    assert running.supervisor() == running.Supervisor(base_url="http://supervisor", token="token")


@pytest.mark.parametrize(
    "named",
    [
        Brokers(mqtt=BROKER),
        Brokers(rabbitmq=AmqpConfig(hosts=("a",), login=Login(username="a", password="b"))),
    ],
)
def test_a_broker_that_was_named_is_taken_without_asking(named: Brokers) -> None:
    with FakeSupervisor(mqtt=SERVICE) as supervisor:
        stop = Flag()
        assert running.with_broker(named, host_of(supervisor), Secrets(), stop) is named
        stop.close()


def test_without_one_the_supervisors_is_taken_and_its_password_is_a_secret() -> None:
    masked, stop = Secrets(), Flag()
    with FakeSupervisor(mqtt=SERVICE) as supervisor:
        found = running.with_broker(Brokers(), host_of(supervisor), masked, stop)
    stop.close()
    assert found is not None
    assert found.mqtt is not None
    assert (found.mqtt.host, found.mqtt.login) == ("core-mosquitto", Login(username="addons", password="from above"))
    assert masked.mask("from above") == "***"


@pytest.mark.parametrize("there_is_one", [True, False])
def test_without_any_it_says_what_to_do_until_there_is_one_or_it_has_to_stop(
    there_is_one: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(running, "ASK_AGAIN", 0.01)
    stop = Flag()
    found: list[Brokers | None] = []
    with FakeSupervisor() as supervisor:
        host = host_of(supervisor)
        thread = threading.Thread(target=lambda: found.append(running.with_broker(Brokers(), host, Secrets(), stop)))
        thread.start()
        eventually(lambda: "set the option mqtt_host" in caplog.text)
        if there_is_one:
            supervisor.mqtt = SERVICE
        else:
            stop.set()
        thread.join(PATIENCE)
    assert not thread.is_alive()
    assert [bool(brokers) for brokers in found] == [there_is_one]
    assert caplog.text.count("or install the Mosquitto app") == 1
    stop.close()


def test_without_a_supervisor_it_says_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    stop = Flag()
    stop.set()
    assert running.with_broker(Brokers(), None, Secrets(), stop) is None
    assert "set the option mqtt_host or rabbitmq_hosts" in caplog.text
    stop.close()


def test_the_search_says_what_is_wrong_until_there_is_a_broker(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(running, "ASK_AGAIN", 0.01)
    found: list[Brokers] = []
    named = Brokers(wrong={Transport.AMQP: "rabbitmq_hosts must be host"})
    with FakeSupervisor() as supervisor:
        search = running.BrokerSearch(named, host_of(supervisor), Secrets(), found.append)
        assert "set the option mqtt_host" in (search.trouble or "")
        with stages_running(search):
            eventually(lambda: "or install the Mosquitto app" in (search.trouble or ""))
            assert found == []
            supervisor.mqtt = SERVICE
            eventually(lambda: found)
            eventually(lambda: search.trouble is None)
            assert search.alive
    assert len(found) == 1
    assert found[0].mqtt is not None
    assert found[0].wrong == named.wrong
    assert caplog.text.count("or install the Mosquitto app") == 1


def test_the_token_is_not_shown() -> None:
    assert "hidden" not in repr(running.Supervisor(base_url="http://supervisor", token="hidden"))


@pytest.mark.parametrize(("brokers", "told"), [(Brokers(mqtt=BROKER), 1), (Brokers(), 0)])
def test_home_assistant_is_told_of_an_app_that_it_can_hear(brokers: Brokers, told: int) -> None:
    with FakeSupervisor() as supervisor:
        running.tell_home_assistant(host_of(supervisor), brokers, {"app": "snapshot", "device": "home"})
        running.tell_home_assistant(None, brokers, {})
    assert [(one.service, one.config["app"]) for one in supervisor.announcements] == [("event_hub", "snapshot")] * told


def test_an_app_that_may_not_tell_works_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    with FakeSupervisor() as supervisor:
        host = running.Supervisor(base_url=supervisor.url, token="wrong")
        running.tell_home_assistant(host, Brokers(mqtt=BROKER), {})
    assert "was not told of this app" in caplog.text


def test_who_is_no_root_stays_who_he_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 1_000)
    assert running.account("nobody") is None
    monkeypatch.setattr(os, "getuid", lambda: 0)
    assert running.account("nobody") == pwd.getpwnam("nobody")
    assert running.account("no such user") is None


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was handed over; who runs the tests may be nobody who can."""
    found: list[str] = []
    monkeypatch.setattr(os, "chown", lambda path, *_, **__: found.append(os.path.basename(path)))  # noqa: PTH119 - text or path
    return found


def test_a_folder_is_handed_over_after_all_that_is_in_it(tmp_path: Path, given: list[str]) -> None:
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    (inner / "file").touch()
    (inner / "link").symlink_to("/etc")
    user = pwd.struct_passwd(("hub", "x", os.getuid() + 1, os.getgid() + 1, "", "", ""))
    running.hand_over(tmp_path / "outer", user)
    assert sorted(given[:2]) == ["file", "link"]
    assert given[2:] == ["inner", "outer"]


def test_what_is_the_users_already_is_not_gone_through_again(tmp_path: Path, given: list[str]) -> None:
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    (inner / "file").touch()
    user = pwd.struct_passwd(("hub", "x", os.getuid(), os.getgid(), "", "", ""))
    running.hand_over(tmp_path / "outer", user)
    assert given == ["outer"]
    assert stat.S_ISDIR(inner.stat().st_mode)


def test_a_disk_with_owners_of_its_own_is_used_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refuse)
    (tmp_path / "file").touch()
    user = pwd.struct_passwd(("hub", "x", os.getuid() + 1, os.getgid(), "", "", ""))
    running.hand_over(tmp_path, user)
    assert f"{tmp_path} cannot be given to the user hub" in caplog.text
