#!/usr/bin/env python3
"""Fuzz inputs as files for libFuzzer, and back to the file of hex lines that is kept.

    tests/unhex.py KEPT.hex FOLDER            # a file for each line
    tests/unhex.py --keep FOLDER KEPT.hex     # a line for each file, the shortest first, up to 30 kB
"""
import hashlib
import pathlib
import sys


def main(args):
    if args[:1] == ["--keep"]:
        inputs = sorted({f.read_bytes() for f in pathlib.Path(args[1]).iterdir()}, key=lambda b: (len(b), b))
        lines, room = [], 30000
        for data in inputs:
            room -= len(data)
            if data and room >= 0:
                lines.append(data.hex() + "\n")
        pathlib.Path(args[2]).write_text("".join(lines))
        return
    for line in pathlib.Path(args[0]).read_text().split():
        data = bytes.fromhex(line)
        (pathlib.Path(args[1]) / hashlib.sha1(data).hexdigest()).write_bytes(data)


main(sys.argv[1:])
