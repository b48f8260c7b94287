"""Run the command with `python -m ibsweep.cli`."""

from ibsweep.cli import main

main(prog_name="ibsweep")
