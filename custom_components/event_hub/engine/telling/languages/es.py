"""Spanish."""

from typing import Final

from .sentences import AlarmTitles, Faults, Plural, Sentences, Titles, Units, one_or_other

ES: Final = Sentences(
    titles=Titles(
        trigger="Activado",
        alarm="Alarma",
        escalation="Sigue activo",
        cancelled="Alarma cancelada",
        duress="Código de coacción usado",
        silent="Alarma silenciosa",
        lockout="Entrada de códigos bloqueada",
        swung_out="Zona silenciada",
        fault="Avería",
        source_lost="Ha dejado de responder",
        source_back="Responde de nuevo",
        digest="Durante las horas de silencio",
        report="Informe",
        undelivered="No entregado",
        test="Mensaje de prueba",
    ),
    alarms=AlarmTitles(
        burglary="Alarma de intrusión",
        always="Alarma",
        fire="Alarma de incendio",
        panic="Alarma de pánico",
        tamper="Alarma de sabotaje",
    ),
    faults=Faults(left_open="sigue abierto o activo"),
    units=Units(
        seconds="s",
        minutes="min",
        hours="h",
        days="d",
    ),
    people=Plural(one="{n} persona", other="{n} personas"),
    faces=Plural(one="{n} cara", other="{n} caras"),
    events=Plural(one="{n} evento", other="{n} eventos"),
    more=Plural(one="y {n} más", other="y {n} más"),
    sources=Plural(one="{n} dispositivo", other="{n} dispositivos"),
    affected="Afecta a: {names}",
    ago="hace {time}",
    just_before="justo antes",
    lasted="desde hace {time}",
    after="tras {time}",
    until="hasta las {time}",
    by="por {name}",
    clock="%H:%M:%S",
    clock_short="%H:%M",
    date="%d/%m",
    form=one_or_other,
)
