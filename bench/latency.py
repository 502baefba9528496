"""From a device's publish to the command's arrival at the device, against the bare relay."""

from collections import defaultdict
from pathlib import Path
from typing import Final

from .measure import percentile
from .report import Figure, at_most_times
from .stage import stage

RATE: Final = 20.0
INPUTS: Final = 80
MEDIAN_TIMES: Final = 1.3
P99_TIMES: Final = 2.0


async def latency(folder: Path, *, quick: bool) -> list[Figure]:
    """Measure both ways in turns of a few seconds, so that both have the same share of what else happens."""
    rounds, events = (2, 50) if quick else (10, 100)
    taken: defaultdict[tuple[bool, str], list[float]] = defaultdict(list)
    async with stage(folder) as ready:
        await ready.register(INPUTS)
        for number in range(rounds + 1):
            for mqtt in (False, True):
                for way in ("hub", "relay"):
                    answer = await ready.devices.ask("latency", way=way, mqtt=mqtt, rate=RATE, count=events)
                    assert not answer["lost"], f"{answer['lost']} events without a command"
                    # The first round is the warm-up.
                    if number:
                        taken[mqtt, way] += answer["milliseconds"]
    return [
        figure
        for mqtt, name in ((False, "RabbitMQ → RabbitMQ"), (True, "MQTT → RabbitMQ"))
        for figure in _figures(name, taken[mqtt, "hub"], taken[mqtt, "relay"])
    ]


def _figures(way: str, hub: list[float], relay: list[float]) -> list[Figure]:
    name = f"latency {way} at {RATE:g}/s, "
    p95 = Figure(name=f"{name}p95", unit="ms", value=percentile(hub, 95), floor=percentile(relay, 95))
    return [
        at_most_times(f"{name}median", "ms", percentile(hub, 50), percentile(relay, 50), MEDIAN_TIMES),
        p95,
        at_most_times(f"{name}p99", "ms", percentile(hub, 99), percentile(relay, 99), P99_TIMES),
    ]
