# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at a page of verify_report in a real browser: headless Chromium, driven by its debugging protocol over a pipe.

    tests/lab/page FILE.html [FOLDER]

Measures at 1280 px, with everything unfolded: the width, texts of pictures that overlap or leave their boxes, the lowest
contrast of any text in the light and the dark scheme, and whether the Tab key comes to every link. With FOLDER it also leaves
light.png, dark.png (both as a reader first sees the page) and print.pdf there. Exit status: 0, or 1 with a line for each thing
that is wrong. For people who change the page; needs Debian's package chromium (or CHROMIUM=PROGRAM). The network is not used.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

WIDTH = 1280
LEAST_CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3
TALLEST = 16000  # pixels that Chromium puts into one picture

MEASURE = r"""
(() => {
  document.querySelectorAll('details').forEach(one => one.open = true);
  const overlapping = [], outside = [];
  for (const svg of document.querySelectorAll('svg.chain')) {
    const frame = svg.viewBox.baseVal;
    const texts = [...svg.querySelectorAll('text')].map(one => [one.firstChild.data, one.getBBox()]);
    const boxes = [...svg.querySelectorAll('rect')].map(one => one.getBBox());
    texts.forEach(([words, a], i) => {
      for (const [others, b] of texts.slice(i + 1)) {
        if (Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x) > 1 && Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y) > 4)
          overlapping.push(`${words} | ${others}`);
      }
      const around = boxes.filter(r => r.x <= a.x && r.y <= a.y + 3 && r.y + r.height >= a.y + a.height - 3 && r.x + r.width > a.x)
        .sort((r, s) => r.width - s.width);
      const box = around[0] || frame;
      if (a.x + a.width > box.x + box.width || a.x + a.width > frame.x + frame.width) outside.push(words);
    });
  }
  const wide = [...document.querySelectorAll('body *')].filter(one => !one.closest('svg') && !one.closest('.unseen, .skip, .sprite')
    && one.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5).map(one => one.tagName + ' ' + one.textContent.slice(0, 60));
  return {width: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight, texts: document.querySelectorAll('svg.chain text').length,
          pictures: document.querySelectorAll('svg.chain').length, links: document.querySelectorAll('a[href], summary').length, overlapping, outside, wide,
          fetched: performance.getEntriesByType('resource').length};
})()
"""

CONTRAST = r"""
(() => {
  const numbers = colour => (colour.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (a, b) => { const [x, y] = [light(numbers(a)), light(numbers(b))].sort((m, n) => n - m); return (x + 0.05) / (y + 0.05); };
  const opaque = colour => colour !== 'none' && colour !== 'transparent' && !(numbers(colour).length === 4 && numbers(colour)[3] === 0);
  const ground = one => {
    for (let e = one; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (opaque(c)) return c; }
    return 'rgb(255,255,255)';
  };
  let least = [99, ''];
  const keep = (value, words) => { if (value < least[0]) least = [value, words]; };
  for (const one of document.querySelectorAll('body *')) {
    if (one.closest('svg') || ![...one.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
    keep(ratio(getComputedStyle(one).color, ground(one)), one.textContent.slice(0, 40));
  }
  for (const svg of document.querySelectorAll('svg.chain')) {
    const boxes = [...svg.querySelectorAll('rect')].filter(one => opaque(getComputedStyle(one).fill)).map(one => [one.getBBox(), getComputedStyle(one).fill]);
    for (const text of svg.querySelectorAll('text')) {
      const a = text.getBBox();
      const under = boxes.filter(([r]) => r.x <= a.x && r.y <= a.y + 3 && r.x + r.width > a.x && r.y + r.height >= a.y + a.height - 3);
      keep(ratio(getComputedStyle(text).fill, under.length ? under[under.length - 1][1] : ground(svg)), text.firstChild.data);
    }
  }
  return least;
})()
"""

FOCUSED = "[...document.querySelectorAll('a[href], summary')].indexOf(document.activeElement)"


class BrowserError(Exception):
    """The browser cannot be started, or does not do what it is told."""


