"""The page that `--report` writes, in a headless Chromium: what it shows, what it must never do."""

import json
import os
import re

import pytest

from browser import CONTRAST, browser  # noqa: F401 (a fixture)
from made_images import docker_archive, oci_layout, random_bytes

MB = 1000 * 1000
HISTORY = [
    {"created_by": "/bin/sh -c #(nop) ADD file:1 in / "},
    {"created_by": "RUN /bin/sh -c make install # buildkit"},
    {"created_by": "RUN /bin/sh -c chmod -R g+w /srv # buildkit"},
    {"created_by": "RUN /bin/sh -c rm -rf /usr/lib/gcc # buildkit"},
]
STATUS = b"Package: tool\nStatus: install ok installed\nVersion: 1.2-3\n"
LAYERS = [
    [
        ("var/lib/dpkg/status", STATUS),
        ("var/lib/dpkg/info/tool.list", b"/usr/bin/tool\n/usr/share/doc/tool/copyright\n"),
        ("usr/bin/tool", random_bytes(3 * MB, 1)),
        ("usr/share/doc/tool/copyright", b"c" * 50000),
    ],
    [("srv/app/main.bin", random_bytes(MB, 2)), ("usr/lib/gcc/cc1", random_bytes(2 * MB, 3))]
    + [(f"srv/app/part{i}.js", b"%d;" % i * 9000) for i in range(20)],
    [
        ("srv/app/main.bin", {"data": random_bytes(MB, 2), "mode": 0o775}),
        ("srv/app/part3.js", b"other" * 9000),
    ],
    [("usr/lib/.wh.gcc", b""), ("srv/app/copy.bin", random_bytes(MB, 2))],
]


@pytest.fixture(scope="module")
def made(plimsoll, tmp_path_factory):
    """An image with every kind of waste: its page, and what the JSON says."""
    folder = tmp_path_factory.mktemp("page")
    image = oci_layout(folder / "layout", LAYERS, history=HISTORY)
    page = folder / "report.html"
    plimsoll("analyze", image, "--report", page, code=0)
    return page, plimsoll.json("analyze", image)


# -- without a browser ----------------------------------------------------------------------------


def test_the_page_stands_alone(made):
    text = made[0].read_text(encoding="utf-8")
    assert "default-src 'none'" in text and "unsafe" not in text.split("<style>")[0]
    for attribute in re.findall(
        r"(?:\ssrc|\shref|\ssrcset|\saction|\sposter)=\"([^\"]*)\"", text
    ):
        assert attribute.startswith("#"), attribute
    assert not re.findall(r"\son\w+=|\sstyle=|javascript:|@import|url\((?!#)|<iframe|<link", text)
    assert set(re.findall(r"https?://[^\"' ]+", text)) == {"http://www.w3.org/2000/svg"}


def test_the_same_image_gives_the_same_page(plimsoll, made, tmp_path):
    image = made[0].parent / "layout"
    plimsoll("analyze", image, "--report", tmp_path / "a.html", "--threads", "1", code=0)
    assert (tmp_path / "a.html").read_bytes() == made[0].read_bytes()


def test_where_it_cannot_be_written(plimsoll, made, tmp_path):
    run = plimsoll(
        "analyze", made[0].parent / "layout", "--report", tmp_path / "no" / "a.html", code=3
    )
    assert "no/a.html" in run.stderr


# -- what it shows --------------------------------------------------------------------------------


def test_it_loads_without_a_complaint_or_a_request(browser, made):
    browser.open(made[0])
    assert browser.complaints() == []
    assert browser.asked_for() == [f"file://{made[0]}"]


SUMS = """(() => {
  const sums = {raw: 0, pull: 0, hidden: 0, layer: {}, fate: {}};
  eachLeaf(root, (node) => {
    sums.raw += node.raw; sums.pull += node.pull; sums.hidden += node.fate ? node.raw : 0;
    sums.layer[node.layer] = (sums.layer[node.layer] || 0) + node.raw;
    sums.fate[FATES[node.fate]] = (sums.fate[FATES[node.fate]] || 0) + node.raw;
  });
  return sums;
})()"""


