"""What GeoReport v2 and Service Discovery ask of a server, clause by clause, in our words (wiki.open311.org/GeoReport_v2,
/Service_Discovery; read 2026-11). The public validators are gone: every clause is held by a test that names it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MUSTS = {
    "encoding": "All text goes out as UTF-8: the header says so, and so does the XML declaration.",
    "format": "The ending of the address chooses the format: text/xml or application/json.",
    "xml": "XML is well formed, without namespace and foreign elements, whatever people wrote.",
    "json": "JSON is the XML by the Spark convention: lists are arrays without wrappers.",
    "time": "Times go out and come in by the W3C's profile of ISO 8601, with an offset.",
    "blank": "An optional argument that is blank counts as not passed.",
    "errors": "An error is an array of code and description; the status of the answer is the code.",
    "jurisdiction": "An unknown jurisdiction_id is a 404; a missing one a 400 where several are served.",
    "discovery": "Discovery ends in /discovery, in both formats, without a key: changeset, contact, key_service, endpoints.",
    "endpoint": "An endpoint has specification, url, changeset, type and formats, and its url works.",
    "services": "GET services needs no key; each has code, name, description, metadata, type, keywords, group.",
    "definition": "A definition gives its code back, and attributes with all their fields, ordered from 1.",
    "definition-404": "A definition of an unknown service_code is a 404.",
    "metadata": "metadata is true for exactly those services that have attributes.",
    "post-key": "POST requests needs an api_key: without a valid one 403.",
    "post-form": "POST takes application/x-www-form-urlencoded.",
    "post-service": "service_code missing is a 400, unknown a 404.",
    "post-place": "One of lat and long, address_string or address_id is needed, and any one of them is enough.",
    "post-attributes": "Required attributes are asked for; attribute[code] and attribute[code][] are understood.",
    "post-answer": "The answer has service_request_id and no token (realtime), service_notice and account_id.",
    "post-words": "A description may have 4,000 characters and line breaks.",
    "token": "GET tokens/TOKEN gives service_request_id and token; an unknown one is a 404.",
    "ids": "service_request_id takes a comma-delimited list and overrides every other argument.",
    "codes": "service_code and status take comma-delimited lists, said once or several times.",
    "span": "A span may not exceed 90 days; without one it is the last 90.",
    "volume": "At most 1,000 requests are given.",
    "fields": "A request has every field of the spec; status is open or closed.",
    "updated": "updated_datetime of a closed request is when it was closed.",
    "one": "GET requests/ID gives an array of one; an unknown id is a 404.",
}

held: set[str] = set()


def must(*clauses: str) -> Callable[[Any], Any]:
    """Marks a test with the clauses that it holds."""
    unknown = set(clauses) - set(MUSTS)
    assert not unknown, unknown

    def mark(test: Any) -> Any:
        held.update(clauses)
        return test

    return mark
