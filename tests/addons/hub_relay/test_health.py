"""GET /health says which stage stands still."""

from http.client import HTTPConnection
import json
import socket

from hub_relay.health import HealthServer

from .kit import PATIENCE, running


def get(port: int, path: str = "/health") -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", path)
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


def test_health_is_200_while_every_stage_is_well_and_else_503() -> None:
    stages = {"sampler": "ok", "publisher": "ok"}
    server = HealthServer(lambda: stages, port=0)
    with running(server):
        status, body = get(server.port)
        assert status == 200
        assert json.loads(body) == {"status": "ok", "stages": stages}
        stages["sampler"] = "stands still for 12 s"
        status, body = get(server.port)
        assert status == 503
        assert json.loads(body)["stages"]["sampler"] == "stands still for 12 s"


def test_another_path_is_not_found() -> None:
    server = HealthServer(dict, port=0)
    with running(server):
        assert get(server.port, "/")[0] == 404


def test_a_client_that_says_nothing_does_not_keep_others_out() -> None:
    server = HealthServer(lambda: {"sampler": "ok"}, port=0)
    with running(server), socket.create_connection(("127.0.0.1", server.port)):
        assert get(server.port)[0] == 200
