"""Make the minified script and style sheet of the page: ``python -m geo.webmap.minify``.

Needs Node.js: npx fetches terser and esbuild at their pinned versions. Run it before a commit that
changes a file of ``static/``; a test fails where that was forgotten.
"""

import subprocess
import sys
from typing import Final

from geo.webmap.scripts import STATIC, mark, script_source, style_source

TERSER: Final = ("terser@5.51.2", "--compress", "passes=3,ecma=2020", "--mangle", "--ecma", "2020")
ESBUILD: Final = ("esbuild@0.28.2", "--minify", "--loader=css")


def main() -> int:
    """Write both files."""
    for source, name, tool in (
        (script_source(), "page.min.js", TERSER),
        (style_source(), "page.min.css", ESBUILD),
    ):
        done = subprocess.run(
            ["npx", "--yes", *tool], input=source, capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            return 1
        text = f"{mark(source)}\n{done.stdout.strip()}\n"
        (STATIC / name).write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
