"""The command `axsim`: arguments in, results out.

`app.py` declares the commands and their options, `ending.py` turns every ending into an exit code and words for a
person; each command has a file of its own, which is imported when it is used, so that `axsim --help` is quick.
"""

from __future__ import annotations


def main() -> None:
    """Entry point of the console script. Always ends in SystemExit."""
    from simulator.cli.app import app

    app(prog_name="axsim")
