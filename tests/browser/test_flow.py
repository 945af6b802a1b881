"""The flowchart in the tools of others: bpmn-js opens it laid out, Mermaid draws it; and it is readable on a phone."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mulin.services.cases.rules.flow import Facts, chart
from tests.browser.conftest import CLERK, DESKTOP, PHONE, ROOT, Open
from tests.browser.probes import TOO_WIDE
from tests.browser.test_accessibility import check

pytestmark = pytest.mark.browser

BPMN = ROOT / "static" / "vendor" / "bpmn" / "viewer.min.js"
MERMAID = ROOT / "static" / "vendor" / "mermaid" / "mermaid.min.js"
OPEN_BPMN = """async (xml) => {
  document.body.innerHTML = '<div id="canvas"></div>';
  const frame = document.getElementById("canvas");
  frame.style.width = "1400px"; frame.style.height = "900px";
  const viewer = new BpmnJS({ container: frame });
  const { warnings } = await viewer.importXML(xml);
  const all = viewer.get("elementRegistry").filter((one) => !one.labelTarget && one.type !== "bpmn:Process");
  return {
    warnings: warnings.map((one) => one.message),
    shapes: all.filter((one) => !one.waypoints).map((one) => one.businessObject.id),
    flows: all.filter((one) => one.waypoints).map((one) => one.businessObject.id),
    words: frame.textContent,
    drawn: frame.querySelectorAll(".djs-shape").length,
  };
}"""
DRAW_MERMAID = """async (text) => {
  mermaid.initialize({ startOnLoad: false });
  const { svg } = await mermaid.render("drawn", text);
  const page = new DOMParser().parseFromString(svg, "text/html");
  return { nodes: page.querySelectorAll("g.node").length, words: page.body.textContent };
}"""


@pytest.fixture
def tool(someone: Open) -> Any:
    """An empty page with no policy of ours, in which a program of others may write its styles."""
    person = someone(size=DESKTOP)
    person.page.goto("about:blank")
    return person.page


def matter(someone: Open) -> tuple[Any, str]:
    clerk = someone(CLERK, size=DESKTOP)
    clerk.go("/desk/catalogue/")
    links = clerk.page.locator("main a").evaluate_all("(all) => all.map((one) => one.getAttribute('href'))")
    clerk.go(next(one for one in links if re.fullmatch(r"/desk/catalogue/[0-9a-f-]{36}/", one or "")))
    clerk.press(clerk.page.get_by_role("link", name="流程图"))
    return clerk, clerk.page.url


def test_bpmn_js_opens_the_file_laid_out(someone: Open, tool: Any) -> None:
    clerk, _url = matter(someone)
    address = clerk.page.get_by_role("link", name="BPMN").get_attribute("href")
    xml = clerk.page.evaluate("async (url) => (await fetch(url)).text()", address)
    tool.add_script_tag(path=str(BPMN))
    found = tool.evaluate(OPEN_BPMN, xml)
    assert found["warnings"] == []
    whole = chart(Facts("x"))
    for node in whole.nodes:
        assert node.key in found["shapes"]
        assert node.words.replace(" ", "")[:4] in found["words"].replace("\n", "").replace(" ", "")
    for flow in whole.flows:
        if "close" not in flow.actions:
            assert f"flow_{flow.source}_{flow.target}" in found["flows"]
    assert found["drawn"] >= len(whole.nodes)


def test_mermaid_draws_the_text_of_the_page(someone: Open, tool: Any) -> None:
    clerk, _url = matter(someone)
    text = clerk.page.locator("pre.mermaid").text_content()
    tool.add_script_tag(path=str(MERMAID))
    found = tool.evaluate(DRAW_MERMAID, text)
    whole = chart(Facts("x"))
    assert found["nodes"] == len(whole.nodes)
    for node in whole.nodes:
        assert node.words in found["words"]


def test_it_is_readable_and_whole_on_both_screens_in_both_languages(someone: Open) -> None:
    _clerk, url = matter(someone)
    wrong: list[str] = []
    for size in (PHONE, DESKTOP):
        for english in (False, True):
            person = someone(CLERK, size=size, english=english)
            person.page.goto(url)
            person.page.locator("details summary", has_text="Mermaid").click()
            wrong += check(person, url)
            assert person.page.evaluate(TOO_WIDE) == []
    assert wrong == []
