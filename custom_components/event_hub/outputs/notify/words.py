"""The words on buttons, and the answers to pressing them, in the languages that people are told in."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ...engine.telling.languages import base_of
from ...engine.telling.model import Button


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language. The last five are answers; ``locked`` may name a time as ``{until}``."""

    view: str
    silence: str
    acknowledge: str
    disarm: str
    code: str
    test: str
    code_wrong: str
    code_missing: str
    locked: str
    late: str
    failed: str

    def button(self, button: Button) -> str:
        """Return what a button says."""
        said: str = getattr(self, button.value)
        return said


EN: Final = Words(
    view="View",
    silence="Silence",
    acknowledge="Acknowledge",
    disarm="Disarm",
    code="Code",
    test="If you can read this, messages arrive here.",
    code_wrong="The code is wrong. Nothing was changed.",
    code_missing="This takes your code. Nothing was changed.",
    locked="Too many wrong codes: none is taken until {until}.",
    late="This button is too old or was used already. Nothing was changed.",
    failed="This could not be done.",
)
WORDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "en": EN,
        "de": Words(
            view="Ansehen",
            silence="Stumm",
            acknowledge="Bestätigen",
            disarm="Unscharf",
            code="Code",
            test="Wenn du das lesen kannst, kommen Nachrichten hier an.",
            code_wrong="Der Code ist falsch. Es wurde nichts geändert.",
            code_missing="Dafür ist dein Code nötig. Es wurde nichts geändert.",
            locked="Zu viele falsche Codes: bis {until} wird keiner angenommen.",
            late="Dieser Knopf ist zu alt oder wurde schon benutzt. Es wurde nichts geändert.",
            failed="Das ging nicht.",
        ),
        "fr": Words(
            view="Voir",
            silence="Couper la sirène",
            acknowledge="Acquitter",
            disarm="Désactiver",
            code="Code",
            test="Si vous lisez ceci, les messages arrivent ici.",
            code_wrong="Le code est incorrect. Rien n'a été modifié.",
            code_missing="Votre code est nécessaire. Rien n'a été modifié.",
            locked="Trop de codes incorrects : aucun n'est accepté avant {until}.",
            late="Ce bouton est trop ancien ou a déjà servi. Rien n'a été modifié.",
            failed="Cela n'a pas pu être fait.",
        ),
        "es": Words(
            view="Ver",
            silence="Silenciar",
            acknowledge="Confirmar",
            disarm="Desarmar",
            code="Código",
            test="Si puedes leer esto, los mensajes llegan aquí.",
            code_wrong="El código es incorrecto. No se ha cambiado nada.",
            code_missing="Hace falta tu código. No se ha cambiado nada.",
            locked="Demasiados códigos incorrectos: no se acepta ninguno hasta las {until}.",
            late="Este botón es demasiado antiguo o ya se usó. No se ha cambiado nada.",
            failed="No se ha podido hacer.",
        ),
        "nl": Words(
            view="Bekijken",
            silence="Dempen",
            acknowledge="Bevestigen",
            disarm="Uitschakelen",
            code="Code",
            test="Als je dit kunt lezen, komen berichten hier aan.",
            code_wrong="De code is onjuist. Er is niets veranderd.",
            code_missing="Hiervoor is je code nodig. Er is niets veranderd.",
            locked="Te veel onjuiste codes: tot {until} wordt er geen geaccepteerd.",
            late="Deze knop is te oud of is al gebruikt. Er is niets veranderd.",
            failed="Dat is niet gelukt.",
        ),
        "it": Words(
            view="Mostra",
            silence="Silenzia",
            acknowledge="Conferma",
            disarm="Disattiva",
            code="Codice",
            test="Se riesci a leggere questo, i messaggi arrivano qui.",
            code_wrong="Il codice è sbagliato. Non è cambiato nulla.",
            code_missing="Serve il tuo codice. Non è cambiato nulla.",
            locked="Troppi codici sbagliati: non se ne accettano fino alle {until}.",
            late="Questo pulsante è troppo vecchio o già usato. Non è cambiato nulla.",
            failed="Non è stato possibile farlo.",
        ),
        "pt": Words(
            view="Ver",
            silence="Silenciar",
            acknowledge="Confirmar",
            disarm="Desarmar",
            code="Código",
            test="Se consegue ler isto, as mensagens chegam aqui.",
            code_wrong="O código está errado. Nada foi alterado.",
            code_missing="É preciso o seu código. Nada foi alterado.",
            locked="Demasiados códigos errados: nenhum é aceite até às {until}.",
            late="Este botão é demasiado antigo ou já foi usado. Nada foi alterado.",
            failed="Não foi possível fazê-lo.",
        ),
        "pl": Words(
            view="Pokaż",
            silence="Wycisz",
            acknowledge="Potwierdź",
            disarm="Rozbrój",
            code="Kod",
            test="Jeśli to czytasz, wiadomości tu docierają.",
            code_wrong="Kod jest błędny. Niczego nie zmieniono.",
            code_missing="Potrzebny jest kod. Niczego nie zmieniono.",
            locked="Zbyt wiele błędnych kodów: do {until} żaden nie zostanie przyjęty.",
            late="Ten przycisk jest za stary lub był już użyty. Niczego nie zmieniono.",
            failed="To się nie udało.",
        ),
    }
)


def words_of(language: str) -> Words:
    """Return the words of a language, such as ``de`` or ``pt-BR``; English for one that nobody here speaks."""
    return WORDS.get(base_of(language), EN)
