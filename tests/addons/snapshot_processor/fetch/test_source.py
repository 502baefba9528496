"""Addresses of cameras: what is one, what is asked in the end, and what nobody gets to see."""

from hypothesis import given, strategies as st
import pytest
from yarl import URL

from hub_relay.links import Login
from snapshot_processor.fetch.source import HttpSource, OnvifSource, check

AWKWARD = 'p@ss/w&rd "x'
LOGIN = Login(username="ad min", password=AWKWARD)


@pytest.mark.parametrize(
    "url",
    [
        "http://cam/snap.jpg",
        "https://192.168.1.7:8443/snap?size=full&quality=80",
        "http://[fd00::7]:81/snap",
        "HTTP://cam",
        "http://cam:88/cgi-bin/CGIProxy.fcgi?cmd=snapPicture2&usr={username}&pwd={password}",
    ],
)
def test_an_address_of_a_camera_is_taken(url: str) -> None:
    assert check(url, login=LOGIN) is None


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "must begin with http"),
        ("cam/snap.jpg", "must begin with http"),
        ("ftp://cam/snap.jpg", "must begin with http"),
        ("file:///etc/passwd", "must begin with http"),
        ("http:///snap.jpg", "host"),
        ("http://:80/snap.jpg", "host"),
        ("http://cam:99999/", "port"),
        ("http://cam:0/", "port"),
        ("http://cam:x/", "port"),
        ("http://[fd00::7/", "IPv6"),
        ("http://cam/a b.jpg", "blanks"),
        ("http://cam/a\r\nHost: other", "blanks"),
        ("http://kaméra/", "blanks"),
        ("http://admin:hunter22@cam/snap.jpg", "must not hold the login"),
        ("http://{host}/snap.jpg", "{username} and {password}"),
        ("http://cam/{}", "{username} and {password}"),
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str, problem: str) -> None:
    said = check(url, login=LOGIN)
    assert said is not None
    assert problem in said
    assert "hunter22" not in said
    with pytest.raises(ValueError, match="A camera's address must"):
        HttpSource(url=url, login=LOGIN)


def test_a_template_needs_a_login() -> None:
    assert check("http://cam/?pwd={password}") == "must not name {username} or {password} as long as there is no login"


def test_an_onvif_address_is_no_template() -> None:
    with pytest.raises(ValueError, match="must have no"):
        OnvifSource(url="http://cam/onvif/{username}", login=LOGIN)


@given(username=st.text(min_size=1), password=st.text(min_size=1))
def test_a_camera_reads_the_login_as_it_was_given(username: str, password: str) -> None:
    source = HttpSource(
        url="http://cam/?cmd=snap&usr={username}&pwd={password}&x=%20",
        login=Login(username=username, password=password),
    )
    asked = URL(source.address, encoded=True)
    assert (asked.query["usr"], asked.query["pwd"], asked.query["x"]) == (username, password, " ")


def test_a_login_that_looks_like_a_placeholder_stays_what_it_is() -> None:
    login = Login(username="{password}", password="{username}")
    source = HttpSource(url="http://cam/?usr={username}&pwd={password}", login=login)
    assert source.address == "http://cam/?usr=%7Bpassword%7D&pwd=%7Busername%7D"


@pytest.mark.parametrize(
    "source",
    [
        HttpSource(url="http://cam/snap?usr={username}&pwd={password}", login=LOGIN),
        HttpSource(url="http://cam/snap?pwd=p%40ss%2Fw%26rd%20%22x", login=LOGIN),
        OnvifSource(url="http://cam/onvif/device_service", login=LOGIN),
    ],
)
def test_a_source_shows_its_place_and_no_password(source: HttpSource | OnvifSource) -> None:
    shown = repr(source)
    assert "http://cam/" in shown
    assert AWKWARD not in shown
    assert "%22" not in shown
