#!/usr/bin/env python3
"""The program in people's hands: what it prints, how it exits, what it leaves behind.

main.py BADGATE SOURCE [NAME...]: runs every test, or those whose name contains NAME.
Nothing but Python's standard library is needed; what a machine lacks is skipped aloud.
"""

import os
import sys
import unittest

sys.dont_write_bytecode = True  # the folder of the sources stays as it is
selected = [arg for name in sys.argv[3:] for arg in ("-k", f"*{name}*")]
unittest.main(module=None, argv=[sys.argv[0], "discover", "-v", "-p", "*_test.py",
                                 "-s", os.path.dirname(os.path.abspath(__file__)), *selected])
