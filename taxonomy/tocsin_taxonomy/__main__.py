"""`python -m tocsin_taxonomy` prints the reference page of the taxonomy."""

from __future__ import annotations

from tocsin_taxonomy import page

if __name__ == "__main__":
    print(page.render(), end="")
