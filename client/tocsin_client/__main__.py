"""`python -m tocsin_client` is the command `tocsin`, for machines where scripts are not on the path."""

from tocsin_client.cli import main

raise SystemExit(main())
