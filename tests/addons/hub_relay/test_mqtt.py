"""The MQTT link at a real broker."""

from pathlib import Path
import socket
import time
from typing import Any

import pytest

from devkit.brokers import Mosquitto, free_ports
from devkit.certificates import Authority
from hub_relay.links import Backoff, LinkError, Login, Publication, Tls
from hub_relay.mqtt import MqttConfig, MqttLink

from .kit import (
    MQTT_LOGIN,
    PATIENCE,
    MqttEars,
    as_json,
    command,
    commands,
    eventually,
    mqtt_config,
    quick,
    running,
    voice,
)


def says(config: MqttConfig, problem: str, caplog: pytest.LogCaptureFixture) -> str:
    """Wait until a link that cannot connect says why, and return all that it said."""
    link = MqttLink(config, backoff=quick())
    with running(link):
        eventually(lambda: problem in caplog.text)
        assert not link.up
    return caplog.text


def test_what_is_published_arrives_and_is_confirmed(mosquitto: Mosquitto) -> None:
    speaker = voice()
    link = MqttLink(mqtt_config(mosquitto, speaker), backoff=quick())
    with MqttEars(mosquitto, speaker.mqtt("event")) as ears, running(link):
        eventually(lambda: link.up)
        futures = [link.send(Publication(address=speaker.mqtt("event"), body=b"%d" % number)) for number in range(100)]
        for future in futures:
            future.result(PATIENCE)
        assert [ears.next().payload for _ in range(100)] == [b"%d" % number for number in range(100)]


def test_it_is_online_while_connected_and_offline_after_an_orderly_end(mosquitto: Mosquitto) -> None:
    speaker = voice()
    link = MqttLink(mqtt_config(mosquitto, speaker), backoff=quick())
    with MqttEars(mosquitto, speaker.mqtt("status")) as ears:
        with running(link):
            assert ears.next().payload == b"online"
        assert ears.next().payload == b"offline"
    with MqttEars(mosquitto, speaker.mqtt("status")) as later:
        kept = later.next()
        assert (kept.payload, bool(kept.retain)) == (b"offline", True)


def test_the_broker_says_offline_when_the_device_is_cut_off(mosquitto: Mosquitto) -> None:
    speaker = voice()
    link = MqttLink(mqtt_config(mosquitto, speaker), backoff=Backoff(first=60, most=60))
    with MqttEars(mosquitto, speaker.mqtt("status")) as ears, running(link):
        assert ears.next().payload == b"online"
        eventually(lambda: link.up)
        link.reset()
        assert not link.up
        assert ears.next().payload == b"offline"


def test_a_command_comes_as_a_frame(mosquitto: Mosquitto) -> None:
    speaker, said = voice(), command()
    with commands() as place, MqttEars(mosquitto) as hub:
        link = MqttLink(mqtt_config(mosquitto, speaker), commands=place.mqtt, backoff=quick())
        with running(link):
            eventually(lambda: link.up)
            hub.say(speaker.mqtt("command"), as_json(said))
            frame = place.next()
        assert frame.kind == "command"
        assert frame.content["command_id"] == said["command_id"]
        assert link.counts.taken == 1


