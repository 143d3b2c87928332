"""The page that `diff --report` writes, in a headless Chromium."""

import pytest

from browser import CONTRAST, browser  # noqa: F401 (a fixture)
from made_images import docker_archive, oci_layout, random_bytes

MB = 1000 * 1000
EVIL = "<img src=x onerror=document.title='owned'>"


def status(version):
    return f"Package: tool\nStatus: install ok installed\nVersion: {version}\n".encode()


OLD = [
    [
        ("var/lib/dpkg/status", status("1.0")),
        ("var/lib/dpkg/info/tool.list", b"/usr/bin/tool\n"),
        ("usr/bin/tool", random_bytes(3 * MB, 1)),
        ("usr/share/same", random_bytes(MB, 2)),
        ("srv/other", random_bytes(MB, 3)),
        ("empty", b""),
    ],
    [("srv/shrinks", random_bytes(2 * MB, 4)), ("usr/lib/gone/a", random_bytes(MB, 5))]
    + [(f"usr/lib/gone/{EVIL}", random_bytes(MB, 6))],
    [("usr/lib/gone/a", {"data": random_bytes(MB, 5), "mode": 0o600})],
]
NEW = [
    OLD[0][2:],
    [
        ("srv/shrinks", random_bytes(MB, 4)),
        ("srv/other", random_bytes(MB, 33)),
        ("srv/new", random_bytes(MB, 7)),
        ("usr/bin/tool", random_bytes(4 * MB, 8)),
        ("var/lib/dpkg/status", status("2.0")),
        ("var/lib/dpkg/info/tool.list", b"/usr/bin/tool\n"),
    ],
]


@pytest.fixture(scope="module")
def made(plimsoll, tmp_path_factory):
    folder = tmp_path_factory.mktemp("diff")
    a, b = oci_layout(folder / "a", OLD), oci_layout(folder / "b", NEW)
    page = folder / "diff.html"
    plimsoll("diff", a, b, "--report", page, code=0)
    return (
        page,
        plimsoll.json("diff", a, b),
        plimsoll.json("analyze", a),
        plimsoll.json("analyze", b),
    )


SUMS = """(() => {
  const sums = {a: 0, b: 0};
  eachLeaf(root, (node) => {
    sums.a += node.a;
    sums.b += node.b;
    sums[CHANGES[node.change]] = (sums[CHANGES[node.change]] || 0) + node.b - node.a;
  });
  return sums;
})()"""


def cells(browser, part):
    return browser.value(
        f"[...document.querySelectorAll('#{part} tbody tr')].map(row => [...row.cells].map(cell => "
        "cell.querySelector('data') ? +cell.querySelector('data').value : cell.textContent))"
    )


def test_it_stands_alone_and_has_no_complaint(browser, made):
    browser.open(made[0])
    assert browser.complaints() == []
    assert browser.asked_for() == [f"file://{made[0]}"]
    assert "<img" not in made[0].read_text(encoding="utf-8")
    assert browser.value("document.title") != "owned"
    assert browser.value("document.querySelectorAll('img').length") == 0


def test_its_numbers_are_those_of_the_json(browser, made):
    page, diff, a, b = made
    browser.open(page)
    cards = browser.value(
        "[...document.querySelectorAll('.card')].map(e => "
        "[...e.querySelectorAll('data')].map(d => +d.value))"
    )
    sizes = [
        (a["image"]["size"], b["image"]["size"]),
        (a["image"]["compressed_size"], b["image"]["compressed_size"]),
        (a["wasted_bytes"], b["wasted_bytes"]),
        (a["duplicate_bytes"], b["duplicate_bytes"]),
    ]
    assert cards == [[new - old, old, new] for old, new in sizes]
    sums = browser.value(SUMS)
    assert (sums["a"], sums["b"]) == sizes[0]
    assert sums["removed"] == -3 * MB - 0 and sums["same"] == sums["other content"] == 0
    assert sums["shrunk"] == -MB + 0 and sums["new"] == MB
    causes = cells(browser, "causes")
    assert sum(row[0] for row in causes) == diff["b"]["size"] - diff["a"]["size"]
    shown = {row[4]: (row[1], row[2]) for row in cells(browser, "files")}
    assert shown["/srv/new"] == (0, MB) and shown["/srv/shrinks"] == (2 * MB, MB)
    assert shown[f"/usr/lib/gone/{EVIL}"] == (MB, 0)
    assert "/usr/share/same" not in shown and "/empty" not in shown
    assert [row[3:] for row in cells(browser, "packages")] == [["tool", "1.0", "2.0"]]


def test_what_is_gone_stands_as_air(browser, made):
    browser.open(made[0])
    gone = browser.value(
        "[...document.querySelectorAll('#treemap .gone')].map(e => e.getAttribute('aria-label'))"
    )
    assert gone and all(label.startswith("removed, −") for label in gone)
    browser.run(
        "[...document.querySelectorAll('#legend button')]"
        ".find(e => e.textContent.startsWith('removed')).click()"
    )
    paths = browser.rows()
    assert sorted(paths) == ["/usr/lib/gone/" + EVIL, "/usr/lib/gone/a"]
    browser.driver.find_element("id", "search").send_keys("srv/")
    assert sorted(browser.rows()) == ["/srv/new", "/srv/other", "/srv/shrinks"]


def test_a_folder_of_air_can_be_opened(browser, made):
    browser.open(made[0])
    for name in ("usr/", "lib/", "removed"):
        found = browser.driver.find_elements(
            "xpath", f"//*[@id='treemap']/*[starts-with(@aria-label, '{name}, ')]"
        )
        if found:
            browser.run(
                "arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))", found[0]
            )
    assert browser.crumbs().startswith("/usr")
    assert all(path.startswith("/usr/") for path in browser.rows())


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out(browser, made, dark):
    browser.open(made[0], dark=dark)
    found = browser.value(CONTRAST)
    assert found["count"] > 100 and found["low"] == []


def test_it_can_be_read_without_script(browser, made):
    browser.open(made[0], script=False)
    assert browser.complaints() == []
    text = browser.value("document.body.innerText")
    for words in ("/srv/new", "tool", "1.0", "2.0", "smaller", "The same settings"):
        assert words in text


def test_the_same_image_twice(browser, plimsoll, tmp_path):
    image = docker_archive(tmp_path / "a.tar", OLD)
    plimsoll("diff", image, image, "--report", tmp_path / "d.html", code=0)
    browser.open(tmp_path / "d.html")
    assert "as large as before" in browser.value("document.body.innerText")
    assert browser.complaints() == []
    sums = browser.value(SUMS)
    assert sums["a"] == sums["b"] and set(sums) == {"a", "b", "same"}
