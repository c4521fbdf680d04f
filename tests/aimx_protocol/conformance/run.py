#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the AimX conformance suite against a server.

    run.py --server PATH/aimdb_conformance_server [--filter TEXT]... [--list] [-v]

Ends with 0 when every test passed, 1 when one failed, 2 when there was nothing to run.
"""

from __future__ import annotations

import argparse
import os
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    options = parse_options()
    sys.dont_write_bytecode = True
    os.environ["AIMX_SERVER"] = str(options.server.resolve())
    sys.path.insert(0, str(HERE))

    from cases import _flat  # needs the path set above

    found = unittest.TestLoader().discover(str(HERE), top_level_dir=str(HERE))
    tests = [test for test in _flat(found) if all(text in test.id() for text in options.filter)]
    if options.list:
        print(*(test.id() for test in tests), sep="\n")
        return 0
    if not tests:
        print("no test matches the filter", file=sys.stderr)
        return 2
    result = unittest.TextTestRunner(verbosity=1 + options.verbose).run(unittest.TestSuite(tests))
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun} tests, {failed} failed, {len(result.skipped)} skipped")
    return 0 if result.wasSuccessful() else 1


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Runs the AimX conformance suite against a server.")
    parser.add_argument("--server", type=Path, required=True, help="the program aimdb_conformance_server")
    parser.add_argument("--filter", action="append", default=[], help="only tests whose name contains this")
    parser.add_argument("--list", action="store_true", help="print the names of the tests and run none")
    parser.add_argument("-v", "--verbose", action="store_true", help="print each test as it runs")
    options = parser.parse_args()
    if not os.access(options.server, os.X_OK):
        parser.error(f"{options.server} is not a program")
    return options


if __name__ == "__main__":
    sys.exit(main())
