"""A headless Chromium for tests of pages: what a page shows, logs and asks for."""

import json
import shutil

import pytest

# Where they are, or None.
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")


# Texts of less than 4.5:1 against what they stand on.
CONTRAST = """(() => {
  const parse = (text) => {
    const numbers = text.match(/[\\d.]+/g).map(Number);
    return numbers.length < 4 ? [...numbers, 1] : numbers;
  };
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    if (element.namespaceURI.endsWith("svg")) {
      const veil = element.parentElement.querySelector(".veil");
      const halo = getComputedStyle(element).stroke;
      if (veil && halo !== "none") return parse(halo);
      const rect = element.parentElement.querySelector("rect");
      if (rect && element.closest("#treemap")) return parse(getComputedStyle(rect).fill);
    }
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color[3] > 0) return color;
    }
    return [255, 255, 255, 1];
  };
  const low = [];
  let count = 0;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !element.getClientRects().length) continue;
    if (["SCRIPT", "STYLE", "title"].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const ink = light(parse(element.namespaceURI.endsWith("svg") ? style.fill : style.color));
    const back = light(ground(element));
    const ratio = (Math.max(ink, back) + 0.05) / (Math.min(ink, back) + 0.05);
    count++;
    if (ratio < 4.5) low.push([walk.currentNode.data.trim().slice(0, 30), ratio.toFixed(2)]);
  }
  return {count, low};
})()"""


class Browser:
    """A page in Chromium, and what it logged and asked for."""

    def __init__(self, driver):
        self.driver = driver

    def open(self, path, script=True, dark=False):
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.cdp("Emulation.setScriptExecutionDisabled", value=not script)
        self.cdp(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}],
        )
        self.driver.get(f"file://{path}")
        if script:
            self.wait("document.querySelectorAll('#treemap g').length > 0")
        return self

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def value(self, expression):
        """Of an expression; works where scripts of the page may not run."""
        answer = self.cdp("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait(self, condition):
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, 10).until(lambda _: self.value(condition))

    def keys(self, *keys):
        from selenium.webdriver.common.action_chains import ActionChains

        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    def tile(self, name):
        return self.driver.find_element(
            "xpath", f"//*[@id='treemap']/*[starts-with(@aria-label, '{name}, ')]"
        )

    def crumbs(self):
        return self.value("document.getElementById('crumbs').textContent").split(" — ")[0]

    def rows(self):
        """The paths of the table below the map."""
        return self.value(
            "[...document.querySelectorAll('#rows td.path')].map(e => e.textContent)"
        )

    def asked_for(self):
        events = [
            json.loads(entry["message"])["message"]
            for entry in self.driver.get_log("performance")
        ]
        return [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]

    def complaints(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture(scope="module")
def browser():
    if not BROWSER or not DRIVER:
        pytest.skip("no chromium and chromedriver here (tools/install-packages test)")
    webdriver = pytest.importorskip("selenium.webdriver", reason="no python3-selenium here")
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--window-size=1280,1000",
        "--no-first-run",
        "--disable-background-networking",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(
        options=options,
        service=(
            webdriver.ChromeService(DRIVER)
            if hasattr(webdriver, "ChromeService")
            else __import__("selenium.webdriver.chrome.service", fromlist=["Service"]).Service(
                DRIVER
            )
        ),
    )
    yield Browser(driver)
    driver.quit()
