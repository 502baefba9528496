"""Logins are told as the camera asks, and never more plainly than that."""

from hypothesis import given, strategies as st
import pytest

from hub_relay.links import Login
from snapshot_processor.fetch.challenge import Auth, Challenge, answer, read_challenges

LOGIN = Login(username="Mufasa", password="Circle of Life")
BASIC = "Basic TXVmYXNhOkNpcmNsZSBvZiBMaWZl"


def said(auth: Auth, *headers: str) -> str | None:
    return answer(read_challenges(headers), auth, LOGIN, method="GET", target="/dir/index.html")


def test_challenges_are_told_apart_in_one_header_or_in_several() -> None:
    basic = Challenge(scheme="basic", parameters={"realm": "a, Digest b=c"})
    digest = Challenge(scheme="digest", parameters={"realm": 'the "yard"', "nonce": "n=1", "qop": "auth,auth-int"})
    one = r'Basic realm="a, Digest b=c"'
    other = r'Digest  realm="the \"yard\"", NONCE = "n=1",qop="auth,auth-int"'
    assert read_challenges([f"{one}, {other}"]) == read_challenges([one, other]) == [basic, digest]


@given(st.lists(st.text(), max_size=3))
def test_no_header_is_too_odd_to_be_read(headers: list[str]) -> None:
    for auth in Auth:
        said(auth, *headers)


def test_a_digest_without_qop_is_as_in_the_old_standard() -> None:
    # RFC 2069's own example, with the response that its errata correct.
    login = Login(username="Mufasa", password="CircleOfLife")
    header = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403e"'
    proof = answer(read_challenges([header]), Auth.AUTO, login, method="GET", target="/dir/index.html")
    assert proof is not None
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in proof
    assert 'opaque="5ccc069c403e"' in proof
    assert "cnonce" not in proof


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_a_digest_with_qop_is_as_in_the_standard(
    algorithm: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # RFC 7616's own example.
    client_nonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    monkeypatch.setattr("secrets.token_hex", lambda _length: client_nonce)
    header = (
        f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    proof = said(Auth.DIGEST, header)
    assert proof is not None
    assert f'response="{expected}"' in proof


@pytest.mark.parametrize(
    ("auth", "headers", "scheme"),
    [
        (Auth.AUTO, ['Basic realm="x"'], "Basic"),
        (Auth.AUTO, ['Basic realm="x"', 'Digest realm="x", nonce="1"'], "Digest"),
        (Auth.AUTO, ['Digest nonce="1", algorithm=MD5, Digest nonce="1", algorithm=SHA-256'], "Digest"),
        (Auth.DIGEST, ['Basic realm="x"', 'Digest realm="x", nonce="1"'], "Digest"),
        (Auth.AUTO, ['Digest nonce="1", algorithm=MD5-sess, qop="auth"'], "Digest"),
        # The password itself is not told to one who would rather have a proof.
        (Auth.AUTO, ['Basic realm="x"', 'Digest realm="x", nonce="1", algorithm=ROT13'], None),
        (Auth.AUTO, ['Digest realm="x", nonce="1", qop="auth-int"'], None),
        (Auth.AUTO, ['Digest realm="x"'], None),
        (Auth.DIGEST, ['Basic realm="x"'], None),
        (Auth.NONE, ['Basic realm="x"'], None),
        (Auth.AUTO, ["Negotiate abc=="], None),
        (Auth.AUTO, [], None),
    ],
)
def test_the_login_is_told_in_the_way_that_is_offered_and_allowed(
    auth: Auth, headers: list[str], scheme: str | None
) -> None:
    told = said(auth, *headers)
    assert (told.split(" ")[0] if told else None) == scheme


def test_the_strongest_proof_is_given() -> None:
    told = said(Auth.AUTO, 'Digest nonce="1", algorithm=MD5', 'Digest nonce="2", algorithm=SHA-256')
    assert told is not None
    assert "algorithm=SHA-256" in told
    assert 'nonce="2"' in told


def test_basic_is_name_and_password() -> None:
    assert said(Auth.AUTO, "Basic") == BASIC