def test_its_numbers_are_those_of_the_json(browser, made):
    page, report = made
    browser.open(page)
    cards = browser.value(
        "Object.fromEntries([...document.querySelectorAll('.card')].map(e => "
        "[e.querySelector('span').textContent, +e.querySelector('data').value]))"
    )
    assert cards == {
        "files": report["image"]["size"],
        "pull": report["image"]["compressed_size"],
        "waste": report["wasted_bytes"],
        "efficiency": report["efficiency"],
        "duplicates": report["duplicate_bytes"],
        "packages": len(report["packages"]),
    }
    rows = browser.value(
        "[...document.querySelectorAll('.layers tbody tr')].map(row => "
        "[...row.querySelectorAll('data')].map(e => +e.value))"
    )
    assert rows == [
        [row["size"], row["compressed_size"], row["wasted_bytes"]] for row in report["layers"]
    ]
    sums = browser.value(SUMS)
    assert sums["raw"] == report["image"]["size"] and sums["hidden"] == report["wasted_bytes"]
    assert {int(key): value for key, value in sums["layer"].items()} == {
        row["index"]: row["size"] for row in report["layers"] if row["size"]
    }
    for fate in ("deleted", "replaced", "touched"):
        assert sums["fate"][fate] == report[f"{fate}_bytes"] > 0
    waste = browser.value(
        "[...document.querySelectorAll('#waste details tbody tr')].map(row => "
        "[row.querySelector('td.path').textContent, +row.querySelector('data').value])"
    )
    assert waste == [["/" + row["path"], row["bytes"]] for row in report["waste"]]
    for part, key in (
        ("packages", "packages"),
        ("categories", "categories"),
        ("instructions", "instructions"),
    ):
        shown = browser.value(
            f"[...document.querySelectorAll('#{part} tbody tr')].map(row => "
            "+row.querySelector('data').value)"
        )
        assert shown == [row["bytes"] for row in report[key]] != []


def test_what_to_do_is_that_of_the_json(browser, made):
    page, report = made
    browser.open(page)
    steps = browser.value(
        "[...document.querySelectorAll('.fixes > li')].map(e => [+e.querySelector('data').value, "
        "e.querySelector('.class').textContent, e.querySelector('.patch pre').textContent])"
    )
    assert steps == [[row["bytes"], row["class"], row["fix"]] for row in report["bloat"]] != []
    assert browser.value(
        "[...document.querySelectorAll('.fixes .patch button')].every(e => !e.hidden)"
    )
    browser.run("document.querySelector('.fixes .patch button').click()")
    browser.wait(
        "['copied', 'selected'].includes("
        "document.querySelector('.fixes .patch button').textContent)"
    )
    links = (
        "[...document.querySelectorAll('.fixes > li > div')].map(e => e.querySelector('p > a'))"
    )
    for index, row in enumerate(report["bloat"]):
        if row["rule"] == "image/duplicates":
            assert browser.value(f"{links}[{index}].hash") == "#duplicates"
            continue
        browser.run(f"{links}[arguments[0]].click()", index)
        assert "/" + row["example"] in browser.rows()


def test_the_dockerfile_gives_its_lines(browser, plimsoll, tmp_path):
    (tmp_path / "Dockerfile").write_text(
        "FROM debian:12\nRUN make   install\nRUN chmod -R g+w /srv\nRUN rm -rf /usr/lib/gcc\n"
    )
    image = oci_layout(tmp_path / "layout", LAYERS, history=HISTORY)
    page = tmp_path / "a.html"
    plimsoll("analyze", image, "--source", tmp_path, "--report", page, code=0)
    browser.open(page)
    rows = browser.value(
        "[...document.querySelectorAll('.layers td.cmd')].map(e => e.textContent)"
    )
    assert rows[1:] == [
        "line 2 RUN make   install",
        "line 3 RUN chmod -R g+w /srv",
        "line 4 RUN rm -rf /usr/lib/gcc",
    ]
    assert rows[0].startswith("base ")
    assert "as the Dockerfile tells" in browser.value(
        "document.getElementById('layers').textContent"
    )


