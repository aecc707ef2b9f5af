from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.control.primes import KeptPrime, PrimeShelf
from livernn.errors import BadInputError
from livernn.wavfile import write_wav


@pytest.fixture
def shelf(tmp_path: Path) -> PrimeShelf:
    return PrimeShelf(tmp_path / "primes")


def kept(shelf: PrimeShelf, name: str, seconds: float = 2.0) -> KeptPrime:
    path = shelf.free_path(name)
    write_wav(path, np.zeros(round(8000 * seconds), np.float32), 8000)
    return next(prime for prime in shelf.primes() if prime.path == path)


def test_an_empty_shelf(shelf: PrimeShelf) -> None:
    assert shelf.primes() == []


def test_what_is_kept_has_a_name_of_its_own(shelf: PrimeShelf) -> None:
    first, second = kept(shelf, "bells"), kept(shelf, "bells", 0.5)
    assert (first.name, second.name) == ("bells", "bells (2)")
    assert (second.whole_s, second.part) == (0.5, (0.0, 0.5))
    (shelf.folder / "text.wav").write_text("no sound")
    assert {prime.name for prime in shelf.primes()} == {"bells", "bells (2)"}


def test_trims_are_remembered_and_erase_nothing(shelf: PrimeShelf) -> None:
    prime = shelf.trim(kept(shelf, "bells"), 0.5, 99.0)
    assert shelf.primes() == [prime]
    assert (prime.whole_s, prime.part) == (2.0, (0.5, 2.0))
    assert shelf.trim(prime, -1.0, 1.0).part == (0.0, 1.0)
    with pytest.raises(BadInputError, match="nothing would be left"):
        shelf.trim(prime, 1.0, 1.0)


@given(
    st.binary(max_size=80) | st.sampled_from([b"[]", b'{"begin_s": 3, "end_s": 1}', b'{"begin_s": NaN, "end_s": 1}'])
)
def test_a_spoilt_card_is_no_trim(tmp_path_factory: pytest.TempPathFactory, card: bytes) -> None:
    shelf = PrimeShelf(tmp_path_factory.mktemp("primes"))
    prime = kept(shelf, "bells")
    prime.path.with_suffix(".json").write_bytes(card)
    assert shelf.primes() == [prime]


def test_renaming_takes_the_trim_along(shelf: PrimeShelf) -> None:
    prime = shelf.rename(shelf.trim(kept(shelf, "bells"), 0.5, 1.0), " chimes ")
    assert shelf.primes() == [prime]
    assert prime.name == "chimes"
    assert shelf.rename(prime, "chimes") == prime
    kept(shelf, "other")
    for name, why in (("other", "another prime"), ("", "no file"), ("a/b", "no file"), (".x", "no file")):
        with pytest.raises(BadInputError, match=why):
            shelf.rename(prime, name)


def test_what_was_deleted_comes_back_with_its_trim(shelf: PrimeShelf) -> None:
    trimmed, other = shelf.trim(kept(shelf, "bells"), 0.5, 1.0), kept(shelf, "rain")
    before = shelf.primes()
    trimmed_back, other_back = shelf.delete(trimmed), shelf.delete(other)
    assert shelf.primes() == []
    assert other_back() == other
    assert trimmed_back() == trimmed
    assert shelf.primes() == before
    assert list((shelf.folder / "deleted").iterdir()) == []


def test_undo_overwrites_nothing(shelf: PrimeShelf) -> None:
    prime = kept(shelf, "bells")
    bring_back = shelf.delete(prime)
    usurper = kept(shelf, "bells", 0.5)
    with pytest.raises(BadInputError, match="another one has its name"):
        bring_back()
    shelf.rename(usurper, "chimes")
    assert bring_back() == prime


def test_what_is_deleted_is_put_aside(shelf: PrimeShelf) -> None:
    for _ in range(2):
        shelf.delete(shelf.trim(kept(shelf, "bells"), 0.5, 1.0))
    assert shelf.primes() == []
    assert [prime.name for prime in PrimeShelf(shelf.folder / "deleted").primes()] != []
    assert len(list((shelf.folder / "deleted").iterdir())) == 4
