"""No page leads its reader to a closed door: links of one's own pages are followed, one of each kind."""

from __future__ import annotations

import html
import re
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

import pytest

from tests.browser.conftest import CLERK, LEADER, RESIDENT, WORKER, Site

pytestmark = pytest.mark.browser

PROPERTY, DEPARTMENT, COUNTY = "· 物业工作人员", "· 部门工作人员", "· 县级工作人员"
MOST = 120
"""Pages that one reader opens."""
NOT_FOLLOWED = ("/static/", "/files/", "/accounts/", "/admin/")
_ID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|(?<=/)\d+(?=/)|(?<=/r/)[^/]+|(?<=/)[a-z_]+(?=/\?from=)"
)


class Reader:
    """Somebody of the example county with a browser that only reads."""

    def __init__(self, site: Site, who: str) -> None:
        self.url = site.url
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.start = self._enter(who)

    def _enter(self, who: str) -> str:
        page = self.get("/enter/")[1]
        forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
        form = next(one for one in forms if who in re.sub(r"<[^>]*>|\s+", " ", one))
        told = dict(re.findall(r'name="([^"]+)"[^>]* value="([^"]*)"', form))
        request = urllib.request.Request(f"{self.url}/enter/", urllib.parse.urlencode(told).encode())
        request.add_header("Referer", f"{self.url}/enter/")
        with self.opener.open(request, timeout=60) as answer:
            return str(answer.geturl()).removeprefix(self.url)

    def get(self, address: str) -> tuple[int, str]:
        """Status and text of a page; '' for whatever is none."""
        try:
            with self.opener.open(self.url + address, timeout=60) as answer:
                text = answer.read().decode() if answer.headers.get_content_type() == "text/html" else ""
                return answer.status, text
        except urllib.error.HTTPError as refused:
            return refused.code, ""


@pytest.mark.parametrize("who", [RESIDENT, WORKER, CLERK, DEPARTMENT, COUNTY, LEADER, PROPERTY])
def test_no_link_leads_to_a_closed_door(site: Site, who: str) -> None:
    reader = Reader(site, who)
    waiting, known, closed = [(reader.start, "the door")], set[str](), []
    opened = 0
    while waiting and opened < MOST:
        address, origin = waiting.pop(0)
        opened += 1
        status, text = reader.get(address)
        if status >= 400:
            closed.append((status, address, origin))
        for found in re.findall(r'href="(/[^"#]*)"', text):
            link = html.unescape(found)
            path, _mark, query = link.partition("?")
            kind = _ID.sub("…", path) + "?" + "&".join(sorted(urllib.parse.parse_qs(query)))
            if kind not in known and not link.startswith(NOT_FOLLOWED):
                known.add(kind)
                waiting.append((link, address))
    assert opened > 15 and not closed
