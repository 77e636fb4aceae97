"""Every page and every HTML report over a dataset that is hostile in each of its fields: nothing runs, nothing is asked of another
host, nothing becomes a link, and all of it can be read.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from evalmap.answers.aligned import answers_on
from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.reporting import answer_report
from evalmap.data.opening import open_dataset
from evalmap.data.records import ReadOptions
from evalmap.data.store.jobs import JobFile
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.pipeline import SHARES, build
from evalmap.embeddings.settings import Settings
from evalmap.pages.parts.duplicates.duplicate_export import report_of, screen_map
from evalmap.screening.keep.by_hand import DecisionLog
from evalmap.screening.output import screening_html
from evalmap.screening.pairs.pair_store import pairs_of
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.screening.variants.variants import KINDS
from evalmap.tests.answers.maps import kept
from evalmap.tests.browser.conftest import FreshSite
from evalmap.tests.browser.explorer import WAIT, loneliest, positions, settle, wait_drawn
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows
from evalmap.tests.hostile_texts import HIT, HOST, HOSTILE, visible
from evalmap.tools.server import Site

# Half of a surrogate pair is U+FFFD once a file is read: the readers see to it
TEXTS = [text.replace("\ud83d", "\ufffd") for text in HOSTILE.values()]
FILES = (f"www.{HOST} -> :streamlit: <img src=x onerror={HIT}> a@{HOST}", f"$x^2$ [l](javascript:{HIT}) **b** \u202ewww.{HOST}")
MODELS = (f"www.{HOST} <b>b</b>", f"a@{HOST} :material_bomb: ![i](x)", f"https://{HOST}/m", "$x$ -> `c`")
CHUNK = 7  # so that one group shows them all
# The site's own links lead to its pages; a heading's to itself. Whatever else a text could have made:
MADE = """() => {
  const own = (one) => new URL(one.href, location).origin === location.origin && !/evil/i.test(one.getAttribute("href"));
  const picture = /^\\/evalmap\\/map\\/[a-z0-9-]+\\/[0-9a-f]+\\/thumbnail$/; // an address of ours, made of a slug
  const attributes = [...document.querySelectorAll("*")].flatMap((one) => [...one.attributes].filter(({ name, value }) =>
    name.startsWith("on") || (
      /^(src|href|xlink:href|action|formaction|srcdoc|style|data)$/.test(name) && /evil/i.test(value) && !picture.test(value))
  ).map(({ name, value }) => `${one.tagName} ${name}=${value}`));
  const links = [...document.querySelectorAll("a[href], area[href]")].filter((one) => !own(one)).map((one) => one.outerHTML);
  const markup = [...document.querySelectorAll(
    "iframe, object, embed, math, .katex, [aria-label='bomb icon'], img[alt='Streamlit logo'], img[alt=i], blink, marquee")];
  return [...links, ...attributes, ...markup.map((one) => one.outerHTML.slice(0, 300)), ...(window.hits ?? [])];
}"""


@dataclass
class Hostile:
    """A workspace with a hostile collection, its pairs and its answers."""

    space: Workspace
    built: BuiltMap
    folder: Path


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Hostile:
    folder = tmp_path_factory.mktemp("hostile")
    space, collection = Workspace(folder / "home"), folder / "collection"
    collection.mkdir()
    alone = [row(f"{text} {more}", text, i) for i, (text, more) in enumerate(zip(TEXTS, sentences(len(TEXTS)), strict=True))]
    alike, contrast = (" ".join(f"{letter}{i}" for i in range(200)) for letter in "vw")
    chunks = [" ".join(TEXTS[at : at + CHUNK]) for at in range(0, len(TEXTS), CHUNK)]
    # The row that stays has none of them, so that each stands whole in the difference.
    group = [row(alike, "No", 50), *(row(f"{alike} {chunk}", "No", 1) for chunk in chunks)]
    write_rows(collection / f"{FILES[0]}.jsonl", [*alone[::2], *group])
    pairs = [row(f"{text} {contrast}", text, 2) for text in TEXTS[10:20]]  # with the others, or what they share were boilerplate
    write_rows(collection / f"{FILES[1]}.jsonl", [*alone[1::2], *pairs])
    options = ReadOptions(text="text", label="label", confidence="confidence")
    dataset = open_dataset(collection, options=options, name=" ".join((f"www.{HOST}", *MODELS[:3])))
    manifest = build(dataset, workspace=space, settings=Settings(k=8), encoder=FakeEncoder())
    for path in (space.root / "stages").glob("*/*/names.json"):
        names = json.loads(path.read_text(encoding="utf-8"))
        named = [{**one, "name": TEXTS[10 + i % 40][:80], "terms": TEXTS[i : i + 3]} for i, one in enumerate(names)]
        path.write_text(json.dumps(named), encoding="utf-8")
    built = load_map(space, manifest)
    pairs_of(built, space)
    for i, model in enumerate(MODELS):
        stranger = RawAnswer(question=TEXTS[10], answer=TEXTS[13], id=TEXTS[0])
        answers = [*(answer(built, at, i) for at in range(len(built))), stranger]
        told: dict[str, Any] = {
            "revision": TEXTS[13],
            "family": TEXTS[24],
            "runtime": TEXTS[37],
            "params": 10.0**i,
            "notes": tuple(TEXTS[i::4]),
        }
        source: dict[str, Any] = {"source_file": FILES[i % 2], "source_sha256": str(i), "claims": {"acc": 0.9}}
        prompt: dict[str, Any] = {"prompt_id": TEXTS[13 + i], "prompt_template": TEXTS[10], "system_prompt": TEXTS[0]}
        kept(space, built, answers, model=model, **prompt, **source, **told)
    failed = JobFile(space, f"/data/{FILES[0]}", f"{FILES[0]}", shares=SHARES)
    failed.finish("failed", error=" ".join(TEXTS[10:16]))
    return Hostile(space, built, folder)


def row(text: str, label: str, i: int) -> dict[str, object]:
    return {
        "text": text,
        "label": label,
        "confidence": 0.5 + i / 200,
        TEXTS[i % len(TEXTS)]: TEXTS[-1 - i % len(TEXTS)],
        f"www.{HOST}": label,
    }


def answer(built: BuiltMap, at: int, i: int) -> RawAnswer:
    question = built.text(at)
    if at % 7 == 3:
        return RawAnswer(question=question, error=TEXTS[at % len(TEXTS)])
    if at % 7 == 4:
        return RawAnswer(question=question, text=TEXTS[at % len(TEXTS)])
    if at % 2 and i < 3:
        return RawAnswer(question=question, p_matching=(0.2 + at / 200 + i / 10) % 1)
    return RawAnswer(question=question, answer=str(built.examples["label"].iloc[at]) if at % 3 else TEXTS[(at + i) % len(TEXTS)])


@dataclass
class Walk:
    """What is looked for at each stop, and all that could be read on the way."""

    page: Page
    dialogs: list[str] = field(default_factory=list)
    read: str = ""

    def dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def look(self, where: str) -> None:
        if self.page.url.startswith("http"):
            settle(self.page)
            self.page.wait_for_timeout(300)
        found = self.page.evaluate(MADE)
        assert not found, f"{where}: {found}"
        assert not self.dialogs, f"{where}: {self.dialogs}"
        self.read += "\n" + visible(self.page.evaluate("document.body.textContent"))

    def tab(self, name: str) -> None:
        tab = self.page.get_by_role("tab", name=name, exact=True)
        tab.click()
        panel = self.page.locator(f"[id='{tab.get_attribute('aria-controls')}']")
        expect(panel).to_have_text(re.compile(r"\S"), timeout=WAIT)  # the page runs anew before it draws what is in the tab
        self.look(name)

    def panel(self, name: str) -> None:
        """Open a part of the drawer below the map."""
        self.page.get_by_role("radio", name=name, exact=True).click()
        settle(self.page)
        expect(self.page.locator("[class*=st-key-drawers-body]")).to_have_text(re.compile(r"\S"), timeout=WAIT)
        self.look(name)

    def can_read(self, texts: list[str]) -> None:
        missing = [text for text in texts if visible(text) not in self.read]
        assert not missing, missing


@pytest.fixture
def walk(page: Page) -> Walk:
    found = Walk(page)
    page.add_init_script(f"window.hits = []; window.{HIT.removesuffix('()')} = () => window.hits.push('a script ran')")
    page.on("dialog", found.dismiss)
    page.set_default_timeout(WAIT)
    return found


@pytest.fixture(scope="module")
def hostile_site(fresh_site: FreshSite, hostile: Hostile) -> Iterator[Site]:
    with fresh_site(hostile.space.root) as site:
        yield site


def test_no_page_takes_dataset_text_for_more_than_text(
    walk: Walk, hostile: Hostile, hostile_site: Site, assert_clean: Callable[[Page], None]
) -> None:
    page, built, slug = walk.page, hostile.built, hostile.built.manifest.slug

    page.goto(hostile_site.address())
    page.get_by_role("button", name="Add a dataset").click()
    page.get_by_role("tab", name="Path, address or hub dataset").click()
    page.get_by_label("File or folder on this machine").fill(str(hostile.folder / "collection"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_text("It would be read so")).to_be_visible(timeout=WAIT)
    walk.look("library")
    walk.can_read([TEXTS[10], f"www.{HOST}"])

    first, line = built.identity(next(row for row in range(len(built)) if built.text(row).startswith(f"{TEXTS[10]} ")))
    page.goto(hostile_site.address("map", dataset=slug, example=f"{first}:{line}"))
    wait_drawn(page)
    points = positions(page, len(built))
    page.mouse.move(*points[loneliest(points)], steps=4)
    expect(page.get_by_test_id("map-tooltip")).to_be_visible()
    page.get_by_text("All fields").click()
    walk.look("map")
    walk.can_read([TEXTS[10], FILES[0], *TEXTS[10:16]])
    page.get_by_role("button", name="Add a filter").click()
    page.get_by_role("combobox", name="Column", exact=True).click()
    walk.look("a filter")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    walk.panel("Examples")
    walk.panel("Clusters")
    page.locator(".st-key-drawers-panel").get_by_test_id("stDataFrame").last.click(position={"x": 18, "y": 52})
    walk.look("a cluster")
    walk.panel("Subsets")
    walk.panel("About this map")

    walk.read = ""
    merge = "".join(f"&merge={kind}" for kind in KINDS)  # so that every text stands in a group
    page.goto(hostile_site.address("duplicates", dataset=slug, threshold="0.85") + merge)
    expect(page.get_by_text("Removed: ").first).to_be_visible(timeout=3 * WAIT)
    walk.look("groups")
    walk.can_read([*TEXTS, FILES[0]])
    for name in ("Around the cut", "Contrast pairs", "Variants", "Across files", "Against another dataset", "Export"):
        walk.tab(name)
    walk.can_read([FILES[1]])

    page.goto(hostile_site.address("answers", dataset=slug, example=f"{first}:{line}"))
    expect(page.get_by_text("% matching").first).to_be_visible(timeout=3 * WAIT)
    page.get_by_role("combobox", name="Compare with", exact=True).click()
    page.get_by_role("option").last.click()
    walk.look("answers")
    walk.can_read(list(MODELS[:1]))
    for name in (
        *("Clusters", "Examples", "Compare", "Scaling", "Calibration", "Before and after screening", "Answer sets"),
        *("Import and run", "Export"),
    ):
        walk.panel(name)
    walk.panel("Import and run")
    page.locator('input[type="file"]').set_input_files(
        [{"name": f"{FILES[0]}.csv", "mimeType": "text/csv", "buffer": f"www.{HOST},<b>\n1,2\n".encode()}]
    )
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("no format of model answers was recognised")).to_be_visible()
    walk.look("an error")
    assert_clean(page)


def test_no_report_takes_dataset_text_for_more_than_text(walk: Walk, hostile: Hostile, tmp_path: Path) -> None:
    built = hostile.built
    screening = screen_map(built, pairs_of(built, hostile.space), ScreeningOptions(threshold=0.85), DecisionLog())
    sets = answers_on(built, hostile.space)
    told = answer_report.report(built, sets, kept=screening.selection.kept)
    asked: list[str] = []
    walk.page.on("request", lambda request: asked.append(request.url))
    for name, content, texts in (
        ("screening", screening_html.html_report(screening, report_of(built, screening, DecisionLog())), [*TEXTS, *FILES]),
        ("answers", answer_report.html_report(told), [*MODELS, *TEXTS[10:16]]),
    ):
        file = tmp_path / f"{name}.html"
        file.write_bytes(content)
        walk.read = ""
        walk.page.goto(file.as_uri())
        walk.look(name)
        walk.can_read(texts)
    assert [url for url in asked if not url.startswith(tmp_path.as_uri())] == []
