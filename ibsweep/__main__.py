"""`python -m ibsweep`: help and version come without the libraries that train."""

import sys

import ibsweep


def main() -> None:
    """Run the command line."""
    if "--version" in sys.argv[1:]:
        print(f"ibsweep {ibsweep.__version__}")
    elif sys.argv[1:] in (["--help"], ["-h"]):
        from ibsweep.config.shipped import show_help

        show_help()
    else:
        from ibsweep.main import main as run

        run()


if __name__ == "__main__":
    main()