def test_an_arc_leads_from_writer_to_hider(browser, made):
    browser.open(made[0])
    pairs = {(row["writer"], row["hider"]) for row in made[1]["waste"]}
    arcs = browser.value("[...document.querySelectorAll('.arc')].map(e => e.dataset.pair)")
    assert {tuple(map(int, arc.split("-")[:2])) for arc in arcs} == pairs
    places = browser.value(
        "[...document.querySelectorAll('.layers tbody tr')].map(e => "
        "e.getBoundingClientRect().top + e.getBoundingClientRect().height / 2)"
    )
    ends = browser.value(
        "[...document.querySelectorAll('.arc')].map(arc => { "
        "const top = arc.ownerSVGElement.getBoundingClientRect().top; const end = "
        "arc.getPointAtLength(arc.getTotalLength()), start = arc.getPointAtLength(0); "
        "return [start.y + top, end.y + top]; })"
    )
    for arc, (start, end) in zip(arcs, ends):
        writer, hider = map(int, arc.split("-")[:2])
        assert abs(places[writer] - start) < 4 and abs(places[hider] - end) < 4


DEAD_LINKS = """[...document.querySelectorAll('a[href]')]
    .filter(e => !document.getElementById(e.getAttribute('href').slice(1))).length"""


def test_links_lead_to_places_that_exist(browser, made):
    browser.open(made[0])
    assert browser.value(DEAD_LINKS) == 0


# -- the map --------------------------------------------------------------------------------------


def test_a_click_opens_a_folder_and_the_crumbs_lead_back(browser, made):
    browser.open(made[0])
    assert browser.crumbs() == "/"
    browser.run(
        "arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))",
        browser.tile("srv/"),
    )
    assert browser.crumbs() == "/srv"
    assert all(path.startswith("/srv/") for path in browser.rows())
    browser.driver.find_element("css selector", "#crumbs button").click()
    assert browser.crumbs() == "/"


def test_keys_alone_are_enough(browser, made):
    from selenium.webdriver.common.keys import Keys

    browser.open(made[0])
    focused = "document.activeElement.getAttribute('aria-label')"
    browser.run("document.querySelector('#treemap g[tabindex=\"0\"]').focus()")
    first = browser.value(focused)
    browser.keys(Keys.ARROW_RIGHT)
    second = browser.value(focused)
    assert second != first
    assert (
        browser.value("document.querySelector('#about h3').textContent")
        == "/" + second.split("/,")[0]
    )
    browser.keys(Keys.ARROW_LEFT, Keys.ARROW_DOWN)
    assert browser.value(focused) not in (first, second)
    browser.keys(Keys.ARROW_UP, Keys.ENTER)
    assert browser.crumbs() == "/" + first.split("/,")[0]
    browser.keys(Keys.ESCAPE)
    assert browser.crumbs() == "/" and browser.value(focused) == first
    assert browser.value("document.querySelectorAll('#treemap g[tabindex=\"0\"]').length") == 1


def test_search_finds_paths(browser, made):
    browser.open(made[0])
    browser.driver.find_element("id", "search").send_keys("PART1")
    paths = browser.rows()
    assert sorted(paths) == sorted(f"/srv/app/part{i}.js" for i in [1, *range(10, 20)])
    assert browser.value("document.querySelectorAll('#treemap .leaf:not(.dim)').length") <= len(
        paths
    )
    assert browser.value("document.querySelectorAll('#treemap .leaf.dim').length") > 0
    browser.driver.find_element("id", "search").clear()
    browser.driver.find_element("id", "search").send_keys("nothing has this name")
    assert browser.rows() == []


