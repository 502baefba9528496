from pathlib import Path
import time

import pytest

from bench import messages, report
from bench.measure import percentile
from bench.report import Figure, at_most_times
from custom_components.event_hub.wire.amqp import parse_amqp
from custom_components.event_hub.wire.messages import Report, ReportKind
from custom_components.event_hub.wire.mqtt import parse_mqtt


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (95, 95), (99, 99), (100, 100), (0.5, 1)])
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(percent: float, expected: float) -> None:
    assert percentile(range(100, 0, -1), percent) == expected


def test_one_measurement_is_every_percentile() -> None:
    assert [percentile([7.0], percent) for percent in (1, 50, 99)] == [7.0] * 3


def test_a_figure_is_held_against_its_floor() -> None:
    assert at_most_times("latency", "ms", 1.3, 1.0, 1.3).met is True
    assert at_most_times("latency", "ms", 1.31, 1.0, 1.3).met is False


def test_a_table_names_figure_floor_ratio_target_and_verdict() -> None:
    figures = [at_most_times("latency", "ms", 1.0, 2.0, 1.3), Figure(name="memory", value=250.4, unit="MiB")]
    assert report.table(figures).splitlines() == [
        "| Figure  | Event Hub | Floor   | Ratio | Target                | Verdict |",
        "|---------|-----------|---------|-------|-----------------------|---------|",
        "| latency | 1.00 ms   | 2.00 ms | 0.50  | ≤ 1.3 times the floor | met     |",
        "| memory  | 250 MiB   |         |       |                       |         |",
    ]


def test_the_newest_run_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "RESULTS", tmp_path / "RESULTS.md")
    report.keep([Figure(name="first run", value=1.0, unit="ms")], "Load.")
    report.keep([Figure(name="second run", value=1.0, unit="ms")], "Load.")
    text = report.RESULTS.read_text(encoding="utf-8")
    assert text.count("# Results\n") == 1
    assert text.index("second run") < text.index("first run")


def test_what_an_earlier_version_said_of_the_figures_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "RESULTS", tmp_path / "RESULTS.md")
    report.RESULTS.write_text("# Results\n\nOnce said otherwise.\n\n## Then\n\n# Results\n", encoding="utf-8")
    report.keep([Figure(name="a run", value=1.0, unit="ms")], "Load.")
    text = report.RESULTS.read_text(encoding="utf-8")
    assert "Once said otherwise" not in text
    assert text.endswith("\n## Then\n\n# Results\n")


def test_a_boards_event_is_one_the_hub_reads() -> None:
    body = messages.event(7, 3, range(8))
    read = parse_amqp(messages.event_key(0), body, received_at=time.time())
    assert isinstance(read, Report)
    assert read.kind is ReportKind.EVENT
    assert [(device.device_key, device.value) for device in read.inputs if device.active] == [("Input 00003", 7)]
    assert len(read.inputs) == 8
    assert messages.serial_of(body) == 7


def test_an_esp_boards_event_is_one_the_hub_reads() -> None:
    body = messages.esp_event(8)
    read = parse_mqtt("sensor/Porch/esp32_bench", body, received_at=time.time())
    assert isinstance(read, Report)
    assert [(device.device_key, device.active, device.value) for device in read.inputs] == [
        (messages.ESP_INPUT, True, 8)
    ]
    assert messages.serial_of(body) == 8
