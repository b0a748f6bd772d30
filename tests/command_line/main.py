#!/usr/bin/env python3
"""The program in people's hands: what it prints, how it exits, what it leaves behind.

main.py BADGATE SOURCE [NAME...]: runs every test, or those whose name contains NAME.
Nothing but Python's standard library is needed; what a machine lacks is skipped aloud.
A process for each file, as many at once as there are processors.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
# Reads the names in BADGATE and SOURCE as kit.py expects them.
ONE_FILE = """
import sys, unittest
sys.dont_write_bytecode = True  # the folder of the sources stays as it is
folder, name, *selected = sys.argv[3:]
picked = [arg for word in selected for arg in ("-k", f"*{word}*")]
unittest.main(module=None, argv=["command_line", "discover", "-v", "-p", name, "-s", folder, *picked])
"""


def run(file):
    """How many tests ran, and what is to be said of failures."""
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-c", ONE_FILE, *sys.argv[1:3], HERE, file.name, *sys.argv[3:]],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    count = re.search(r"^Ran (\d+) tests?", done.stdout, re.MULTILINE)
    ran = int(count[1]) if count else 0
    text = f"{file.name}, {time.monotonic() - start:.1f} s\n{done.stdout}"
    if ran and not done.returncode:
        print(text, flush=True)
    return ran, text if done.returncode else ""


with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    # Large files first, so that none runs on alone at the end.
    files = sorted(HERE.glob("*_test.py"), key=lambda file: -file.stat().st_size)
    results = list(zip(files, pool.map(run, files)))

for _, (_, failure) in results:  # at the end, where they are looked for
    if failure:
        print(failure)
failed = [file.name for file, (_, failure) in results if failure]
ran = sum(count for _, (count, _) in results)
print(f"{ran} tests in {len(files)} files" + (f"; FAILED: {', '.join(failed)}" if failed else ""))
sys.exit(1 if failed or not ran else 0)
