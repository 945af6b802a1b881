"""The public client ``georeport`` (PyPI) reads from a live server, unchanged, in both formats."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from georeport import GeoReport

from mulin.kernel.clock import now
from tests.cases.catalogue import matter
from tests.open311.test_windows import shared
from tests.personas import COUNTY, Scene


@pytest.fixture
def client(transactional_db: None, county: Scene, live_server: Any, request: Any) -> GeoReport:
    moment = now()
    for code in ("LD1", "WY1"):
        matter(county, moment, code, "grid", property_related=code == "WY1")
    for _one in range(2):
        shared(county, moment)
    return GeoReport(f"{live_server.url}/open311/v2", jurisdiction=str(COUNTY), output_format=request.param)


@pytest.mark.parametrize("client", ["json", "xml"], indirect=True)
def test_it_reads_everything_that_it_can_ask(client: GeoReport) -> None:
    services = {one["service_code"]: one for one in client.get_service_list()}
    assert {"other", "urban_environment", "LD1", "WY1"} <= set(services)
    asks = client.get_service_definition("WY1")
    assert asks["service_code"] == "WY1" and asks["attributes"]
    found = client.get_service_requests()
    assert [one["service_name"] for one in found] == [
        "市容环境" if one["service_code"] != "other" else "其他事项" for one in found
    ]
    assert len(found) == 2 and {one["status"] for one in found} == {"open"}
    since, until = (now() - timedelta(days=2)).isoformat(), now().isoformat()
    assert len(client.get_service_requests(start_date=since, end_date=until, status="open")) == 2
    one = client.get_service_request(found[0]["service_request_id"])
    assert one["service_request_id"] == found[0]["service_request_id"]
    with pytest.raises(requests.HTTPError, match="404"):
        client.get_service_definition("NOPE")
    with pytest.raises(requests.HTTPError, match="400"):
        client.get_service_requests(status="done")