def test_numbers_lead_to_their_rows(browser, made):
    page, report = made
    browser.open(page)

    def follow(filter_text):
        browser.run(
            "document.querySelector(arguments[0]).click()", f"a[data-filter='{filter_text}']"
        )
        return browser.rows()

    deleted = follow("pair:1-3-1")
    assert deleted == ["/usr/lib/gcc/cc1"]
    (tool,) = (row for row in report["packages"] if row["name"] == "tool")
    owned = follow("owner:deb tool 1.2-3")
    assert "/usr/bin/tool" in owned and len(owned) == tool["files"]
    assert follow("category:documentation") == ["/usr/share/doc/tool/copyright"]
    assert sorted(set(follow("layer:3"))) == ["/srv/app/copy.bin"]
    browser.driver.find_element("id", "clear").click()
    assert browser.value("document.querySelectorAll('#treemap .dim').length") == 0
    browser.run("document.querySelector('#fixes a[data-layer]').click()")
    assert browser.value("document.querySelectorAll('.layers tr.told').length") == 1
    assert report["waste"]


def test_switches_change_size_and_colour(browser, made):
    browser.open(made[0])
    total = browser.value("document.querySelector('#crumbs span').textContent")
    browser.run("document.querySelector('input[value=pull]').click()")
    assert browser.value("document.querySelector('#crumbs span').textContent") != total
    looks = set()
    for colour in ("layer", "owner", "category", "fate"):
        browser.run(f"document.querySelector('input[value={colour}]').click()")
        looks.add(browser.value("document.getElementById('legend').textContent"))
        assert browser.value("document.querySelectorAll('#legend button').length") >= 2
    assert len(looks) == 4
    assert browser.complaints() == []


def test_a_column_head_sorts(browser, made):
    browser.open(made[0])
    heads = browser.driver.find_elements("css selector", "#waste details th button")
    sizes = (
        "[...document.querySelectorAll('#waste details tbody tr')].map(row => "
        "+row.querySelector('data').value)"
    )
    heads[0].click()
    falling = browser.value(sizes)
    assert falling == sorted(falling, reverse=True)
    heads[0].click()
    assert browser.value(sizes) == falling[::-1]
    paths = "[...document.querySelectorAll('#waste details td.path')].map(e => e.textContent)"
    heads[4].click()
    assert browser.value(paths) == sorted(browser.value(paths))
    assert (
        browser.value("document.querySelector('#waste details th[aria-sort]').ariaSort")
        == "ascending"
    )


# -- for everybody --------------------------------------------------------------------------------


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("colour", ["layer", "owner", "category", "fate"])
def test_text_stands_out(browser, made, dark, colour):
    browser.open(made[0], dark=dark)
    browser.run(f"document.querySelector('input[value={colour}]').click()")
    found = browser.value(CONTRAST)
    assert found["count"] > 150 and found["low"] == []


def test_light_and_dark(browser, made):
    ground = "getComputedStyle(document.body).backgroundColor"
    light = browser.open(made[0]).value(ground)
    dark = browser.open(made[0], dark=True).value(ground)
    assert light != dark
    browser.driver.find_element("id", "theme").click()
    assert browser.value(ground) == light
    browser.driver.find_element("id", "theme").click()
    assert browser.value(ground) == dark


def test_it_can_be_read_without_script(browser, made):
    page, report = made
    browser.open(page, script=False)
    assert browser.complaints() == []
    text = browser.value("document.body.innerText")
    for row in report["layers"]:
        assert row["created_by"] in text
    for row in report["waste"]:
        assert row["path"] in text
    assert "The map needs a script" in text
    assert browser.value("document.getElementById('tools').offsetParent === null")
    assert browser.value("document.querySelectorAll('button:not([hidden])').length") == 0
    summary = "document.querySelector('.tree > summary')"
    assert browser.value(f"{summary}.textContent").startswith("The same as a list")
    listed = browser.value("[...document.querySelectorAll('.tree code')].map(e => e.textContent)")
    assert "usr/" in listed and "tool" in listed
    assert browser.value("document.querySelector('.arc').getBoundingClientRect().height") > 20


