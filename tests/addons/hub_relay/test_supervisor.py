"""What an app asks of Supervisor, at one that is played."""

from collections.abc import Iterator
import http.server
import threading

import pytest

from devkit.brokers import free_ports
from devkit.fake_supervisor import Announcement, FakeSupervisor
from hub_relay.supervisor import MqttService, SupervisorError, announce, mqtt_service

BROKER = {
    "addon": "core_mosquitto",
    "host": "core-mosquitto",
    "port": 1883,
    "ssl": False,
    "username": "addons",
    "password": "hunter22",
    "protocol": "3.1.1",
}


@pytest.fixture
def supervisor() -> Iterator[FakeSupervisor]:
    with FakeSupervisor(BROKER) as supervisor:
        yield supervisor


def test_the_mqtt_login_comes_from_supervisor(supervisor: FakeSupervisor) -> None:
    service = mqtt_service(supervisor.url, supervisor.token)
    assert service == MqttService(host="core-mosquitto", port=1883, username="addons", password="hunter22", ssl=False)
    assert "hunter22" not in repr(service)


@pytest.mark.parametrize("mqtt", [None, {}])
def test_without_a_broker_there_is_none(supervisor: FakeSupervisor, mqtt: dict[str, object] | None) -> None:
    supervisor.mqtt = mqtt
    assert mqtt_service(supervisor.url, supervisor.token) is None


def test_an_app_is_announced(supervisor: FakeSupervisor) -> None:
    assert announce(supervisor.url, supervisor.token, "event_hub", {"topic": "remote_monitor"})
    assert supervisor.announcements == [Announcement(service="event_hub", config={"topic": "remote_monitor"})]


def test_a_wrong_token_names_what_the_app_needs(supervisor: FakeSupervisor) -> None:
    with pytest.raises(SupervisorError, match=r"services: \[mqtt:want\]"):
        mqtt_service(supervisor.url, "wrong")
    with pytest.raises(SupervisorError, match=r"discovery: \[event_hub\]"):
        announce(supervisor.url, "wrong", "event_hub", {})
    assert supervisor.announcements == []


def test_a_description_nobody_understands_is_an_error(supervisor: FakeSupervisor) -> None:
    supervisor.mqtt = {"host": "a", "port": "many"}
    with pytest.raises(SupervisorError, match="another way than expected"):
        mqtt_service(supervisor.url, supervisor.token)


def test_nobody_there_is_an_error() -> None:
    (port,) = free_ports(1)
    with pytest.raises(SupervisorError, match="cannot be reached"):
        mqtt_service(f"http://127.0.0.1:{port}", "token")


def test_an_answer_that_is_no_json_is_an_error() -> None:
    class Garbage(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(502)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Garbage) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(SupervisorError, match="Supervisor answers 502"):
            mqtt_service(f"http://127.0.0.1:{server.server_port}", "token")
        thread.join()
