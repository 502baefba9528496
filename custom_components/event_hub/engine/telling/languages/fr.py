"""French."""

from typing import Final

from .sentences import AlarmTitles, Faults, Plural, Sentences, Titles, Units, up_to_one

FR: Final = Sentences(
    titles=Titles(
        trigger="Déclenché",
        alarm="Alarme",
        escalation="Toujours actif",
        cancelled="Alarme annulée",
        duress="Code sous contrainte utilisé",
        silent="Alarme silencieuse",
        lockout="Saisie du code bloquée",
        swung_out="Zone mise en sourdine",
        fault="Défaut",
        source_lost="Ne répond plus",
        source_back="Répond de nouveau",
        digest="Pendant les heures calmes",
        report="Rapport",
        undelivered="Non remis",
        test="Message d'essai",
    ),
    alarms=AlarmTitles(
        burglary="Alarme intrusion",
        always="Alarme",
        fire="Alarme incendie",
        panic="Alarme panique",
        tamper="Alarme sabotage",
    ),
    faults=Faults(left_open="encore ouvert ou actif"),
    units=Units(
        seconds="s",
        minutes="min",
        hours="h",
        days="j",
    ),
    people=Plural(one="{n} personne", other="{n} personnes"),
    faces=Plural(one="{n} visage", other="{n} visages"),
    events=Plural(one="{n} événement", other="{n} événements"),
    more=Plural(one="et {n} autre", other="et {n} autres"),
    sources=Plural(one="{n} appareil", other="{n} appareils"),
    affected="Concerne : {names}",
    ago="il y a {time}",
    just_before="juste avant",
    lasted="depuis {time}",
    after="après {time}",
    until="jusqu'à {time}",
    by="par {name}",
    clock="%H:%M:%S",
    clock_short="%H:%M",
    date="%d/%m",
    form=up_to_one,
)