def test_readers_are_told_what_things_are(browser, made):
    browser.open(made[0])
    assert browser.value("document.documentElement.lang") == "en"
    assert browser.value(
        "[...document.querySelectorAll('table')].every(e => e.caption && "
        "[...e.tHead.rows[0].cells].every(c => c.scope === 'col'))"
    )
    assert browser.value(
        "[...document.querySelectorAll('svg')].every(e => e.ariaHidden === 'true' || "
        "(e.getAttribute('role') && e.getAttribute('aria-label')) || e.closest('.key'))"
    )
    assert browser.value(
        "[...document.querySelectorAll('input, button')].every(e => "
        "e.hidden || e.textContent || e.closest('label'))"
    )
    assert browser.value(
        "[...document.querySelectorAll('section')].every(e => "
        "e.getAttribute('aria-label') || "
        "document.getElementById(e.getAttribute('aria-labelledby')))"
    )
    ids = browser.value("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_is_wider_than_the_window(browser, made, width):
    browser.cdp(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=900,
        deviceScaleFactor=1,
        mobile=False,
    )
    try:
        browser.open(made[0])
        assert browser.value("document.documentElement.scrollWidth") <= width
    finally:
        browser.cdp("Emulation.clearDeviceMetricsOverride")


# -- what comes from an image ---------------------------------------------------------------------

EVIL = [
    "<img src=x onerror=document.title='owned'>",
    "<",
    "script><script>document.title='owned'<",
    "script>",
    "<!--",
    "-->",
    "]]>",
    "a\"onmouseover=\"document.title='owned'\" b='c",
    "&lt;b&gt;&amp;",
    "\x1b[31mred\x07\x00x".replace("\x00", ""),
    "\u202etxt.exe\u2066",
    "\u2028line\u2029",
    "\udcff\udcfe",
    "__proto__",
    "constructor",
    "${document.title='owned'}",
    "javascript:document.title='owned'",
    "n" * 250,
]


def test_names_of_an_image_never_run(browser, plimsoll, tmp_path):
    files = [("/".join(EVIL[1:4]), random_bytes(MB, 1))]
    files += [
        (f"etc/{name}", random_bytes(MB, i)) for i, name in enumerate(EVIL) if "/" not in name
    ]
    files += [
        (
            f"x/node_modules/{name}/package.json",
            json.dumps({"name": name, "version": name}).encode(),
        )
        for name in EVIL[:1]
        if "/" not in name
    ]
    files += [
        (
            "y/node_modules/q/package.json",
            json.dumps({"name": "</script><img src=x>", "version": EVIL[0]}).encode(),
        ),
        ("y/node_modules/q/big.js", random_bytes(MB, 77)),
    ]
    layers = [files, [(path, {"data": b"", "mode": 0o600}) for path, _ in files[:12]]]
    history = [
        {
            "created_by": "RUN echo </pre></script><script>document.title='owned'</script>"
            "<img src=x onerror=document.title='owned'>\n\u2028<!--<script>"
        },
        {"created_by": "\x1b]0;owned\x07\u202e\"><svg onload=document.title='owned'>"},
    ]
    folder = tmp_path / "<b>'&\"name"
    folder.mkdir()
    image = docker_archive(folder / "<svg onload=1>.tar", layers, history=history)
    page = tmp_path / "evil.html"
    plimsoll("analyze", image, "--report", page, code=0)
    raw = page.read_bytes()
    assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", raw)
    text = raw.decode("utf-8")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u2028\u2029]", text)
    assert text.count("</script") == 2 and text.count("<script") == 2 and "<!--" not in text
    browser.open(page)
    colours = ("layer", "owner", "category", "fate")
    for colour in colours:
        browser.run(f"document.querySelector('input[value={colour}]').click()")
    browser.run(
        "document.querySelectorAll('#treemap g').forEach(e => "
        "e.dispatchEvent(new PointerEvent('pointerenter')))"
    )
    browser.driver.find_element("id", "search").send_keys("<img src=x onerror=")
    assert any("<img src=x" in path for path in browser.rows())
    assert browser.value("document.title").endswith("plimsoll analyze")
    assert (
        browser.value(
            "document.querySelectorAll('img, iframe, object, b b, section script').length"
        )
        == 0
    )
    assert browser.value("document.querySelectorAll('script').length") == 2
    assert browser.complaints() == []
    assert browser.asked_for()[1:] == []


