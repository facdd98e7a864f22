"""The command `tocsin`. Only this line runs at start; everything heavy is imported inside the command that needs it."""

from __future__ import annotations


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit code (docs/reference/exit-codes.md)."""
    from tocsin_client.cli import app

    return app.run(argv)
