"""The snapshot processor's container: a camera's upload, all the way."""

from contextlib import ExitStack
from ftplib import FTP_TLS
from http.client import HTTPConnection
from io import BytesIO
import json
import queue
import ssl
import time
from typing import Any

import pytest

from devkit.broker_process import LOOPBACK
from devkit.devices.scene import draw_scene

from .kit import Brokers, Running, inside
from .messages import PATIENCE, amqp_body, mqtt_bodies

pytestmark = pytest.mark.e2e

PEOPLE = 1
CLOUDS = """
import boto3
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc
import json
amazon = boto3.client("rekognition", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
google = build_from_document(json.loads(get_static_doc("drive", "v2")), http=object())
print(amazon.meta.endpoint_url, hasattr(amazon, "detect_labels"), google.files().insert(body={}).uri.partition("?")[0])
"""


@pytest.fixture(scope="module")
def app() -> str:
    return "snapshot_processor"


@pytest.fixture(scope="module")
def sent() -> bytes:
    """A picture of somebody on the porch, at noon."""
    noon = time.mktime((2026, 11, 26, 12, 0, 0, 0, 0, -1))
    return draw_scene("Porch", noon, PEOPLE)


@pytest.fixture(scope="module")
def heard(running: Running, sent: bytes, brokers: Brokers) -> dict[str, Any]:
    """Upload the picture as a camera does, and return what comes of it: by broker, and as files."""
    with ExitStack() as stack:
        bodies = stack.enter_context(mqtt_bodies(brokers.mosquitto, "event_hub/snapshot/container/#"))
        body = stack.enter_context(amqp_body(brokers.rabbitmq, "event.notify.snapshot.container"))
        upload(running, sent)
        return {"rabbitmq": body(), "mqtt": until_event(bodies)}


def upload(running: Running, content: bytes) -> None:
    """Send a picture as a camera does."""
    port = running.options["ftp_port"]
    # The FTP server's own process begins a moment after the app.
    running.container.wait_for(f"Waiting for pictures on port {port}")
    # No camera checks the certificate; that the key was readable shows by the encryption.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with FTP_TLS(timeout=PATIENCE, context=context) as camera:  # noqa: S321 - what cameras speak
        camera.connect(LOOPBACK, port)
        camera.login("porch", "of the porch")
        camera.prot_p()
        camera.mkd("2026-11-26")
        camera.cwd("2026-11-26")
        assert camera.storbinary("STOR MDAlarm.jpg", BytesIO(content)).startswith("226")


def until_event(bodies: queue.SimpleQueue[tuple[str, bytes]]) -> dict[str, Any]:
    """Return the event, and the pictures that went ahead of it as ``images``."""
    images: dict[str, bytes] = {}
    while True:
        topic, body = bodies.get(timeout=PATIENCE)
        if topic.endswith("/event"):
            return {**json.loads(body), "images": images}
        if "/image/" in topic:
            images[topic.partition("/image/")[2]] = body


def test_an_upload_is_told_on_rabbitmq_with_both_pictures(heard: dict[str, Any], sent: bytes) -> None:
    (camera,) = heard["rabbitmq"]["inputs"]
    assert (camera["device_key"], camera["state"]) == ("Porch Camera", "triggered")
    assert camera["image"] == sent
    assert camera["image_annotated"].startswith(b"\xff\xd8")
    assert camera["image_annotated"] != sent


def test_an_upload_is_told_on_mqtt_after_both_pictures(heard: dict[str, Any], sent: bytes) -> None:
    (camera,) = heard["mqtt"]["inputs"]
    assert (camera["device_key"], camera["state"]) == ("Porch Camera", "triggered")
    assert heard["mqtt"]["images"]["porch_camera"] == sent
    assert heard["mqtt"]["images"]["porch_camera/annotated"].startswith(b"\xff\xd8")


def test_the_person_in_it_is_found(heard: dict[str, Any]) -> None:
    for broker in ("rabbitmq", "mqtt"):
        (camera,) = heard[broker]["inputs"]
        assert camera["event_detail"] == "1 person(s)"
        assert (camera["detection"]["status"], camera["detection"]["people"]) == ("done", PEOPLE)


def test_the_pictures_are_where_home_assistant_shows_media(
    running: Running, heard: dict[str, Any], sent: bytes
) -> None:
    (camera,) = heard["rabbitmq"]["inputs"]
    clean = running.media / "event_hub" / camera["storage_path"]
    assert clean.read_bytes() == sent
    assert {path.name.partition("_")[0] for path in clean.parent.iterdir()} == {"upload", "human"}


@pytest.mark.usefixtures("socket_enabled")
def test_the_picture_can_be_read_by_who_has_the_token(running: Running, heard: dict[str, Any], sent: bytes) -> None:
    (camera,) = heard["rabbitmq"]["inputs"]
    connection = HTTPConnection(LOOPBACK, running.options["api_port"], timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {running.options['api_token']}"}
    connection.request("GET", f"/api/images/{camera['image_id']}", headers=headers)
    assert connection.getresponse().read() == sent
    connection.close()


@pytest.mark.usefixtures("heard")
def test_no_password_is_logged(running: Running) -> None:
    assert "porch" in running.container.output
    assert "of the porch" not in running.container.output
    assert running.options["api_token"] not in running.container.output


def test_what_the_app_needs_of_amazon_and_google_is_in_the_image(running: Running) -> None:
    assert inside(running.container, "python", "-c", CLOUDS).split() == [
        "https://rekognition.eu-west-1.amazonaws.com",
        "True",
        "https://www.googleapis.com/drive/v2/files",
    ]
