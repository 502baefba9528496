"""German."""

from typing import Final

from .sentences import AlarmTitles, Faults, Plural, Sentences, Titles, Units, one_or_other

DE: Final = Sentences(
    titles=Titles(
        trigger="Ausgelöst",
        alarm="Alarm",
        escalation="Noch immer aktiv",
        cancelled="Alarm aufgehoben",
        duress="Bedrohungscode eingegeben",
        silent="Stiller Alarm",
        lockout="Codeeingabe gesperrt",
        swung_out="Zone stummgeschaltet",
        fault="Störung",
        source_lost="Meldet sich nicht mehr",
        source_back="Meldet sich wieder",
        digest="Während der Ruhezeit",
        report="Bericht",
        undelivered="Nicht zugestellt",
        test="Testnachricht",
    ),
    alarms=AlarmTitles(
        burglary="Einbruchalarm",
        always="Alarm",
        fire="Feueralarm",
        panic="Panikalarm",
        tamper="Sabotagealarm",
    ),
    faults=Faults(left_open="noch offen oder aktiv"),
    units=Units(
        seconds="s",
        minutes="min",
        hours="h",
        days="d",
    ),
    people=Plural(one="{n} Person", other="{n} Personen"),
    faces=Plural(one="{n} Gesicht", other="{n} Gesichter"),
    events=Plural(one="{n} Ereignis", other="{n} Ereignisse"),
    more=Plural(one="und {n} weitere", other="und {n} weitere"),
    sources=Plural(one="{n} Gerät", other="{n} Geräte"),
    affected="Betroffen: {names}",
    ago="vor {time}",
    just_before="kurz davor",
    lasted="seit {time}",
    after="nach {time}",
    until="bis {time}",
    by="durch {name}",
    clock="%H:%M:%S",
    clock_short="%H:%M",
    date="%d.%m.",
    form=one_or_other,
)
