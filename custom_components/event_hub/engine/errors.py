"""What people can ask of the engine in vain."""


class EngineError(ValueError):
    """A request that cannot be carried out; nothing was changed."""


class UnknownKeyError(EngineError):
    """No such input, output or source. ``key`` is what was asked for."""

    def __init__(self, key: str) -> None:
        """Keep the key for the message to the user."""
        super().__init__(f"unknown: {key}")
        self.key = key


class InvalidRuleError(EngineError):
    """A setting is outside its limits. ``setting`` names it, the text says what is allowed."""

    def __init__(self, setting: str, allowed: str) -> None:
        """Keep the setting and what is allowed for the message to the user."""
        super().__init__(f"{setting}: {allowed}")
        self.setting = setting
        self.allowed = allowed
