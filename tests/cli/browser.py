"""A headless Chromium for tests of pages: what a page shows, logs and asks for."""

import json
import shutil

import pytest

# Where they are, or None.
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")


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