def test_malformed_commands_are_counted_and_the_next_good_one_is_taken(
    mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    speaker, said = voice(), command()
    with commands() as place, MqttEars(mosquitto) as hub:
        link = MqttLink(mqtt_config(mosquitto, speaker), commands=place.mqtt, backoff=quick())
        with running(link):
            eventually(lambda: link.up)
            for body in (b"", b"\xff\x00", b"[]", b"{}", as_json(command(active_input={"a": 10**30})), as_json(said)):
                hub.say(speaker.mqtt("command"), body)
            assert place.next().content["command_id"] == said["command_id"]
            assert place.nothing()
        assert link.counts.malformed == 5
    assert caplog.text.count("is not understood") == 1


def test_a_retained_command_is_refused(mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture) -> None:
    speaker, fresh = voice(), command()
    with commands() as place, MqttEars(mosquitto) as hub:
        hub.say(speaker.mqtt("command"), as_json(command()), retain=True)
        link = MqttLink(mqtt_config(mosquitto, speaker), commands=place.mqtt, backoff=quick())
        with running(link):
            eventually(lambda: link.counts.retained == 1)
            hub.say(speaker.mqtt("command"), as_json(fresh))
            assert place.next().content["command_id"] == fresh["command_id"]
        hub.say(speaker.mqtt("command"), b"", retain=True)
    assert "retained command" in caplog.text


def test_a_full_relay_counts_what_it_drops(mosquitto: Mosquitto) -> None:
    speaker = voice()
    with commands(limit=2, patience=0.01) as place, MqttEars(mosquitto) as hub:
        link = MqttLink(mqtt_config(mosquitto, speaker), commands=place.mqtt, backoff=quick())
        with running(link):
            eventually(lambda: link.up)
            for _ in range(5):
                hub.say(speaker.mqtt("command"), as_json(command()))
            eventually(lambda: link.counts.taken + link.counts.dropped == 5)
        assert link.counts.dropped == 3


def test_a_wrong_password_is_said_and_the_password_is_not(
    mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    config = mqtt_config(mosquitto, voice(), login=Login(username="event_hub", password="not this one"))
    assert "not this one" not in says(config, "refuses the user name or password", caplog)


def test_nobody_there_is_said(caplog: pytest.LogCaptureFixture) -> None:
    (port,) = free_ports(1)
    config = MqttConfig(host="127.0.0.1", port=port, client_id="a", status_topic="status")
    says(config, "cannot be reached", caplog)


def test_somebody_who_speaks_no_mqtt_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        config = MqttConfig(host="127.0.0.1", port=server.getsockname()[1], client_id="a", status_topic="status")
        link = MqttLink(config, backoff=quick())
        with running(link):
            peer, _ = server.accept()
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            peer.close()
            eventually(lambda: caplog.records)
    assert "closed the connection" in caplog.text


def test_it_speaks_tls_with_an_authority_of_ones_own(mosquitto: Mosquitto) -> None:
    assert mosquitto.tls is not None
    speaker = voice()
    config = mqtt_config(
        mosquitto, speaker, port=mosquitto.tls_port, tls=Tls(authority=mosquitto.tls.authority), login=None
    )
    config = MqttConfig(
        host="localhost",
        port=config.port,
        client_id=config.client_id,
        status_topic=config.status_topic,
        login=MQTT_LOGIN,
        tls=config.tls,
    )
    link = MqttLink(config, backoff=quick())
    with MqttEars(mosquitto, speaker.mqtt("event")) as ears, running(link):
        eventually(lambda: link.up)
        link.send(Publication(address=speaker.mqtt("event"), body=b"x" * 300_000)).result(PATIENCE)
        assert len(ears.next().payload) == 300_000


def test_a_certificate_of_a_stranger_is_refused(
    mosquitto: Mosquitto, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = tmp_path / "stranger.pem"
    stranger.write_text(Authority("Somebody else").pem, encoding="utf-8")
    config = mqtt_config(mosquitto, voice(), port=mosquitto.tls_port, tls=Tls(authority=stranger))
    says(config, "a certificate that is not trusted", caplog)


def test_a_broker_that_freezes_is_given_up_and_found_again(mosquitto: Mosquitto) -> None:
    speaker = voice()
    link = MqttLink(mqtt_config(mosquitto, speaker), backoff=quick())
    with running(link):
        eventually(lambda: link.up)
        mosquitto.pause()
        future = link.send(Publication(address=speaker.mqtt("event"), body=b"1"))
        eventually(lambda: not link._jobs)
        link.reset()
        assert isinstance(future.exception(PATIENCE), LinkError)
        mosquitto.resume()
        eventually(lambda: link.up)


def test_waiting_for_a_frozen_broker_to_read_takes_no_processor(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaker = voice()
    link = MqttLink(mqtt_config(mosquitto, speaker, keepalive=3_600), backoff=quick())
    turns: list[None] = []
    turn = link._turn

    def counted(connection: Any) -> None:
        turns.append(None)
        turn(connection)

    monkeypatch.setattr(link, "_turn", counted)
    with running(link):
        eventually(lambda: link.up)
        mosquitto.pause()
        future = link.send(Publication(address=speaker.mqtt("event"), body=b"x" * 20_000_000))
        eventually(lambda: not link._jobs)
        began, before = time.monotonic(), len(turns)
        eventually(lambda: time.monotonic() - began > 1)
        # One a second, and some while the line still takes something: who does not wait makes thousands.
        assert len(turns) - before < 100
        mosquitto.resume()
        future.result(PATIENCE)


def test_it_stops_while_the_broker_is_frozen_or_it_waits(
    mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    (port,) = free_ports(1)
    # Who waited for the end of such a pause, or of the connection, would not stop within the patience.
    waiting = MqttLink(
        MqttConfig(host="127.0.0.1", port=port, client_id="a", status_topic="status"),
        backoff=Backoff(first=3_600, most=3_600),
    )
    frozen = MqttLink(mqtt_config(mosquitto, voice(), keepalive=3_600), backoff=quick())
    with running(waiting, frozen):
        eventually(lambda: frozen.up and "cannot be reached" in caplog.text)
        mosquitto.pause()
