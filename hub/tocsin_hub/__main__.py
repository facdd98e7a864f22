"""`python -m tocsin_hub`: the same as the command `tocsin-hub`."""

from tocsin_hub.cli import main

if __name__ == "__main__":
    main()
