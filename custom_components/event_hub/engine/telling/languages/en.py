"""English."""

from dataclasses import replace
from typing import Final

from .sentences import AlarmTitles, Faults, Plural, Sentences, Titles, Units, one_or_other

EN: Final = Sentences(
    titles=Titles(
        trigger="Triggered",
        alarm="Alarm",
        escalation="Still active",
        cancelled="Alarm cancelled",
        duress="Duress code used",
        silent="Silent alarm",
        lockout="Code entry locked",
        swung_out="Zone silenced",
        fault="Fault",
        source_lost="No longer reporting",
        source_back="Reporting again",
        digest="While it was quiet",
        report="Report",
        undelivered="Not delivered",
        test="Test message",
    ),
    alarms=AlarmTitles(
        burglary="Burglar alarm",
        always="Alarm",
        fire="Fire alarm",
        panic="Panic alarm",
        tamper="Tamper alarm",
    ),
    faults=Faults(left_open="left open or active"),
    units=Units(
        seconds="s",
        minutes="min",
        hours="h",
        days="d",
    ),
    people=Plural(one="{n} person", other="{n} people"),
    faces=Plural(one="{n} face", other="{n} faces"),
    events=Plural(one="{n} event", other="{n} events"),
    more=Plural(one="and {n} more", other="and {n} more"),
    sources=Plural(one="{n} device", other="{n} devices"),
    affected="Affected: {names}",
    ago="{time} ago",
    just_before="just before",
    lasted="for {time}",
    after="after {time}",
    until="until {time}",
    by="by {name}",
    clock="%I:%M:%S %p",
    clock_short="%I:%M %p",
    date="%m/%d",
    form=one_or_other,
)

# The same words, with the clock and the calendar of everywhere else.
EN_GB: Final = replace(EN, clock="%H:%M:%S", clock_short="%H:%M", date="%d/%m")
