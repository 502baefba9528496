"""Why a message, or one device in it, is refused: fixed words, for counters and translations."""

from enum import StrEnum


class Refused(StrEnum):
    """The values of ``ParseError.reason`` and ``Rejection.reason``."""

    TOO_LARGE = "too_large"
    NOT_MSGPACK = "not_msgpack"
    NOT_JSON = "not_json"
    NOT_A_MAP = "not_a_map"
    TOO_DEEP = "too_deep"
    WRONG_TYPE = "wrong_type"
    BAD_KEY = "bad_key"
    DUPLICATE_KEY = "duplicate_key"
    BAD_TIME = "bad_time"
    BAD_STATUS = "bad_status"
    BAD_IMAGE = "bad_image"
    UNKNOWN_SCHEMA = "unknown_schema"
    UNKNOWN_ADDRESS = "unknown_address"
    OWN_MESSAGE = "own_message"
