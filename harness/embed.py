#!/usr/bin/env python3
"""Writes text files as C++ initializers {"/assets/NAME", "CONTENT"}, for a table of assets.

embed.py OUTPUT FILE … -- NAME …
"""

import sys

MARK = "badgate_asset"
PIECE = 12000  # bytes of one literal; long ones are put together of several


def literals(text):
    for i in range(0, max(len(text), 1), PIECE):
        piece = text[i:i + PIECE]
        if f"){MARK}\"" in piece:
            sys.exit(f"embed.py: a file has the text ){MARK}\" in it")
        yield f'R"{MARK}({piece}){MARK}"'


def main(output, *words):
    files, names = words[:words.index("--")], words[words.index("--") + 1:]
    with open(output, "w", encoding="utf-8") as out:
        for name, path in zip(names, files, strict=True):
            with open(path, encoding="utf-8") as file:
                pieces = "\n".join(literals(file.read()))
            out.write(f'{{"/assets/{name}",\n{pieces}}},\n')


main(*sys.argv[1:])
