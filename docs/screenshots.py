"""Takes the pictures of docs/img from the report of a build: `python docs/screenshots.py OUT`."""

import sys
from pathlib import Path
from shutil import which

from playwright.sync_api import Browser, sync_playwright

IMG = Path(__file__).parent / "img"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def shoot(
    browser: Browser, report: Path, name: str, width: int, height: int, scheme: str, at: str
) -> None:
    """One picture of the screen with the element `at` at its top."""
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(report.resolve().as_uri())
    page.evaluate("at => document.querySelector(at).scrollIntoView()", at)
    page.wait_for_timeout(500)
    page.screenshot(path=IMG / f"{name}.png")
    page.close()


def main() -> None:
    report = Path(sys.argv[1]) / "report.html"
    IMG.mkdir(exist_ok=True)
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=which("chromium"), args=ARGUMENTS)
        shoot(browser, report, "report", 1280, 1100, "light", "#main")
        shoot(browser, report, "report-plans-dark", 1280, 900, "dark", "#plans")
        shoot(browser, report, "report-phone", 390, 844, "light", "#about-from-row-to-plan")
        browser.close()


if __name__ == "__main__":
    main()
