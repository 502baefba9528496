"""The languages that people are told in, a file each."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .de import DE
from .en import EN, EN_GB
from .es import ES
from .fr import FR
from .it import IT
from .nl import NL
from .pl import PL
from .pt import PT
from .sentences import Sentences

LANGUAGES: Final[Mapping[str, Sentences]] = MappingProxyType(
    {"de": DE, "en": EN, "es": ES, "fr": FR, "it": IT, "nl": NL, "pl": PL, "pt": PT}
)
# Who speaks a language otherwise than its first speakers here do.
_VARIANTS: Final[Mapping[str, Sentences]] = MappingProxyType(
    {"en-gb": EN_GB, "en-au": EN_GB, "en-nz": EN_GB, "en-ie": EN_GB}
)


def base_of(language: str) -> str:
    """Return the language without its country: ``pt`` of ``pt-BR``."""
    return language.replace("_", "-").split("-", 1)[0].lower()


def sentences_of(language: str) -> Sentences:
    """Return the sentences of a language, such as ``de`` or ``en-GB``; English for one that nobody here speaks."""
    variant = _VARIANTS.get(language.replace("_", "-").lower())
    return variant or LANGUAGES.get(base_of(language), EN)
