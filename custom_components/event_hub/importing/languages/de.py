"""German."""

from types import MappingProxyType
from typing import Final

from .sentences import Does, Flag, LeavesOut, Odd, Says, Words

DE: Final = Says(
    words=Words(
        quoted="„{name}“",
        point=",",
        none="nichts",
        setting="{setting} {value} (bisher {before})",
        unset="{setting} entfällt (bisher {before})",
        parameters="seine Parameter",
        no_parameters="keine Parameter",
        no_schedule="kein Zeitplan",
        on_at="ein um {time}",
        off_at="aus um {time}",
        every_day="{times}, jeden Tag",
        on_days="{times}, am {days}",
        described="{word} {value}",
        settings=MappingProxyType(
            {
                "label": "Bezeichnung",
                "type": "Art",
                "location": "Ort",
                "group": "Gruppe",
                "latch": "Sperrzeit",
                "confirm_count": "nötige Auslösungen",
                "confirm_within": "Zeitraum der Auslösungen",
                "hold": "Haltezeit",
                "low": "untere Grenze",
                "high": "obere Grenze",
                "factor": "Faktor",
                "precision": "Nachkommastellen",
                "unit": "Einheit",
                "escalate_after": "Zeit bis zur Eskalation",
                "interval": "Mindestabstand der Befehle",
                "deadline": "Frist",
                "trigger_topic": "Topic der Befehle",
                "kind": "Art",
                "target": "Ziel",
                "language": "Sprache",
                "priority": "Platz in der Reihenfolge",
                "min_interval": "Zeit zwischen zwei Nachrichten",
                "gather": "Wartezeit der Bilder",
                "max_length": "längste Nachricht",
                "pictures": "Bilder",
                "topics": "Auswahl der Themen",
                "buttons": "Knöpfe",
            }
        ),
        measures=MappingProxyType(
            {
                "latch": "{value} s",
                "confirm_within": "{value} s",
                "hold": "{value} s",
                "escalate_after": "{value} s",
                "interval": "{value} s",
                "deadline": "{value} s",
                "min_interval": "{value} s",
                "gather": "{value} s",
                "max_length": "{value} Zeichen",
            }
        ),
        flags=MappingProxyType(
            {
                "informational": Flag(on="nur zur Information", off="nicht mehr nur zur Information"),
                "notify": Flag(on="Personen werden benachrichtigt", off="Personen werden nicht benachrichtigt"),
                "enabled": Flag(on="eingeschaltet", off="ausgeschaltet"),
                "always": Flag(on="erfährt alles, neben den anderen", off="erfährt nicht mehr alles"),
                "people_only": Flag(on="nur Bilder mit Personen", off="auch Bilder ohne Personen"),
            }
        ),
        days=MappingProxyType(
            {"mon": "Mo", "tue": "Di", "wed": "Mi", "thu": "Do", "fri": "Fr", "sat": "Sa", "sun": "So"}
        ),
    ),
    does=Does(
        input_added="{name} kommt als Eingang hinzu, noch bevor sein Gerät sich meldet",
        output_added="{name} kommt als Ausgang hinzu, noch bevor sein Gerät sich meldet",
        described="{name} bekommt: {description}",
        described_by_text="{name} bekommt die Beschreibung, die sein Gerät nicht angibt",
        is_entity="{name} ist die Entität {entity}",
        is_action="{name} ist die Aktion {action}",
        scheduled="{name} bekommt einen Zeitplan: {schedule}",
        switched_on="{name} wird eingeschaltet",
        switched_off="{name} wird ausgeschaltet",
        rule="{name} bekommt die Regel: {settings}",
        options="{name} bekommt: {settings}",
        triggers="{name} löst {outputs} aus",
        triggers_in_order="{name} löst in anderer Reihenfolge aus: {outputs}",
        triggers_no_more="{name} löst {outputs} nicht mehr aus",
        lost_when_usual="{name} gilt als verloren, wenn es länger als üblich schweigt",
        lost_when="{name} gilt als verloren, wenn es {seconds} s schweigt",
        group_rule="Die Gruppe {name} braucht {count} Mitglieder innerhalb von {within} s",
        group_no_rule="Die Gruppe {name} hat keine Regel mehr",
        group_scheduled="Die Gruppe {name} bekommt: {schedule}",
        partition_set_up="Der Bereich {name} wird eingerichtet",
        partition_changed="Der Bereich {name} wird geändert",
        quiet_hours="Die Ruhezeit geht von {begin} bis {end}",
        no_quiet_hours="Es gibt keine Ruhezeit",
        outputs_suspended="Alle Ausgänge sind ausgesetzt: Außer Sirenen wird keiner benutzt",
        outputs_not_suspended="Die Ausgänge sind nicht mehr ausgesetzt",
        channel_added="Der Kanal {name} wird eingerichtet; er geht an {target}",
        channel_changed="Der Kanal {name} ändert sich: {settings}",
    ),
    leaves_out=LeavesOut(
        not_possible="{change}: nicht möglich ({problem}).",
        unknown="{name} gibt es nicht",
        setting_stays="{name}: {problem}; diese Einstellung bleibt, wie sie ist.",
        note="{name}: {note}",
        stays_in_group="{name} bleibt in der Gruppe {group}, die sein Gerät angibt.",
        schedules_off="{name} bekommt seinen Zeitplan nicht ({schedule}): Zeitpläne waren ausgeschaltet.",
        schedule_at_once="{name} bekommt seinen Zeitplan nicht ({schedule}): Er schaltet zugleich ein und aus.",
        not_linked="{name} wird nicht mit {outputs} verknüpft, denn das gibt es hier nicht.",
        no_messages=(
            "{name} schickt niemandem Nachrichten: Dafür gibt es Benachrichtigungen,"
            " die getrennt von Verknüpfungen eingerichtet werden."
        ),
        inputs_linked=(
            "{name} und {other} waren verknüpft, was nichts bewirkte. Eine Regel für ihre Gruppe bewirkt etwas."
        ),
        stayed_on=(
            "Die Ausgänge von {name} blieben {seconds} s an."
            " Wie lange, steht jetzt bei jedem Ausgang in seinen Parametern."
        ),
        source_unknown="{name} hat sich noch nicht gemeldet und bekommt deshalb keine Frist für sein Schweigen.",
        no_codes="{name} hat hier keinen Code, und kein Import bringt einen mit. Nimm die Aktion „Code vergeben“.",
        channel_unreachable=(
            "Der Kanal {name} fehlt weiterhin: {target} gibt es hier nicht."
            " Richte es in Home Assistant ein und importiere noch einmal, oder lege den Kanal mit anderem Ziel an."
        ),
        meter_decimals="er zeigt {decimals} Nachkommastellen, mehr gibt es nicht.",
        meter_topic="sein Topic wird nicht gebraucht: Der Zähler sagt selbst, wo er zuhört.",
        register_set="auf Knopfdruck wurde {value} in sein Register gesetzt; nimm dafür die Aktion „Zähler stellen“.",
        register_added="auf Knopfdruck kam {value} zu seinem Register hinzu; nimm dafür die Aktion „Zähler stellen“.",
        meter_rounded=(
            "seine Grenzen gelten für den angezeigten, gerundeten Stand; mit mehr Nachkommastellen werden sie genauer."
        ),
    ),
    odd=Odd(
        place="{table}, Zeile {row}, {column}: {problem}.",
        no_key="kein Schlüssel eines Geräts; die Zeile bleibt weg",
        twice="eine solche Zeile gibt es schon; diese bleibt weg",
        no_text="kein Text, oder viel zu lang",
        long_text="länger als {limit} Zeichen, oder mit Zeichen, die man nicht zeigen kann",
        no_number="keine ganze Zahl",
        out_of_range="nicht von {low} bis {high}",
        no_flag="weder ja (1) noch nein (0)",
        no_time="keine Uhrzeit wie 22:30",
        no_times="ein Zeitplan ohne Zeiten",
        no_device="nennt ein Gerät, das es nicht gibt; die Zeile bleibt weg",
        counted_twice="für diesen Eingang gibt es schon eine Zeile; diese bleibt weg",
        half_confirmation="eine Anzahl von Auslösungen und ein Zeitraum gelten nur zusammen",
        too_many="es gibt mehr Zeilen, als übernommen werden können",
    ),
)
