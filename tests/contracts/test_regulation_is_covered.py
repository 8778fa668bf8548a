"""Each article of the regulation stands on its page; what serves one in the code is held to it by a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.commands.regulation import ASKS, articles_in, served

_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("article", ASKS)
def test_no_article_with_code_is_without_a_test(article: int) -> None:
    found = served(_ROOT, article)

    untested = [module.path for module in found.code] + list(found.steps) if not found.tests else []

    assert untested == [], f"Name (Art. {article}) in the docstring of the test module that holds this code to it"


def test_code_and_tests_name_no_article_that_the_regulation_has_not() -> None:
    beyond = [article for article in range(max(ASKS) + 1, 100) if served(_ROOT, article).code]

    assert (sorted(ASKS), beyond) == (list(range(1, 11)), []), "The regulation has ten articles: mend the docstring"


@pytest.mark.parametrize(
    ("text", "articles"),
    [
        ("Filings (Art. 7).", {7}),
        ("Reads (Art. 6, 7, 8) and more", {6, 7, 8}),
        ("Article 6 and 7: a story", {6, 7}),
        ("Articles 4 to 7: another", {4, 5, 6, 7}),
        ("RFC 7515, 8037; part. 7", set()),
    ],
)
def test_articles_are_found_as_they_are_written(text: str, articles: set[int]) -> None:
    assert articles_in(text) == articles
