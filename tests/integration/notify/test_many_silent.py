"""Boards behind one access point fall silent together, and people are told once."""

from custom_components.event_hub.wire.messages import Dialect, InputReport
from tests.integration.clock import Clock
from tests.integration.kit import Home, source

from .kit import PHONE, SMS, Receiver, add_channel, pass_time

BOARDS = tuple(source(f"esp32_BEE{number:03}", "sensor", Dialect.ESP_SENSOR) for number in range(40))
PLACES = ("Garage", "Attic")


async def have_boards(home: Home) -> None:
    """Have all of them report, each with a detector of its own."""
    for number, board in enumerate(BOARDS):
        place = PLACES[number % len(PLACES)]
        await home.report(
            InputReport(device_key=f"{place} motion {number}", label=f"motion {number}", location=place, active=False),
            by=board,
        )


async def test_forty_boards_that_fall_silent_are_one_message_and_so_is_that_they_are_back(
    home: Home, sms: Receiver, clock: Clock
) -> None:
    add_channel(home, "SMS", "action", SMS, max_length=1000)
    await have_boards(home)
    for board in BOARDS:
        await home.lose(board)
        await clock.go_on(home, 0.5)
    assert sms.calls == []
    await pass_time(home, clock, 30)
    (call,) = sms.calls
    first, _, _, concerned = call["message"].split("\n")
    assert call["title"] == "No longer reporting"
    assert first == "40 devices: sensor.esp32_BEE000, sensor.esp32_BEE001, sensor.esp32_BEE002 and 37 more"
    assert concerned == "Affected: Garage, Attic"
    await have_boards(home)
    await pass_time(home, clock, 31)
    assert [each["title"] for each in sms.calls] == ["No longer reporting", "Reporting again"]
    assert sms.texts[1].startswith("40 devices: sensor.esp32_BEE000, ")


async def test_one_board_is_named_as_on_the_screen_with_its_devices(home: Home, sms: Receiver, clock: Clock) -> None:
    add_channel(home, "SMS", "action", SMS, max_length=1000)
    await have_boards(home)
    await home.lose(BOARDS[7])
    await pass_time(home, clock, 31)
    (text,) = sms.texts
    assert text.startswith("sensor.esp32_BEE007\n")
    assert text.endswith("\nAffected: Attic motion 7")


async def test_that_the_first_of_many_is_back_takes_no_place_of_the_others_on_a_phone(
    home: Home, phone: Receiver, clock: Clock
) -> None:
    add_channel(home, "Phone", "mobile_app", PHONE, buttons=["view"])
    await have_boards(home)
    for board in BOARDS[:3]:
        await home.lose(board)
    await pass_time(home, clock, 31)
    await have_boards(home)
    await home.lose(BOARDS[0])
    await pass_time(home, clock, 31)
    tags = [call["data"]["tag"] for call in phone.calls]
    assert len(set(tags)) == len(tags) == 3
