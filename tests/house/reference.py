"""Writes the reference pages that follow from the code: error codes, settings. `make reference` runs it, a test compares."""

from __future__ import annotations

from pathlib import Path

from tocsin_hub import errors, settings

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


def error_codes() -> str:
    """The table of codes as Markdown."""
    lines = [
        "# Error codes",
        "",
        "A code never changes its meaning. REST answers carry it in problem+json (`code`), GraphQL in `SubmitProblem.code` or `extensions.code`, the command lines in their `--json` object ([shape, and the codes that begin on a member's machine](exit-codes.md)). No answer repeats what was sent. Written from the code by `make reference`.",
        "",
        "| code | status | what to do next | 如何处理 |",
        "|---|---|---|---|",
    ]
    lines += [f"| `{code}` | {info.status} | {info.en} | {info.zh} |" for code, info in sorted(errors.CODES.items())]
    return "\n".join(lines) + "\n"


def setting_table() -> str:
    """The table of settings as Markdown."""
    lines = [
        "# Settings of a hub",
        "",
        "Each setting is an environment variable; `tocsin-hub settings` prints the values in force and where each comes from. Secrets are never settings: they are files in the hub's folder. Written from the code by `make reference`.",
        "",
        "| variable | default | what it is for |",
        "|---|---|---|",
    ]
    for name, field in settings.Settings.model_fields.items():
        default = "required" if field.is_required() else f"`{field.default}`"
        lines.append(f"| `TOCSIN_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


PAGES = {"error-codes.md": error_codes, "settings.md": setting_table}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")
