"""Can the site be read without a network? Every script, style, font and picture of a page must be a file beside it.

``python -m docs.check_site FOLDER`` prints each that is elsewhere or missing, and ends with 1 where there is one.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

# Attributes by which a page asks for a file that it needs; a link that a reader may follow is none.
NEEDS: Final = {
    "script": "src", "img": "src", "source": "src", "iframe": "src", "embed": "src", "object": "data", "link": "href"
}  # fmt: skip
# Links of a head that a browser follows by itself.
FETCHED: Final = frozenset({"stylesheet", "icon", "preload", "modulepreload", "preconnect", "dns-prefetch"})
STYLE: Final = re.compile(r"""(?:url\(|@import\s+)\s*["']?([^"')\s]+)""")


class _Needs(HTMLParser):
    """Collects what a page asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self._styled = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what one element asks for."""
        given = dict(attrs)
        self._styled = tag == "style"
        fetched = tag != "link" or FETCHED & set((given.get("rel") or "").split())
        if tag in NEEDS and fetched and given.get(NEEDS[tag]):
            self.asked.append(str(given[NEEDS[tag]]))
        self.asked += STYLE.findall(given.get("style") or "")

    def handle_data(self, data: str) -> None:
        """Note what a style within the page asks for."""
        if self._styled:
            self.asked += STYLE.findall(data)

    def handle_endtag(self, tag: str) -> None:
        """Note where a style ends."""
        self._styled = False


def asked_by(path: Path) -> list[str]:
    """Return the addresses of all that a page or a style sheet needs."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".css":
        return STYLE.findall(text)
    parser = _Needs()
    parser.feed(text)
    return parser.asked


def faults(folder: Path) -> Iterator[str]:
    """Yield a line for everything that is not a file of the site."""
    # What lies among the theme's files and ends in .html is a template, and no page.
    pages = [path for path in folder.rglob("*.html") if "_static" not in path.parts]
    for path in sorted([*pages, *folder.rglob("*.css")]):
        for address in asked_by(path):
            parts = urlsplit(address)
            where = f"{path.relative_to(folder).as_posix()}: {address[:100]}"
            if parts.scheme == "data" or (not parts.path and not parts.netloc):
                continue
            if parts.scheme or parts.netloc:
                yield f"{where}: is elsewhere"
            elif not (path.parent / unquote(parts.path)).exists():
                yield f"{where}: is missing"


def main(arguments: Sequence[str]) -> int:
    """Print the faults of a site."""
    folder = Path(arguments[0])
    pages = len(list(folder.rglob("*.html")))
    told = sorted(set(faults(folder)))
    sys.stderr.writelines(f"{line}\n" for line in told)
    if not pages:
        sys.stderr.write(f"{folder}: holds no page; build the site first\n")
    return int(bool(told) or not pages)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
