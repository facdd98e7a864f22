"""The catalogues are complete in both languages, placeholders agree, and nothing in them is unused."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import pofile
from babel.messages.catalog import Catalog
from jinja2.ext import babel_extract

import tocsin_hub.web
from tocsin_hub.web import examples, words

ROOT = Path(tocsin_hub.web.__file__).parent
OPTIONS = {"extensions": "jinja2.ext.i18n", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|%%|%")


def catalogue(lang: str) -> Catalog:
    return pofile.read_po(io.BytesIO((ROOT / "locale" / lang / "messages.po").read_bytes()), locale=lang)


def in_templates() -> Iterator[str]:
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for _, _, message, _ in babel_extract(io.BytesIO(path.read_bytes()), ("_", "gettext", "ngettext"), (), OPTIONS):
            found = message if isinstance(message, tuple) else (message,)
            yield next(part for part in found if isinstance(part, str))


def in_code() -> Iterator[str]:
    for path in sorted(ROOT.rglob("*.py")):
        if "figures" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            owner = getattr(getattr(node.func, "value", None), "id", "")
            if name == "_" or (name == "text" and owner == "render"):
                said = node.args[-1]
                arms = [said.body, said.orelse] if isinstance(said, ast.IfExp) else [said]
                yield from (arm.value for arm in arms if isinstance(arm, ast.Constant) and isinstance(arm.value, str))


@pytest.mark.parametrize("lang", words.LANGS)
def test_every_word_of_the_pages_is_in_the_catalogue_and_no_other(lang: str) -> None:
    known = {m.id[0] if isinstance(m.id, tuple) else m.id: m for m in catalogue(lang) if m.id}
    used = {*in_templates(), *in_code()}
    assert used - set(known) == set()
    assert set(known) - used == set()
    for source, message in known.items():
        told = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(told), source
        assert not message.fuzzy, source
        for each in told:
            assert set(PLACEHOLDER.findall(each)) == set(PLACEHOLDER.findall(source)), source


def test_chinese_is_chinese() -> None:
    plain = {m.id if isinstance(m.id, str) else m.id[0]: str(m.string) for m in catalogue("zh") if m.id}
    untranslated = [source for source, told in plain.items() if not re.search(r"[\u4e00-\u9fff。]", told)]
    assert untranslated == []
    assert not [told for told in plain.values() if re.search(r"[\u4e00-\u9fff][,;:?!]", told)]


def test_the_reader_gets_the_language_that_weighs_most() -> None:
    assert words.preferred(None) == "en"
    assert words.preferred("zh-TW") == "zh"
    assert words.preferred("en;q=0.1,zh;q=0.2") == "zh"
    assert words.preferred("zh;q=0,en") == "en"
    assert words.preferred("x" * 10_000) == "en"


def test_examples_are_named_in_both_languages_and_their_code_compiles() -> None:
    assert len(examples.EXAMPLES) >= 12
    assert len({example.key for example in examples.EXAMPLES}) == len(examples.EXAMPLES)
    for example in examples.EXAMPLES:
        assert example.title["en"]
        assert re.search(r"[\u4e00-\u9fff]", example.title["zh"])
        compile(example.code("http://localhost:8400"), example.key, "exec")
