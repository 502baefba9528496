"""Private brokers on free loopback ports, with data that may be thrown away.

For tests, benchmarks and ``scripts/develop``: everything a broker writes is in
the folder it is given, and only processes started here are ever stopped.
"""

from collections.abc import Mapping
import os
from pathlib import Path
import secrets
import socket
import subprocess
from typing import Final, Self, override

from .broker_process import LOOPBACK, Broker, BrokerError, accepts, find_program, free_ports, wait_for
from .certificates import ServerFiles

__all__ = ["LOOPBACK", "Broker", "BrokerError", "Mosquitto", "RabbitMQ", "find_program", "free_ports"]

_AMQP_HEADER = b"AMQP\x00\x00\x09\x01"


class Mosquitto(Broker):
    """An MQTT broker. Without ``password`` everybody may connect, with it the user ``event_hub`` alone."""

    program = "mosquitto"
    username: Final = "event_hub"

    def __init__(
        self, folder: Path, *, port: int | None = None, password: str | None = None, tls: ServerFiles | None = None
    ) -> None:
        """Prepare; ``start`` runs it."""
        super().__init__(folder, port=port, tls=tls)
        self.password = password

    @override
    def _prepare(self) -> list[str]:
        lines = [
            f"listener {self.port} {LOOPBACK}",
            "user root",
            "persistence true",
            f"persistence_location {self.folder}/",
            "allow_anonymous " + ("false" if self.password else "true"),
        ]
        if self.password:
            lines.append(f"password_file {self._write_password(self.password)}")
        if self.tls:
            lines += [
                f"listener {self.tls_port} {LOOPBACK}",
                f"cafile {self.tls.authority}",
                f"certfile {self.tls.certificate}",
                f"keyfile {self.tls.key}",
            ]
        file = self.folder / "mosquitto.conf"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return ["-c", str(file)]

    def _write_password(self, password: str) -> Path:
        file = self.folder / "passwords"
        file.write_text(f"{self.username}:{password}\n", encoding="utf-8")
        file.chmod(0o600)
        tool = find_program("mosquitto_passwd")
        if tool is None:
            raise BrokerError("mosquitto_passwd is not installed")
        subprocess.run([tool, "-U", str(file)], check=True, capture_output=True)
        return file

    @override
    def _answers(self) -> bool:
        return accepts(self.port)


class RabbitMQ(Broker):
    """A RabbitMQ node without plugins, with a port mapper (``epmd``) of its own.

    ``username`` may do everything in the virtual host ``/``. Ready after about
    five seconds.
    """

    program = "rabbitmq-server"

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        username: str = "guest",
        password: str = "guest",  # noqa: S107 - RabbitMQ's own default, on loopback
        tls: ServerFiles | None = None,
    ) -> None:
        """Prepare; ``start`` runs it."""
        super().__init__(folder, port=port, tls=tls)
        self.username = username
        self.password = password
        self._epmd_port, self._distribution_port = free_ports(2)
        self._name = f"event_hub_{secrets.token_hex(4)}@localhost"
        self._epmd: subprocess.Popen[bytes] | None = None

    @override
    def start(self) -> Self:
        try:
            self._start_epmd()
            return super().start()
        except BaseException:
            self.stop()
            raise

    @override
    def stop(self) -> None:
        super().stop()
        if self._epmd is not None:
            self._epmd.terminate()
            self._epmd.wait()
            self._epmd = None

    def ctl(self, *arguments: str) -> str:
        """Run ``rabbitmqctl`` against this node and return what it prints. Raises ``BrokerError``."""
        tool = find_program("rabbitmqctl")
        if tool is None:
            raise BrokerError("rabbitmqctl is not installed")
        done = subprocess.run(
            [tool, "--quiet", *arguments],
            env={**os.environ, **self._environment()},
            cwd=self.folder,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            raise BrokerError(f"rabbitmqctl {' '.join(arguments)}: {done.stdout}")
        return done.stdout

    @override
    def _prepare(self) -> list[str]:
        for name, text in (
            ("rabbitmq.conf", self._configuration()),
            ("enabled_plugins", "[]."),
            ("environment.conf", ""),
        ):
            (self.folder / name).write_text(text, encoding="utf-8")
        cookie = self.folder / ".erlang.cookie"
        if not cookie.exists():
            cookie.write_text(secrets.token_hex(16), encoding="utf-8")
            cookie.chmod(0o400)
        return []

    def _configuration(self) -> str:
        lines = [
            f"listeners.tcp.1 = {LOOPBACK}:{self.port}",
            f"default_user = {self.username}",
            f"default_pass = {self.password}",
            "log.file.level = warning",
            "disk_free_limit.absolute = 1MB",
        ]
        if self.tls:
            lines += [
                f"listeners.ssl.1 = {LOOPBACK}:{self.tls_port}",
                f"ssl_options.cacertfile = {self.tls.authority}",
                f"ssl_options.certfile = {self.tls.certificate}",
                f"ssl_options.keyfile = {self.tls.key}",
                "ssl_options.verify = verify_none",
                "ssl_options.fail_if_no_peer_cert = false",
            ]
        return "\n".join(lines) + "\n"

    @override
    def _environment(self) -> Mapping[str, str]:
        on_loopback = "-kernel inet_dist_use_interface {127,0,0,1}"
        return {
            "HOME": str(self.folder),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_NODENAME": self._name,
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "environment.conf"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": on_loopback,
        }

    def _start_epmd(self) -> None:
        program = find_program("epmd")
        if program is None:
            raise BrokerError("epmd is not installed")
        if self._epmd is None:
            # In the foreground, or Erlang would start a daemon that outlives everybody.
            self._epmd = subprocess.Popen(
                [program, "-address", LOOPBACK, "-port", str(self._epmd_port)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            # A node that finds none yet would start a daemon itself.
            wait_for(lambda: accepts(self._epmd_port), "epmd does not listen")

    @override
    def _answers(self) -> bool:
        """Try the beginning of AMQP's handshake: the port opens before the node serves."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=5) as connection:
                connection.sendall(_AMQP_HEADER)
                return connection.recv(1) == b"\x01"
        except OSError:
            return False
