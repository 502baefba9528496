"""The languages that an import is told in, a file each."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ...engine.telling.languages import base_of
from .de import DE
from .en import EN
from .sentences import Says

LANGUAGES: Final[Mapping[str, Says]] = MappingProxyType({"de": DE, "en": EN})


def says_of(language: str) -> Says:
    """Return the sentences of a language, such as ``de`` or ``en-GB``; English for one that nobody here speaks."""
    return LANGUAGES.get(base_of(language), EN)
