# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs last (by its name): no endpoint may be without a test, and the document itself is sound."""
import re

import pytest
from conftest import openapi_of, visited


def test_document(server):
    doc = openapi_of(server)
    assert doc["openapi"] == "3.1.0"
    assert doc["info"]["title"] == "AI Video Editor Backend"
    assert doc["paths"]["/api/timeline/{project_id}"]["get"]["operationId"] == \
        "get_timeline_api_timeline__project_id__get"
    names = list(doc["components"]["schemas"])
    assert names == sorted(names)
    text = server.get("/openapi.json").text
    for ref in set(re.findall(r'"\$ref":"#/components/schemas/([^"]+)"', text)):
        assert ref in doc["components"]["schemas"]
    ids = [op["operationId"] for path in doc["paths"].values() for op in path.values()]
    assert len(ids) == len(set(ids))


def test_docs_page(server):
    page = server.get("/")  # the bare address leads there
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    assert "Swagger UI" in page.text
    assert "//cdn" not in page.text


def test_every_route_was_visited(server, request):
    if not any("test_guide" in str(item.fspath) for item in request.session.items):
        pytest.skip("only part of the suite ran")
    doc = openapi_of(server)
    known = {(m.upper(), p) for p, ops in doc["paths"].items() for m in ops}
    assert known - {(m, p) for m, p, _ in visited} == set()
