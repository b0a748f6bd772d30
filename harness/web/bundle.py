#!/usr/bin/env python3
"""Makes one file of a page: style sheets and ES modules are put into it, with the modules that they
import, and its Content-Security-Policy allows exactly these scripts and styles, by their hashes.

    bundle.py PAGE OUT.inc [DEPFILE]

PAGE is a page that a browser can open, too: `<link rel="stylesheet" href="FILE">` and
`<script type="module" src="FILE"></script>` stand alone in a line, and @POLICY@ is replaced in its
policy. A module imports by name, `import { a, b } from './FILE';`, and exports functions, classes
and constants where it declares them. OUT.inc is a C++ string."""

import base64
import hashlib
import pathlib
import re
import sys

STYLE = re.compile(r'^\s*<link rel="stylesheet" href="([^"]+)">$', re.M)
SCRIPT = re.compile(r'^\s*<script type="module" src="([^"]+)"></script>$', re.M)
IMPORT = re.compile(r"^import \{\s+([^}]+?),?\s+\} from '([^']+)';$", re.M)
EXPORT = re.compile(r"^export ((?:async )?function|class|const) (\w+)", re.M)


class Bundle:
    """The modules of one page, each as a function that returns what it exports."""

    def __init__(self):
        self.names = {}  # of the modules that are in it, by their paths
        self.parts = []
        self.files = []

    def read(self, path):
        self.files.append(path)
        return path.read_text(encoding="utf-8")

    def add(self, path):
        if path in self.names:
            if self.names[path] is None:
                sys.exit(f"bundle.py: {path} imports itself")
            return self.names[path]
        self.names[path] = None
        text = self.read(path)

        def imported(match):
            module = self.add((path.parent / match[2]).resolve())
            return f"const {{ {match[1].replace(' as ', ': ')} }} = {module};"

        text = IMPORT.sub(imported, text)
        exports = [match[2] for match in EXPORT.finditer(text)]
        text = EXPORT.sub(r"\1 \2", text)
        if re.search(r"^(import|export)\b", text, re.M):
            sys.exit(f"bundle.py: {path} has an import or export of another form")
        name = re.sub(r"\W", "_", path.stem) + "_module"
        if name in self.names.values():
            sys.exit(f"bundle.py: there are two modules named {path.stem}")
        self.names[path] = name
        self.parts.append(f"const {name} = (() => {{\n{text}\nreturn {{ {', '.join(exports)} }};\n}})();\n")
        return name


def source(text):
    """What a policy says to allow `text`."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def put_together(page):
    bundle = Bundle()
    text = bundle.read(page)
    styles, scripts = [], []

    def style(match):
        styles.append("\n" + bundle.read((page.parent / match[1]).resolve()))
        return f"<style>{styles[-1]}</style>"

    def script(match):
        bundle.add((page.parent / match[1]).resolve())
        scripts.append("\n" + "".join(bundle.parts))
        bundle.parts.clear()
        return f'<script type="module">{scripts[-1]}</script>'

    text = SCRIPT.sub(script, STYLE.sub(style, text))
    policy = f"script-src {' '.join(map(source, scripts))}; style-src {' '.join(map(source, styles))}"
    return text.replace("@POLICY@", policy), bundle.files


def main():
    page, out = map(pathlib.Path, sys.argv[1:3])
    text, files = put_together(page.resolve())
    if ')page"' in text or "</script>" in text.replace("</script>\n", ""):
        sys.exit(f"bundle.py: {page} cannot be a C++ string, or has a script's end within a line")
    out.write_text(f'R"page({text})page"\n', encoding="utf-8")
    if len(sys.argv) > 3:
        pathlib.Path(sys.argv[3]).write_text(f"{out}: {' '.join(map(str, files))}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
