"""`python -m tocsin_client.demo --hub URL --dir D [--json-lines] [--lang zh]`: walk through a running hub, then end."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tocsin_client import errors
from tocsin_client.demo import walk
from tocsin_client.demo.events import Voice


def main(argv: list[str] | None = None) -> int:
    """Run the walk-through; 0 after its result, else the exit code of the error that stopped it."""
    parser = argparse.ArgumentParser(prog="python -m tocsin_client.demo", description=__doc__)
    parser.add_argument("--hub", required=True, help="address of a running hub that enrols demo organisations")
    parser.add_argument("--dir", required=True, type=Path, help="where the demo organisations keep keys and receipts")
    parser.add_argument("--json-lines", action="store_true", help="one JSON object a line, for a parent process")
    parser.add_argument("--lang", choices=("en", "zh"), default="en")
    chosen = parser.parse_args(argv)
    voice = Voice(json_lines=chosen.json_lines, lang=chosen.lang)
    try:
        voice.result(walk.run(chosen.hub, chosen.dir / "members", voice, chosen.lang))
    except errors.ClientError as error:
        voice.error(error.code, error.message, error.hint)
        return error.exit_code
    except ModuleNotFoundError as error:
        voice.error("package-missing", f"the package {error.name} is not installed", "pip install 'tocsin[hub,demo]'")
        return errors.SetupError.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
