#!/usr/bin/python3
"""The command line from end to end: cli_test.py TERRANE [unittest options and names]

Runs every tests/cli/*_case.py against the binary TERRANE. Needs numpy (Debian's python3-numpy).
"""

import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
CASES = pathlib.Path(__file__).resolve().parent / "cli"
sys.path.insert(0, str(CASES))

import bench  # noqa: E402


class Program(unittest.TestProgram):
    def createTests(self, from_discovery=False, Loader=None):
        if self.testNames:
            self.test = unittest.defaultTestLoader.loadTestsFromNames(self.testNames)
        else:
            self.test = unittest.defaultTestLoader.discover(str(CASES), "*_case.py")

    def parseArgs(self, argv):
        self.testNames = None
        self._initArgParsers()
        self._main_parser.parse_args(argv[1:], self)
        self.testNames = self.tests or None
        self.createTests()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    bench.TERRANE = str(pathlib.Path(sys.argv.pop(1)).resolve())
    Program(module=None, verbosity=2)
