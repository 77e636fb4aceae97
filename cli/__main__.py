"""`python -m evalmap.cli`: the command line, as the site's own jobs run it."""

from evalmap.cli.main import main

if __name__ == "__main__":
    main()
