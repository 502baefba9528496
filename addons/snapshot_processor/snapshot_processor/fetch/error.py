"""Why a picture could not be fetched."""

from __future__ import annotations

from typing import Final

TOO_SLOW: Final = "The camera does not answer in time"
LOGIN_REFUSED: Final = "The camera refuses the login: check its user name and password"


class FetchError(Exception):
    """A camera gave no picture. Says why, in a sentence for people that holds no login and no query.

    ``final``: asking again cannot help, or may even lock the account.
    """

    def __init__(self, sentence: str, *, final: bool = False) -> None:
        """Say why."""
        super().__init__(sentence)
        self.final = final