def test_a_script_that_slips_in_is_not_run(browser, made, tmp_path):
    """The policy of the page is what it says: only its own script runs, and nothing is fetched."""
    text = made[0].read_text(encoding="utf-8")
    assert text.count("</main>") == 1
    bad = tmp_path / "slip.html"
    bad.write_text(
        text.replace(
            "</main>",
            "<script>document.title='owned'</script>"
            "<img src='http://127.0.0.1:9/x' onerror=\"document.title='owned'\">"
            "</main>",
        ),
        encoding="utf-8",
    )
    browser.open(bad)
    assert browser.value("document.title") != "owned"
    assert len(browser.complaints()) >= 2


# -- large and empty images -----------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.limits
def test_a_page_of_100000_files_is_small_and_quick(browser, plimsoll, tmp_path):
    first = [
        (
            f"usr/lib/module-{i % 400}/part-{i % 37}/a-file-with-a-name-{i}.js",
            b"%d" % i * (i % 90),
        )
        for i in range(100000)
    ]
    second = [(path, {"data": data, "mode": 0o600}) for path, data in first[::3]]
    image = docker_archive(tmp_path / "image.tar", [first, second])
    page = tmp_path / "large.html"
    plimsoll("analyze", image, "--report", page, code=0)
    assert os.path.getsize(page) < 2 * MB
    browser.open(page)
    assert browser.complaints() == []
    report = plimsoll.json("analyze", image)
    sums = browser.value(SUMS)
    assert sums["raw"] == report["image"]["size"] and sums["hidden"] == report["wasted_bytes"]
    assert (
        browser.value(
            "(() => { const from = performance.now(); draw(); "
            "return performance.now() - from; })()"
        )
        < 1000
    )


def test_paths_of_two_thousand_folders(browser, plimsoll, tmp_path):
    deep = "/".join(["d"] * 2000)
    layers = [[(f"{deep}/file", random_bytes(MB, 1)), ("a/b", b"x" * 1000)]]
    image = docker_archive(tmp_path / "image.tar", layers)
    plimsoll("analyze", image, "--report", tmp_path / "a.html", code=0)
    plimsoll("diff", image, image, "--report", tmp_path / "d.html", code=0)
    for page in ("a.html", "d.html"):
        browser.open(tmp_path / page)
        assert browser.complaints() == []
        browser.driver.find_element("id", "search").send_keys("d/file")
        assert browser.rows() == [f"/{deep}/file"]


def test_many_layers_that_hide_each_other(browser, plimsoll, tmp_path):
    """Every pair of layers is one of writer and hider: more than are shown."""
    layers = [[(f"f{i}/{k}", b"x" * (k + 1)) for k in range(40)] for i in range(40)]
    for i, layer in enumerate(layers):
        layer += [(f"f{k}/{i}", b"y" * (i + 50)) for k in range(i)]
    image = docker_archive(tmp_path / "image.tar", layers)
    plimsoll("analyze", image, "--report", tmp_path / "a.html", code=0)
    browser.open(tmp_path / "a.html")
    assert browser.complaints() == []
    assert browser.value(DEAD_LINKS) == 0
    assert len(plimsoll.json("analyze", image)["layers"]) == 40
    rows = "document.querySelectorAll('#waste > .scroll tbody tr').length"
    assert browser.value(rows) == 400


@pytest.mark.parametrize("layers", [[[]], [[("a", b"")]], [[("d/", None)], []]])
def test_an_image_without_bytes_has_a_page(browser, plimsoll, tmp_path, layers):
    image = docker_archive(tmp_path / "image.tar", layers)
    plimsoll("analyze", image, "--report", tmp_path / "a.html", code=0)
    browser.driver.get(f"file://{tmp_path}/a.html")
    assert "no byte of it is hidden" in browser.value("document.body.innerText").lower()
    assert browser.complaints() == []
