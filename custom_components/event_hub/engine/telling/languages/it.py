"""Italian."""

from typing import Final

from .sentences import AlarmTitles, Faults, Plural, Sentences, Titles, Units, one_or_other

IT: Final = Sentences(
    titles=Titles(
        trigger="Attivato",
        alarm="Allarme",
        escalation="Ancora attivo",
        cancelled="Allarme annullato",
        duress="Codice di coercizione usato",
        silent="Allarme silenzioso",
        lockout="Inserimento codici bloccato",
        swung_out="Zona silenziata",
        fault="Guasto",
        source_lost="Non risponde più",
        source_back="Risponde di nuovo",
        digest="Durante le ore di silenzio",
        report="Rapporto",
        undelivered="Non recapitato",
        test="Messaggio di prova",
    ),
    alarms=AlarmTitles(
        burglary="Allarme intrusione",
        always="Allarme",
        fire="Allarme incendio",
        panic="Allarme panico",
        tamper="Allarme manomissione",
    ),
    faults=Faults(left_open="ancora aperto o attivo"),
    units=Units(
        seconds="s",
        minutes="min",
        hours="h",
        days="g",
    ),
    people=Plural(one="{n} persona", other="{n} persone"),
    faces=Plural(one="{n} volto", other="{n} volti"),
    events=Plural(one="{n} evento", other="{n} eventi"),
    more=Plural(one="e {n} altro", other="e altri {n}"),
    sources=Plural(one="{n} dispositivo", other="{n} dispositivi"),
    affected="Riguarda: {names}",
    ago="{time} fa",
    just_before="subito prima",
    lasted="da {time}",
    after="dopo {time}",
    until="fino alle {time}",
    by="da parte di {name}",
    clock="%H:%M:%S",
    clock_short="%H:%M",
    date="%d/%m",
    form=one_or_other,
)
