"""What each page weighs over the wire, and how soon and how steadily it stands in Chromium.

python -m bench.page_weight [--only NAME ...] [--url http://127.0.0.1:8000]

Kilobytes are what the network carried: cold with an empty cache, warm on the next visit. The largest
contentful paint is the best of three visits, in milliseconds; the layout shift is the worst of them.
"""

import argparse
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Page

from bench.screenshots import demo_at
from tests.journeys.running import Visitors, running_chromium
from tests.journeys.sights import SIGHTS, Sight

MOST_COLD, MOST_WARM, MOST_PAINT, MOST_SHIFT = 150.0, 20.0, 1000.0, 0.02
VISITS = 3

WATCH = """() => new Promise((done) => {
  let paint = 0, shift = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) paint = one.startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => { for (const one of list.getEntries()) shift += one.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done([paint, shift]), 300);
})"""


@dataclass
class Weight:
    """One page: kB cold and warm, ms to its largest paint, and its layout shift."""

    cold: float
    warm: float
    paint: float
    shift: float

    def is_fit(self) -> bool:
        """Tell whether all four are within their bounds."""
        light = self.cold <= MOST_COLD and self.warm <= MOST_WARM
        return light and self.paint <= MOST_PAINT and self.shift <= MOST_SHIFT


def weigh(browser: Browser, visitors: Visitors, sight: Sight) -> Weight:
    """Visit a page as somebody whose browser has never been here, then again."""
    context = browser.new_context(base_url=visitors.url, storage_state=visitors.state_of(sight.by))
    page = context.new_page()
    visits = [visit(context, page, sight.path) for _visit in range(VISITS)]
    carried, paints, shifts = zip(*visits, strict=True)
    context.close()
    return Weight(carried[0], carried[1], min(paints), max(shifts))


def visit(context: BrowserContext, page: Page, path: str) -> tuple[float, float, float]:
    """Return the kB a visit carried, its largest paint and its layout shift."""
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    carried: list[float] = []
    network.on("Network.loadingFinished", lambda done: carried.append(done["encodedDataLength"]))
    page.goto(path, wait_until="load")
    paint, shift = page.evaluate(WATCH)
    network.detach()
    return sum(carried) / 1000, paint, shift


def main() -> None:
    """Print a line per page; those that are out of bounds end in an exclamation mark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="names of sights, or beginnings of them")
    parser.add_argument("--url", default="", help="a demo that runs already")
    asked = parser.parse_args()
    seen: set[tuple[str, str]] = set()
    print(f"{'page':<32}{'cold kB':>9}{'warm kB':>9}{'paint ms':>10}{'shift':>8}")
    with demo_at(asked.url) as url, running_chromium() as browser:
        visitors = Visitors(browser, url)
        for sight in SIGHTS:
            if (sight.path, sight.by) in seen or (
                asked.only and not sight.name.startswith(tuple(asked.only))
            ):
                continue
            seen.add((sight.path, sight.by))
            found = weigh(browser, visitors, sight)
            figures = f"{found.cold:9.1f}{found.warm:9.1f}{found.paint:10.0f}{found.shift:8.3f}"
            print(f"{sight.name:<32}{figures}{'' if found.is_fit() else ' !'}", flush=True)
        visitors.close()


if __name__ == "__main__":
    main()
