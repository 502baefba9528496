"""``scripts/develop`` notices when one of its processes ends, says which, and leaves none behind."""

import asyncio
from collections.abc import AsyncIterator
import os
from pathlib import Path
import signal

import pytest

from devkit.brokers import Mosquitto, RabbitMQ, free_ports
from devkit.develop_brokers import Choice, PrivateBrokers
from devkit.develop_watch import EndedError, while_all_run
from devkit.polling import until

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("socket_enabled")]


@pytest.fixture
async def brokers(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[PrivateBrokers]:
    """Return brokers that run."""
    choice: Choice = request.param
    if (choice.rabbitmq and not RabbitMQ.installed()) or not Mosquitto.installed():
        pytest.skip("brokers are not installed")
    mqtt, rabbitmq = free_ports(2)
    brokers = PrivateBrokers(choice, tmp_path, mqtt_port=mqtt, rabbitmq_port=rabbitmq)
    await brokers.start()
    yield brokers
    await brokers.stop()


def family_of(group: int) -> list[int]:
    """Return the processes of a group."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            _, _, said = file.read_text(encoding="utf-8").rpartition(")")
        except OSError:
            continue
        state, _parent, its_group = said.split()[:3]
        if int(its_group) == group and state != "Z":
            found.append(int(file.parent.name))
    return found


async def for_ever() -> None:
    """Work without an end."""
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("brokers", "name"),
    [
        (Choice(mosquitto=True, rabbitmq=False), "Mosquitto"),
        (Choice(mosquitto=True, rabbitmq=True), "RabbitMQ"),
    ],
    indirect=["brokers"],
)
async def test_a_broker_that_is_killed_is_named_with_its_log_and_its_family_is_ended(
    brokers: PrivateBrokers, name: str
) -> None:
    broker = brokers.processes[name]
    assert broker.pid is not None
    group = broker.pid
    work = asyncio.create_task(while_all_run(for_ever(), brokers.processes))
    await asyncio.sleep(0)
    os.kill(group, signal.SIGKILL)

    with pytest.raises(EndedError, match=f"^{name} was ended by SIGKILL") as ended:
        await work
    assert str(broker.log) in str(ended.value)
    assert broker.log.exists()
    await brokers.stop()
    await until(lambda: not family_of(group))


MOSQUITTO = pytest.mark.parametrize("brokers", [Choice(mosquitto=True, rabbitmq=False)], indirect=True)


@MOSQUITTO
async def test_work_that_fails_for_a_process_that_ended_is_not_blamed(brokers: PrivateBrokers) -> None:
    async def talk() -> None:
        pid = brokers.processes["Mosquitto"].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        raise ConnectionResetError

    with pytest.raises(EndedError, match="Mosquitto"):
        await while_all_run(talk(), brokers.processes)


@MOSQUITTO
async def test_work_goes_on_while_all_run_and_its_own_faults_are_its_own(brokers: PrivateBrokers) -> None:
    async def fail() -> None:
        raise ConnectionResetError

    assert await while_all_run(asyncio.sleep(0, "done"), brokers.processes) == "done"
    with pytest.raises(ConnectionResetError):
        await while_all_run(fail(), brokers.processes)


@MOSQUITTO
async def test_what_is_stopped_did_not_end_by_itself(brokers: PrivateBrokers) -> None:
    work = asyncio.create_task(while_all_run(for_ever(), brokers.processes))
    await brokers.stop()
    assert [one.exit_code for one in brokers.processes.values()] == [None]
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
