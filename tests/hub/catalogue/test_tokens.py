"""The tokenizer: what is one word, in both scripts, and that both engines find the same."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from sqlalchemy import select

from tocsin_hub.catalogue import fulltext, tokens


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("AI诈骗案件上升", "诈骗", True),
        ("AI诈骗案件上升", "诈骗案", True),
        ("AI诈骗案件上升", "ai", True),
        ("AI诈骗案件上升", "骗诈", False),
        ("无人驾驶汽车", "车", True),
        ("无人驾驶汽车", "汽 车", True),
        ("欺诈。骗局", "诈骗", False),
        ("The model gpt-4o-mini failed", "gpt-4o", True),
        ("The model gpt-4o-mini failed", "gpt", True),
        ("gpt and then 4o", "gpt-4o", False),
        ("version 3.5 came", "3.5", True),
        ("chapters 3 and 5", "3.5", False),
        ("a naïve Ansatz", "NAIVE ansatz", True),
        ("ＡＩ　ｍｏｄｅｌ", "ai model", True),
        ("the model's answer", '"model" OR', False),
        ("the model's answer", '"model"', True),
        ("NEAR(a b) * ^col : x", "near", True),
        ("かな漢字まじり", "漢字", True),
        ("かな漢字まじり", "かな", True),
        ("한국어 문장", "한국", True),
        ("Ёлка", "елка", True),
        ("anything", "", False),
        ("anything", "?!", False),
    ],
)
def test_a_text_is_found_by_its_words(text: str, query: str, found: bool) -> None:
    asked = tokens.of_query(query)
    assert (bool(asked) and set(asked) <= set(tokens.of_texts([text]))) is found


def test_a_token_holds_nothing_that_an_engine_could_read_as_an_operator() -> None:
    source = random.Random(7)
    for _ in range(300):
        text = "".join(
            chr(source.choice([source.randrange(0x20, 0x3000), source.randrange(0x4E00, 0x9FFF)])) for _ in range(40)
        )
        for token in (*tokens.of_texts([text]), *tokens.of_query(text)):
            assert re.fullmatch(r"[a-z0-9\u3400-\u4dbf\u4e00-\u9fa5]+", token), token


def test_a_text_always_finds_itself() -> None:
    source = random.Random(8)
    alphabet = "ab1-._ 诈骗车 éñ ё かな 한 \"'*()"
    for _ in range(300):
        text = "".join(source.choice(alphabet) for _ in range(12))
        assert set(tokens.of_query(text)) <= set(tokens.of_texts([text])), text


def test_both_engines_find_exactly_what_the_tokens_say(any_house: Any, h: Any) -> None:
    source = random.Random(9)
    words = [
        "gpt-4o",
        "AI诈骗案",
        "车",
        "deepfake",
        "3.5",
        "naïve",
        "深度伪造",
        "a_b",
        "x",
        "模型",
        '"quoted"',
        "it's",
        "ß",
        "OR",
        "NOT",
    ]
    texts = {rec: " ".join(source.sample(words, 4)) for rec in range(60)}
    with any_house.store.write("test") as session:
        fulltext.write(session, {rec: tokens.of_texts([text]) for rec, text in texts.items()}, [])
    for query in [*words, "诈骗", "伪造", "gpt", "gpt-4o 车", "quoted it", "or not", "b", "模"]:
        asked = tokens.of_query(query)
        expected = sorted(rec for rec, text in texts.items() if set(asked) <= set(tokens.of_texts([text])))
        with any_house.store.read() as session:
            source_table, key, fits = fulltext.matching(session, asked)
            got = sorted(session.execute(select(key).select_from(source_table).where(fits)).scalars())
        assert got == expected, query
