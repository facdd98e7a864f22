"""The shared words of Tocsin: schemes and their codes, records and their rules, markings, assessment, redaction.

Names are loaded when first asked for, so that a command line can import one list without the models.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tocsin_taxonomy.errors import CODES, TaxonomyError
    from tocsin_taxonomy.incident import Finding, Incident
    from tocsin_taxonomy.marking import Marking
    from tocsin_taxonomy.practice import Mitigation
    from tocsin_taxonomy.report import kind_of, parse, problems, required_fields
    from tocsin_taxonomy.schemes import Code, Entry, Scheme
    from tocsin_taxonomy.templates import template

_HOME = {
    "CODES": "errors",
    "TaxonomyError": "errors",
    "Marking": "marking",
    "Mitigation": "practice",
    "Finding": "incident",
    "Incident": "incident",
    "kind_of": "report",
    "parse": "report",
    "problems": "report",
    "required_fields": "report",
    "Code": "schemes",
    "Entry": "schemes",
    "Scheme": "schemes",
    "template": "templates",
}

__all__ = [
    "CODES",
    "Code",
    "Entry",
    "Finding",
    "Incident",
    "Marking",
    "Mitigation",
    "Scheme",
    "TaxonomyError",
    "kind_of",
    "parse",
    "problems",
    "required_fields",
    "template",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(name)
    return getattr(import_module(f"tocsin_taxonomy.{_HOME[name]}"), name)
