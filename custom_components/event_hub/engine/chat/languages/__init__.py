"""The languages that people are answered in, a file each."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ...telling.languages import base_of
from .de import DE
from .en import EN
from .es import ES
from .fr import FR
from .it import IT
from .nl import NL
from .pl import PL
from .pt import PT
from .sentences import Says

LANGUAGES: Final[Mapping[str, Says]] = MappingProxyType(
    {"de": DE, "en": EN, "es": ES, "fr": FR, "it": IT, "nl": NL, "pl": PL, "pt": PT}
)


def says_of(language: str) -> Says:
    """Return the sentences of a language, such as ``de`` or ``en-GB``; English for one that nobody here speaks."""
    return LANGUAGES.get(base_of(language), EN)
