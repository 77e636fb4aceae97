"""The addresses that the map component asks."""

import gzip
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap, load_map, thumbnail_file
from evalmap.embeddings.pipeline import build
from evalmap.pages.component import map_data
from evalmap.pages.server import headers, maps, repeats, routes
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows

IMMUTABLE = "public, max-age=31536000, immutable"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    folder = tmp_path_factory.mktemp("routes")
    rows = [{"text": text, "label": ["Yes", "No"][i % 2]} for i, text in enumerate(sentences(7))]
    source = write_rows(folder / "seven.jsonl", rows)
    return folder / "home", build(open_dataset(source), workspace=Workspace(folder / "home"), encoder=FakeEncoder())


@pytest.fixture
def client(home: tuple[Path, Manifest], monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("EVALMAP_HOME", str(home[0]))
    maps.forget()
    with TestClient(Starlette(routes=routes.routes(), middleware=[Middleware(headers.SecurityHeaders)])) as client:
        yield client
    maps.forget()


@pytest.fixture
def manifest(home: tuple[Path, Manifest]) -> Manifest:
    return home[1]


@pytest.fixture
def address(manifest: Manifest) -> str:
    return f"/evalmap/map/{manifest.slug}/{manifest.fingerprint}"


@pytest.fixture
def built(home: tuple[Path, Manifest]) -> BuiltMap:
    return load_map(Workspace(home[0]), home[1])


def test_health_tells_the_version(client: TestClient):
    answer = client.get("/healthz")
    assert answer.json() == {"status": "ok", "version": routes.app_version()}
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("query", ["", "?dataset=likes&layer=Topics%2C+coarse", "?next=//evil.example"])
def test_answers_page_is_found_under_its_address_from_before(client: TestClient, query: str):
    answer = client.get(f"/model_answers{query}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, f"/answers{query}")


def test_points_are_kept_for_good(client: TestClient, address: str, built: BuiltMap):
    answer = client.get(f"{address}/points")
    assert answer.content == map_data.points(built)
    assert answer.headers["cache-control"] == IMMUTABLE
    assert answer.headers["content-type"] == "application/octet-stream"


def test_every_colouring_has_an_address(client: TestClient, address: str, built: BuiltMap):
    for column in map_data.columns(built):
        answer = client.get(f"{address}/column/{column.key}")
        assert answer.content == map_data.column_bytes(built, column.key)
        assert answer.headers["cache-control"] == IMMUTABLE


def test_labels_and_hover_are_json(client: TestClient, address: str, built: BuiltMap):
    assert client.get(f"{address}/labels").json() == map_data.cluster_labels(built)
    assert client.get(f"{address}/hover?row=3").json() == map_data.hover(built, 3)


def test_thumbnail_is_kept_for_good_and_reads_no_map(
    client: TestClient, address: str, home: tuple[Path, Manifest], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(maps, "load_map", lambda *_: pytest.fail("the whole map was read"))
    answer = client.get(f"{address}/thumbnail")
    file = thumbnail_file(Workspace(home[0]), home[1])
    assert file
    assert answer.content == file.read_bytes()
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/webp", IMMUTABLE)


def test_map_without_a_thumbnail_says_so(client: TestClient, home: tuple[Path, Manifest]):
    workspace, manifest = Workspace(home[0]), home[1]
    stages = tuple(stage for stage in manifest.stages if stage.name != "thumbnail")
    workspace.save_manifest(replace(manifest, slug="earlier", stages=stages))
    answer = client.get(f"/evalmap/map/earlier/{manifest.fingerprint}/thumbnail")
    workspace.remove("earlier")
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
    assert answer.json() == {"error": "earlier: this map has no picture. Build it again to have one drawn."}


def test_repeats_are_kept_for_good_and_name_the_first_row_of_each_group(client: TestClient, home: tuple[Path, Manifest]):
    one, two, three = sentences(3)
    texts = [one, two, one.upper(), three, one, f"{two[:-1]}…", two]
    labels = ["Yes", "Yes", "Yes", "No", "No", "No", "Yes"]  # row 4 repeats row 0, but with another label: both stay
    source = write_rows(home[0].parent / "repeats.jsonl", [{"text": t, "label": u} for t, u in zip(texts, labels, strict=True)])
    manifest = build(open_dataset(source), workspace=Workspace(home[0]), encoder=FakeEncoder())
    answer = client.get(f"/evalmap/map/{manifest.slug}/{manifest.fingerprint}/repeats")
    assert np.frombuffer(answer.content, dtype="<u4").tolist() == [0, 1, 0, 3, 4, 5, 1]
    assert answer.headers["cache-control"] == IMMUTABLE
    assert not (home[0] / "stages" / "pairs").exists()  # asking writes nothing


def test_repeats_of_a_large_map_that_were_not_looked_for_are_a_sentence(
    client: TestClient, address: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(repeats, "AT_ONCE", 5)
    repeats.forget()
    answer = client.get(f"{address}/repeats")
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
    assert "these 7 examples were not looked for yet" in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/evalmap/map/{slug}/0000/thumbnail", "this map was built again"),
        ("/evalmap/map/nothing/{fingerprint}/points", "nothing: no map of this name in the workspace"),
        ("/evalmap/map/..%2f..%2fetc/{fingerprint}/points", None),
        ("/evalmap/map/{slug}/0000/points", "this map was built again"),
        ("/evalmap/map/{slug}/{fingerprint}/column/field.nothing", "no colouring 'field.nothing'"),
        ("/evalmap/map/{slug}/{fingerprint}/hover?row=7", "row 7 is not on this map of 7 examples"),
        ("/evalmap/map/{slug}/{fingerprint}/hover?row=-1", "hover needs a row"),
        ("/evalmap/map/{slug}/{fingerprint}/hover", "hover needs a row"),
        ("/evalmap/map/UPPER/{fingerprint}/labels", "is no dataset's name here"),
        ("/evalmap/assets/0/map_view.py", "the map has no such file"),
    ],
)
def test_what_is_not_there_is_a_404_that_is_not_kept(client: TestClient, manifest: Manifest, path: str, sentence: str | None):
    answer = client.get(path.format(slug=manifest.slug, fingerprint=manifest.fingerprint))
    assert answer.status_code == 404
    if sentence is not None:
        assert sentence in answer.json()["error"]
        assert answer.headers["cache-control"] == "no-store"


LONG = "a" * 5000
HOSTILE = (
    *(
        LONG,
        "a" * 200,
        "a" * 251,
        "a" * 255,
        "%00",
        "a%00b",
        "%0a",
        "..",
        "...",
        "-",
        "con",
        "a.json",
        "..%2f..%2fetc",
        "%ff%fe",
        "%f0%9f%98%80",
    ),
    *("%e2%80%ae", "%ed%a0%80", "%25s", "'%3b--", "<script>", "-1", "9" * 400, "1e999", "nan"),
)


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: value[:12])
def test_a_hostile_address_is_a_short_sentence_and_never_a_500(client: TestClient, manifest: Manifest, address: str, value: str):
    paths = (
        *(f"/evalmap/map/{value}/{manifest.fingerprint}/points", f"/evalmap/map/{manifest.slug}/{value}/points"),
        *(f"{address}/column/{value}", f"{address}/column/field.{value}", f"{address}/column/answers.{value}.p"),
        *(f"{address}/hover?row={value}", f"{address}/hover?row=1&row={value}", f"{address}/hover?{value}={value}"),
        *(f"/evalmap/assets/{value}/map.css", f"/evalmap/assets/0/{value}"),
    )
    for path in paths:
        answer = client.get(path)
        assert answer.status_code in (400, 404), path
        assert len(answer.text) < 400, path
        assert "Traceback" not in answer.text


def test_plotly_travels_compressed_and_arrives_whole(client: TestClient):
    address = routes.plotly_url()
    with client.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["cache-control"] == IMMUTABLE
        assert gzip.decompress(b"".join(answer.iter_raw())) == routes.PLOTLY.read_bytes()
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert len(plain.content) == routes.PLOTLY.stat().st_size


def test_the_components_files_are_served_under_an_address_that_changes_with_them(client: TestClient):
    answer = client.get(f"{routes.assets_url()}/map_view.js")
    assert answer.content == (routes.STATIC / "map_view.js").read_bytes()
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == IMMUTABLE
    assert client.get("/evalmap/assets/old/map_view.css").headers["cache-control"] == "no-store"


def test_routes_stand_below_the_base_path(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(routes.config, "get_option", lambda name: "/behind/proxy/" if name == "server.baseUrlPath" else None)
    assert all(route.path.startswith("/behind/proxy/") for route in routes.routes())
    assert routes.plotly_url().startswith("/behind/proxy/evalmap/plotly.js?v=")


def test_security_headers_stand_on_every_answer_and_yield_to_its_own(client: TestClient, address: str):
    for path in ("/healthz", f"{address}/points", "/nothing"):
        answer = client.get(path)
        assert "'unsafe-eval'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"

    async def own(request: Request) -> PlainTextResponse:
        return PlainTextResponse("", headers={"Referrer-Policy": "no-referrer"})

    app = Starlette(routes=[Route("/", own)], middleware=[Middleware(headers.SecurityHeaders)])
    assert TestClient(app).get("/").headers["referrer-policy"] == "no-referrer"


def test_no_other_host_may_be_loaded_from():
    directives: dict[str, str] = {}
    for directive in headers.POLICY.split("; "):
        name, value = directive.split(" ", 1)
        directives[name] = value
    assert all("http" not in value and "*" not in value for value in directives.values())
    assert "'unsafe-inline'" not in directives["script-src"]


def test_a_map_is_read_once_and_its_arrays_cannot_be_written(client: TestClient, manifest: Manifest):
    first = maps.built_map(manifest.slug, manifest.fingerprint)
    assert maps.built_map(manifest.slug, manifest.fingerprint) is first
    with pytest.raises(ValueError, match="read-only"):
        first.coordinates[0] = 0
    assert not first.clustering("kmeans").labels.flags.writeable


def test_readers_at_the_same_time_get_one_map(client: TestClient, manifest: Manifest, monkeypatch: pytest.MonkeyPatch):
    loads: list[str] = []
    load = maps._load
    monkeypatch.setattr(maps, "_load", lambda *args: (loads.append(args[1]), time.sleep(0.05), load(*args))[-1])
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: maps.built_map(manifest.slug, manifest.fingerprint), range(8)))
    assert loads == [manifest.slug]
    assert all(built is found[0] for built in found)


def test_asking_for_what_is_not_there_leaves_nothing_behind(client: TestClient):
    for i in range(5):
        client.get(f"/evalmap/map/nothing-{i}/0/points")
    assert maps._maps._loading == {}


def test_a_map_that_was_built_again_is_not_served_under_its_old_fingerprint(client: TestClient, manifest: Manifest):
    with pytest.raises(DatasetError, match="built again"):
        maps.built_map(manifest.slug, "0" * 20)


def test_labels_hold_finite_numbers_only(client: TestClient, address: str):
    layers = json.loads(client.get(f"{address}/labels").content)
    assert all(np.isfinite([cluster["x"], cluster["y"]]).all() for layer in layers for cluster in layer["names"])
