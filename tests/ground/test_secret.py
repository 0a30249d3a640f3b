"""A secret shows itself to nobody who does not ask for it by name."""

import copy
import json
import pickle
import pprint
import traceback
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.secret import Secret, has_reference, resolve_references

VALUE = "xoxb-1234-s3cret"


@dataclass(frozen=True)
class Holder:
    token: Secret


SHOWN = {
    "str": lambda secret: str(secret),  # noqa: PLW0108 - a row like the others
    "repr": lambda secret: repr(secret),  # noqa: PLW0108
    "f-string": lambda secret: f"{secret}{secret!r}{secret!s}{secret:>20}{secret:s}",
    "format": lambda secret: "{} {!r:10}".format(secret, secret),  # noqa: UP032
    "percent": lambda secret: "%s %r %10s" % (secret, secret, secret),  # noqa: UP031
    "container": lambda secret: str([secret, {secret: secret}, (secret,), {secret}]),
    "dataclass": lambda secret: repr(Holder(secret)),
    "pprint": lambda secret: pprint.pformat({"token": secret}),
    "json with default": lambda secret: json.dumps({"token": secret}, default=str),
    "ascii": ascii,
}


@pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN)
def test_it_is_three_stars_however_it_is_shown(shown: object) -> None:
    assert callable(shown)
    text = shown(Secret(VALUE))
    assert "***" in text
    assert "s3cret" not in text


def test_it_can_be_neither_pickled_nor_dumped_nor_joined() -> None:
    secret = Secret(VALUE)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="a secret cannot be pickled"):
            pickle.dumps(secret, protocol)
    with pytest.raises(TypeError, match="a secret cannot be pickled"):
        copy.deepcopy([secret])
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps(secret)
    with pytest.raises(TypeError):
        "token " + secret  # type: ignore[operator]
    with pytest.raises(TypeError):
        iter(secret)  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        vars(secret)


def test_a_traceback_with_local_variables_does_not_show_it() -> None:
    token = Secret(VALUE)
    with pytest.raises(RuntimeError) as raised:
        raise RuntimeError(token)
    told = "".join(traceback.TracebackException.from_exception(raised.value, capture_locals=True).format())
    assert "token = ***" in told
    assert "s3cret" not in told


def test_it_is_told_when_asked_for() -> None:
    assert Secret(VALUE).reveal() == VALUE


def test_equal_secrets_are_equal_and_equal_to_nothing_else() -> None:
    assert Secret("a") == Secret("a")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


# -- references --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("", ""),
        ("plain $A {A} $", "plain $A {A} $"),
        ("${A}", "first"),
        ("${A}${_b2}/${A}", "first${A}/first"),  # what a value holds is not looked at again
        ("Bearer ${A}", "Bearer first"),
    ],
)
def test_references_are_replaced_by_values(text: str, resolved: str) -> None:
    assert resolve_references(text, {"A": "first", "_b2": "${A}"}) == resolved


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("${GONE}", "`GONE` is not set: put it in"),
        ("${EMPTY}", "`EMPTY` is not set: put it in"),
        ("${A}${GONE}${GONE}", "`GONE` is not set: put it in"),
        ("${GONE}${EMPTY}${A}", "`GONE`, `EMPTY` are not set: put them in"),
    ],
)
def test_names_that_are_not_set_are_told_and_no_value_is(text: str, names: str) -> None:
    with pytest.raises(ValueError, match="not set") as raised:
        resolve_references(text, {"A": "s3cret", "EMPTY": ""})
    assert names in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_a_name_may_stand_for_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret\n")
    env = {"TOKEN_FILE": str(tmp_path / "token"), "OWN": "own", "OWN_FILE": str(tmp_path / "gone")}
    assert resolve_references("${TOKEN} ${OWN}", env) == "s3cret own"
    assert resolve_references("x:${P}@h", {"P": "a@b/:c"}, quoted=True) == "x:a%40b%2F%3Ac@h"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "cannot be read: No such file"), (b"\xff\xfe", "does not name a text file"), (b" \n", "is not set")],
)
def test_a_file_that_holds_nothing_usable_is_named(tmp_path: Path, content: bytes | None, reason: str) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValueError, match=reason):
        resolve_references("${TOKEN}", {"TOKEN_FILE": str(file)})
    with pytest.raises(ValueError, match="does not name"):
        resolve_references("${TOKEN}", {"TOKEN_FILE": "a\0b"})


@pytest.mark.parametrize("text", ["${", "${}", "${A", "${1A}", "${A-B}", "${A}${ B }", "${${A}}", "${Ä}"])
def test_miswritten_references_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a reference is written") as raised:
        resolve_references(text, {"A": "s3cret"})
    assert "s3cret" not in str(raised.value)


@given(st.text(alphabet="${}AB_1 "))
def test_a_reference_is_what_resolving_looks_up(text: str) -> None:
    try:
        resolved = resolve_references(text, {"A": "x", "B": "x"})
    except ValueError:
        resolved = ""
    assert (resolved == text) <= (not has_reference(text))
