"""What a coder waits for, measured in Chromium by the workspace's own performance marks."""

from playwright.sync_api import sync_playwright

from tools.chromium import launch_arguments

MARKS = """() => Object.fromEntries(
  performance.getEntriesByType("mark").map(({ name, startTime }) => [name.replace("passages:", ""), startTime]))"""
NOTE_KEYS = "addEventListener('keydown', (event) => { window.keyAt = event.timeStamp; }, { capture: true });"
PAINTED = """(count) => performance.getEntriesByName("passages:painted").length > count"""
SINCE_KEY = """() => performance.getEntriesByName("passages:painted").at(-1).startTime - window.keyAt"""
SCROLL = """async ({ step, frames }) => {
  const page = document.getElementById("page");
  const times = [];
  page.scrollTop = 0;
  await new Promise((done) => {
    let last = 0;
    const frame = (now) => {
      if (last) times.push(now - last);
      last = now;
      page.scrollTop += step;
      if (times.length < frames) requestAnimationFrame(frame);
      else done();
    };
    requestAnimationFrame(frame);
  });
  return times;
}"""


def measure(port, cookie, transcript, repeats):
    """Yields (name, milliseconds of each try, limit)."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_arguments())
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        name, value = cookie.split("=", 1)
        origin = f"http://127.0.0.1:{port}"
        context.add_cookies([{"name": name, "value": value, "url": origin}])
        page = context.new_page()
        page.add_init_script(NOTE_KEYS)
        drawn = []
        for _ in range(repeats):
            page.goto(f"{origin}/transcripts/{transcript}/")
            page.wait_for_function("() => performance.getEntriesByName('passages:drawn').length")
            marks = page.evaluate(MARKS)
            drawn.append(marks["drawn"] - marks["text"])
        yield "text to highlights drawn", drawn, 250
        yield "key to code painted", list(apply(page, 5 * repeats)), 80
        frames = [page.evaluate(SCROLL, {"step": step, "frames": 240}) for step in (120, 800)]
        yield "frame while scrolling, 95th of 100", [high(times) for times in frames], 40
        browser.close()


def apply(page, times):
    """Code one sentence after another by the keyboard; yields the milliseconds from key to paint."""
    page.locator("#page").focus()
    press_and_wait(page, ["s", "c", "Enter"])  # the code applied here is the recent one from now on
    for _ in range(times):
        press_and_wait(page, ["j", "s", "1"])
        yield page.evaluate(SINCE_KEY)


def press_and_wait(page, keys):
    painted = page.evaluate("() => performance.getEntriesByName('passages:painted').length")
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_function(PAINTED, arg=painted, timeout=5_000)


def high(values):
    return sorted(values)[int(len(values) * 0.95)]
