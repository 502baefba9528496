"""Dutch."""

from typing import Final

from .sentences import AlarmTitles, Faults, Plural, Sentences, Titles, Units, one_or_other

NL: Final = Sentences(
    titles=Titles(
        trigger="Geactiveerd",
        alarm="Alarm",
        escalation="Nog steeds actief",
        cancelled="Alarm geannuleerd",
        duress="Dwangcode gebruikt",
        silent="Stil alarm",
        lockout="Code-invoer geblokkeerd",
        swung_out="Zone gedempt",
        fault="Storing",
        source_lost="Meldt zich niet meer",
        source_back="Meldt zich weer",
        digest="Tijdens de stille uren",
        report="Rapport",
        undelivered="Niet bezorgd",
        test="Testbericht",
    ),
    alarms=AlarmTitles(
        burglary="Inbraakalarm",
        always="Alarm",
        fire="Brandalarm",
        panic="Paniekalarm",
        tamper="Sabotagealarm",
    ),
    faults=Faults(left_open="nog open of actief"),
    units=Units(
        seconds="s",
        minutes="min",
        hours="u",
        days="d",
    ),
    people=Plural(one="{n} persoon", other="{n} personen"),
    faces=Plural(one="{n} gezicht", other="{n} gezichten"),
    events=Plural(one="{n} gebeurtenis", other="{n} gebeurtenissen"),
    more=Plural(one="en nog {n}", other="en nog {n}"),
    sources=Plural(one="{n} apparaat", other="{n} apparaten"),
    affected="Betreft: {names}",
    ago="{time} geleden",
    just_before="vlak daarvoor",
    lasted="al {time}",
    after="na {time}",
    until="tot {time}",
    by="door {name}",
    clock="%H:%M:%S",
    clock_short="%H:%M",
    date="%d-%m",
    form=one_or_other,
)
