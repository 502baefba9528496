import json
import ssl

from googleapiclient.errors import HttpError
import httplib2
from pydrive2.files import ApiRequestError
import pytest

from snapshot_processor.archive.errors import UNCLEAR, UNREACHABLE, Kind, explain, of_token_answer


def _answer(status: int, content: bytes) -> HttpError:
    return HttpError(httplib2.Response({"status": str(status)}), content, uri="https://example/?token=hidden")


def _refusal(status: int, reason: str) -> ApiRequestError:
    return ApiRequestError(_answer(status, json.dumps({"error": {"errors": [{"reason": reason}]}}).encode()))


@pytest.mark.parametrize(
    ("status", "reason", "kind", "says"),
    [
        (403, "rateLimitExceeded", Kind.REFUSED, "more slowly"),
        (403, "dailyLimitExceeded", Kind.REFUSED, "tomorrow"),
        (403, "storageQuotaExceeded", Kind.REFUSED, "make room"),
        (403, "accessNotConfigured", Kind.REFUSED, "enable it in the Google Cloud console"),
        (403, "insufficientPermissions", Kind.REFUSED, "log in again"),
        (403, "teamDriveFileLimitExceeded", Kind.REFUSED, "shared drive can hold no more"),
        (403, "somethingNew", Kind.REFUSED, "403, somethingNew"),
        (403, "<script>", Kind.REFUSED, r"answer 403\)"),
        (404, "notFound", Kind.REFUSED, "check drive_id"),
        (429, "whatever", Kind.REFUSED, "more slowly"),
        (401, "authError", Kind.LOGIN, "tried again later"),
        (500, "internalError", Kind.AWAY, "out of order"),
        (503, "backendError", Kind.AWAY, "out of order"),
    ],
)
def test_what_drive_answers_becomes_a_sentence(status: int, reason: str, kind: Kind, says: str) -> None:
    with pytest.raises(type(explain(_refusal(status, reason))), match=says) as caught:
        raise explain(_refusal(status, reason))
    assert caught.value.kind is kind
    assert "hidden" not in str(caught.value)


def test_an_error_page_over_which_the_library_stumbles_is_understood() -> None:
    def ask() -> None:
        try:
            raise _answer(502, b"<html>Bad gateway</html>")
        except HttpError as error:
            # As pydrive2 does it.
            raise ApiRequestError(error) from None

    with pytest.raises(ValueError, match="Expecting value") as stumbled:
        ask()
    assert explain(stumbled.value).kind is Kind.AWAY
    assert "502" in explain(stumbled.value).text


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (RecursionError(), UNCLEAR),
        (OverflowError(), UNCLEAR),
        (KeyError("id"), UNCLEAR),
        (MemoryError(), UNCLEAR),
        (TimeoutError(), UNREACHABLE),
        (httplib2.ServerNotFoundError(), UNREACHABLE),
    ],
)
def test_all_that_is_not_the_network_is_an_answer_without_sense(error: Exception, says: str) -> None:
    assert (explain(error).kind, explain(error).text) == (Kind.AWAY, says)


def test_a_certificate_that_is_not_trusted_is_said() -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    assert explain(error).text == "The certificate of Google Drive is not trusted: self-signed certificate"


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (400, "invalid_grant: Token has been expired or revoked.", Kind.REVOKED),
        (401, "invalid_client: Unauthorized", Kind.LOGIN),
        (400, "unauthorized_client", Kind.LOGIN),
        (403, "", Kind.LOGIN),
        (500, "internal_failure", Kind.AWAY),
        (503, "", Kind.AWAY),
        (429, "rate", Kind.AWAY),
    ],
)
def test_what_the_login_answers_becomes_a_kind(status: int, said: str, kind: Kind) -> None:
    assert of_token_answer(status, said).kind is kind
