"""Which channels may be set up."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.errors import InvalidRuleError
from custom_components.event_hub.engine.telling.check import check_channel
from custom_components.event_hub.engine.telling.model import (
    USUAL,
    Button,
    Channel,
    ChannelKind,
    Pictures,
    Topic,
)

from .kit import MAIL, SMS, TELEGRAM

PHONE = Channel(
    channel_id="phone",
    name="Anna's phone",
    kind=ChannelKind.MOBILE_APP,
    target="notify.mobile_app_annas_phone",
    pictures=Pictures.ONE,
    buttons=tuple(Button),
)
TARGETS = {
    ChannelKind.NOTIFY_ENTITY: MAIL.target,
    ChannelKind.ACTION: SMS.target,
    ChannelKind.TELEGRAM: "-1001234567890",
    ChannelKind.MOBILE_APP: PHONE.target,
}


@pytest.mark.parametrize("channel", [TELEGRAM, SMS, MAIL, PHONE, replace(MAIL, language="pt-BR", topics=tuple(Topic))])
def test_a_channel_that_works_is_taken(channel: Channel) -> None:
    check_channel(channel)


@pytest.mark.parametrize("kind", ChannelKind)
def test_what_a_channel_of_a_kind_starts_with_is_taken(kind: ChannelKind) -> None:
    usual = USUAL[kind]
    check_channel(
        Channel(
            channel_id="new",
            name="New",
            kind=kind,
            target=TARGETS[kind],
            min_interval=usual.min_interval,
            gather=usual.gather,
            max_length=usual.max_length,
            pictures=usual.pictures,
        )
    )


def test_telegram_starts_with_an_interval_of_twelve_seconds() -> None:
    assert USUAL[ChannelKind.TELEGRAM].min_interval == 12


@pytest.mark.parametrize(
    ("setting", "channel"),
    [
        ("channel_id", replace(SMS, channel_id="")),
        ("name", replace(SMS, name="  ")),
        ("name", replace(SMS, name="x" * 101)),
        ("target", replace(SMS, target="send_sms")),
        ("target", replace(MAIL, target="light.hall")),
        ("target", replace(TELEGRAM, target="@family")),
        ("target", replace(PHONE, target="notify.family")),
        ("target", replace(SMS, target="script.send_sms\n")),
        ("language", replace(SMS, language="tlh")),
        ("min_interval", replace(SMS, min_interval=-1)),
        ("min_interval", replace(SMS, min_interval=float("nan"))),
        ("deadline", replace(SMS, deadline=float("inf"))),
        ("deadline", replace(SMS, deadline=1)),
        ("deadline", replace(TELEGRAM, min_interval=60)),
        ("gather", replace(TELEGRAM, gather=11)),
        ("max_length", replace(SMS, max_length=39)),
        ("pictures", replace(MAIL, pictures=Pictures.ONE)),
        ("pictures", replace(PHONE, pictures=Pictures.ALBUM)),
        ("buttons", replace(TELEGRAM, buttons=(Button.VIEW,))),
        ("buttons", replace(PHONE, buttons=(Button.VIEW, Button.VIEW))),
        ("topics", replace(SMS, topics=(Topic.ALARM, Topic.ALARM))),
    ],
)
def test_one_that_does_not_is_refused_and_the_setting_named(setting: str, channel: Channel) -> None:
    with pytest.raises(InvalidRuleError) as caught:
        check_channel(channel)
    assert caught.value.setting == setting
