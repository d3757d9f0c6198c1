"""The landready command: thin doors to the library, and one place that ends with a code.

``commands`` lists them; ``options`` holds the options that they share, ``steps`` runs them and
turns an error into an exit code, ``terminal`` prints. Each other module is a few commands.
"""

from geo.cli.commands import app, main

__all__ = ["app", "main"]
