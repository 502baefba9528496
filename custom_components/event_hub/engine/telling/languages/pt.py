"""Portuguese."""

from typing import Final

from .sentences import AlarmTitles, Faults, Plural, Sentences, Titles, Units, one_or_other

PT: Final = Sentences(
    titles=Titles(
        trigger="Acionado",
        alarm="Alarme",
        escalation="Ainda ativo",
        cancelled="Alarme cancelado",
        duress="Código de coação usado",
        silent="Alarme silencioso",
        lockout="Introdução de códigos bloqueada",
        swung_out="Zona silenciada",
        fault="Falha",
        source_lost="Deixou de responder",
        source_back="Voltou a responder",
        digest="Durante as horas de silêncio",
        report="Relatório",
        undelivered="Não entregue",
        test="Mensagem de teste",
    ),
    alarms=AlarmTitles(
        burglary="Alarme de intrusão",
        always="Alarme",
        fire="Alarme de incêndio",
        panic="Alarme de pânico",
        tamper="Alarme de sabotagem",
    ),
    faults=Faults(left_open="ainda aberto ou ativo"),
    units=Units(
        seconds="s",
        minutes="min",
        hours="h",
        days="d",
    ),
    people=Plural(one="{n} pessoa", other="{n} pessoas"),
    faces=Plural(one="{n} rosto", other="{n} rostos"),
    events=Plural(one="{n} evento", other="{n} eventos"),
    more=Plural(one="e mais {n}", other="e mais {n}"),
    sources=Plural(one="{n} dispositivo", other="{n} dispositivos"),
    affected="Afeta: {names}",
    ago="há {time}",
    just_before="logo antes",
    lasted="há {time}",
    after="após {time}",
    until="até às {time}",
    by="por {name}",
    clock="%H:%M:%S",
    clock_short="%H:%M",
    date="%d/%m",
    form=one_or_other,
)
