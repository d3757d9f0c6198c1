"""``python -m geo`` is ``landready``."""

from geo.cli import main

if __name__ == "__main__":
    main()
