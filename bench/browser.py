"""What a coder waits for, measured in a browser by the workspace's own performance marks.

A ``tab`` (of Chromium here, of Firefox in bench.firefox) has ``open(path)``, ``evaluate(function, argument)``,
``press(key)`` and ``memory()``.
"""

import time
from contextlib import contextmanager
from pathlib import Path

SIZE = (1440, 900)
SPEED = 6  # pixels a millisecond that scrolling goes
MARKS = """() => Object.fromEntries(
  performance.getEntriesByType("mark").map(({ name, startTime }) => [name.replace("passages:", ""), startTime]))"""
NOTE_KEYS = """() => {
  addEventListener("keydown", (event) => { document.documentElement.dataset.keyAt = event.timeStamp; }, true);
}"""
PAINTED = """() => performance.getEntriesByName("passages:painted").length"""
SINCE_KEY = """() => performance.getEntriesByName("passages:painted").at(-1).startTime
  - Number(document.documentElement.dataset.keyAt)"""
SCROLL = """async ({ speed, frames, from }) => {
  const page = document.getElementById("page");
  page.scrollTop = from * page.scrollHeight;
  const frame = () => new Promise(requestAnimationFrame);
  await new Promise((done) => setTimeout(done, 500));
  const times = [];
  const top = page.scrollTop;
  const start = await frame();
  let last = start;
  while (times.length < frames) {
    page.scrollTop = top + speed * (last - start);
    const now = await frame();
    times.push(now - last);
    last = now;
  }
  return times;
}"""


def opened(tab, path, repeats):
    """Open a transcript several times: milliseconds from navigation to its text, and from there to its highlights."""
    ready, drawn = [], []
    for _ in range(repeats):
        tab.open(path)
        wait_for(tab, "() => performance.getEntriesByName('passages:drawn').length > 0")
        marks = tab.evaluate(MARKS)
        ready.append(marks["text"])
        drawn.append(marks["drawn"] - marks["text"])
    return ready, drawn


def applied(tab, times):
    """Code one sentence after another by the keyboard: milliseconds from each key to the paint."""
    tab.evaluate(NOTE_KEYS)
    tab.evaluate("() => document.getElementById('page').focus()")
    press_and_wait(tab, ["j", "s", "c", "Enter"])  # the code applied here is the recent one from now on
    found = []
    for _ in range(times):
        press_and_wait(tab, ["j", "s", "1"])
        found.append(tab.evaluate(SINCE_KEY))
    return found


def press_and_wait(tab, keys):
    painted = tab.evaluate(PAINTED)
    for key in keys:
        tab.press(key)
    wait_for(tab, f"() => ({PAINTED})() > {painted}")


def scrolled(tab, frames, start=0):
    """Scroll on from a place (0 to 1) in the text: milliseconds of each frame."""
    return tab.evaluate(SCROLL, {"speed": SPEED, "frames": frames, "from": start})


def wait_for(tab, condition):
    until = time.monotonic() + 60
    while not tab.evaluate(condition):
        if time.monotonic() > until:
            raise RuntimeError(f"The page never came to: {condition}")
        time.sleep(0.01)


def high(values):
    return sorted(values)[int(len(values) * 0.95)]


class Chromium:
    def __init__(self, browser, origin, cookie):
        self.browser, self.origin = browser, origin
        context = browser.new_context(viewport=dict(zip(("width", "height"), SIZE, strict=True)))
        name, value = cookie.split("=", 1)
        context.add_cookies([{"name": name, "value": value, "url": origin}])
        self.page = context.new_page()

    def open(self, path):
        self.page.goto(self.origin + path)

    def evaluate(self, function, argument=None):
        return self.page.evaluate(function, argument)

    def press(self, key):
        self.page.keyboard.press(key)

    def memory(self):
        """Bytes the largest of the browser's pages takes, less what is garbage; None where that cannot be read."""
        self.page.context.new_cdp_session(self.page).send("HeapProfiler.collectGarbage")
        told = self.browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
        return max(
            filter(None, (resident(each["id"]) for each in told if each["type"] == "renderer")), default=None
        )


@contextmanager
def chromium(origin, cookie):
    """Gives ``new_tab()``; each tab is a process of its own."""
    from playwright.sync_api import sync_playwright

    from tools.chromium import launch_arguments

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_arguments())

        def new_tab():
            for context in browser.contexts:
                context.close()
            return Chromium(browser, origin, cookie)

        yield new_tab
        browser.close()


def resident(pid):
    """Bytes of memory a process has, files mapped into it included; None where it is not told."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    lines = [line.split() for line in status.read_text().splitlines()]
    return next((int(line[1]) * 1024 for line in lines if line[0] == "VmRSS:"), None)
