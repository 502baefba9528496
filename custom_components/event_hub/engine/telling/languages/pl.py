"""Polish."""

from typing import Final

from .sentences import AlarmTitles, Faults, Plural, Sentences, Titles, Units, polish

PL: Final = Sentences(
    titles=Titles(
        trigger="Aktywacja",
        alarm="Alarm",
        escalation="Nadal aktywne",
        cancelled="Alarm odwołany",
        duress="Użyto kodu pod przymusem",
        silent="Cichy alarm",
        lockout="Wprowadzanie kodu zablokowane",
        swung_out="Strefa wyciszona",
        fault="Usterka",
        source_lost="Nie zgłasza się",
        source_back="Zgłasza się ponownie",
        digest="W czasie ciszy",
        report="Raport",
        undelivered="Nie dostarczono",
        test="Wiadomość testowa",
    ),
    alarms=AlarmTitles(
        burglary="Alarm włamaniowy",
        always="Alarm",
        fire="Alarm pożarowy",
        panic="Alarm napadowy",
        tamper="Alarm sabotażowy",
    ),
    faults=Faults(left_open="nadal otwarte lub aktywne"),
    units=Units(
        seconds="s",
        minutes="min",
        hours="godz.",
        days="d",
    ),
    people=Plural(one="{n} osoba", other="{n} osób", few="{n} osoby"),
    faces=Plural(one="{n} twarz", other="{n} twarzy", few="{n} twarze"),
    events=Plural(one="{n} zdarzenie", other="{n} zdarzeń", few="{n} zdarzenia"),
    more=Plural(one="i jeszcze {n}", other="i jeszcze {n}"),
    sources=Plural(one="{n} urządzenie", other="{n} urządzeń", few="{n} urządzenia"),
    affected="Dotyczy: {names}",
    ago="{time} temu",
    just_before="tuż przed tym",
    lasted="od {time}",
    after="po {time}",
    until="do {time}",
    by="przez: {name}",
    clock="%H:%M:%S",
    clock_short="%H:%M",
    date="%d.%m",
    form=polish,
)
