"""`python -m ibsweep`."""

from ibsweep.main import main

if __name__ == "__main__":
    main()
