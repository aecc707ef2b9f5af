from livernn.model.card import card_page


def test_a_page_says_whose_sound_it_is_and_how_well_it_was_learnt() -> None:
    page = card_page(
        "Cello", {"data": "Suites", "credit": "the cellist", "steps": 500, "bits_per_sample": {"valid": 3.14159}}
    )
    assert page.startswith("# Cello\n")
    assert "**Data:** Suites" in page
    assert "**Credit:** the cellist" in page
    assert "**Licence:** not stated" in page
    assert "**Training:** 500 steps, not stated minutes" in page
    assert "valid 3.142" in page


def test_a_page_of_a_checkpoint_that_tells_nothing_stands() -> None:
    assert card_page("Cello", {}).count("not stated") == 6