class Browser:
    """Chromium with one page. Everything is asked over a pipe; no port is opened."""

    def __init__(self, profile: str) -> None:
        program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
        if not program:
            raise BrowserError("there is no Chromium: apt-get install chromium, or set CHROMIUM to the program")
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        # Chromium reads from descriptor 3 and writes to 4.
        with_descriptors = ["bash", "-c", f'exec "$@" 3<&{to_read} 4>&{to_write}', "chromium", program, *options, "about:blank"]
        self._process = subprocess.Popen(with_descriptors, pass_fds=(to_read, to_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self._left = b""
        self._number = 0
        self._session = ""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def close(self) -> None:
        self._session = ""
        self.ask("Browser.close")
        self._process.wait(10)
        os.close(self._write)
        os.close(self._read)

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            got = os.read(self._read, 1 << 20)
            if not got:
                raise BrowserError("Chromium ended")
            self._left += got
        message, self._left = self._left.split(b"\0", 1)
        found: dict[str, Any] = json.loads(message)
        return found

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters, **({"sessionId": self._session} if self._session else {})}
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result

    def run(self, script: str) -> Any:
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def open(self, path: Path) -> None:
        self.ask("Emulation.setDeviceMetricsOverride", width=WIDTH, height=900, deviceScaleFactor=1, mobile=False)
        self.ask("Page.navigate", url=path.resolve().as_uri())
        while self.run("document.readyState + location.protocol") != "completefile:":
            pass

    def scheme(self, name: str) -> None:
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def screenshot(self, path: Path) -> None:
        height = min(TALLEST, self.run("document.documentElement.scrollHeight"))
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1}
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]))

    def tabbed(self, links: int) -> int:
        """To how many of the links and folds the Tab key comes, each once, in their order."""
        self.run("document.activeElement.blur(), scrollTo(0, 0)")
        reached = []
        for _each in range(links):
            for kind in ("keyDown", "keyUp"):
                self.ask("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
            reached.append(self.run(FOCUSED))
        return sum(at == number for number, at in enumerate(reached))


def measure(browser: Browser, path: Path, folder: Path | None) -> list[str]:
    """Prints what there is to say, and returns what is wrong."""
    browser.open(path)
    for scheme in ("dark", "light"):
        browser.scheme(scheme)
        if folder is not None:
            browser.screenshot(folder / f"{scheme}.png")
    if folder is not None:
        (folder / "print.pdf").write_bytes(base64.b64decode(browser.ask("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"]))
    found = browser.run(MEASURE)
    wrong = [f"{kind}: {one}" for kind in ("overlapping", "outside", "wide") for one in found[kind][:20]]
    size = f"{path.stat().st_size // 1024} KiB, {found['width']} x {found['height']} px unfolded"
    print(f"{path.name}: {size}, {found['pictures']} pictures with {found['texts']} texts")
    print(f"  texts of pictures that overlap: {len(found['overlapping'])}, that leave their boxes: {len(found['outside'])}")
    print(f"  elements that are wider than the page: {len(found['wide'])}")
    if found["width"] > WIDTH:
        wrong.append(f"it is {found['width']} px wide")
    if found["fetched"]:
        wrong.append(f"it asked for {found['fetched']} other files")
    for scheme in ("light", "dark"):
        browser.scheme(scheme)
        contrast, words = browser.run(CONTRAST)
        print(f"  lowest contrast, {scheme}: {contrast:.2f} ({words})")
        if contrast < LEAST_CONTRAST:
            wrong.append(f"contrast of {contrast:.2f}, {scheme}: {words}")
    reached = browser.tabbed(found["links"])
    print(f"  the Tab key comes to {reached} of {found['links']} links and folds, in their order")
    if reached < found["links"]:
        wrong.append("the Tab key does not come to every link in order")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="page", description="A page of verify_report in a real browser.")
    parser.add_argument("file", type=Path, help="the page")
    parser.add_argument("folder", type=Path, nargs="?", help="where pictures are left")
    options = parser.parse_args()
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        try:
            browser = Browser(profile)
            try:
                wrong = measure(browser, options.file, options.folder)
            finally:
                browser.close()
        except BrowserError as error:
            sys.stderr.write(f"page: {error}\n")
            return 1
    for one in wrong:
        print(f"  WRONG {one}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
