"""An argument parser whose errors fit on one line."""

import argparse
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors fit on one line."""

    def error(self, message: str) -> NoReturn:
        """Print the error in one line and exit with status 2.

        Args:
            message: The cause, without the program's name.

        Raises:
            SystemExit: Always, with status 2.
        """
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")
        raise AssertionError("exit() does not return")
