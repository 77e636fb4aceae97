"""The addresses that answer beside Streamlit's: plotly.js, the map component's own files, the data of a map, a health check,
and addresses from before."""

import gzip
import hashlib
import importlib.metadata
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import plotly
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from streamlit import config

from evalmap.data.errors import DatasetError
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.component import answer_columns, map_data
from evalmap.pages.server import maps
from evalmap.pages.server.access import without_paths
from evalmap.pages.server.maps import built_map
from evalmap.pages.server.repeats import repeats_of

IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
VOLATILE = {"Cache-Control": "no-store"}
STATIC = Path(__file__).parents[1] / "component" / "static"
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
MEDIA_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
BINARY = "application/octet-stream"


def routes() -> list[Route]:
    """All of them, below `server.baseUrlPath`."""
    base = base_path()
    one_map = base + "/evalmap/map/{slug}/{fingerprint}"
    return [
        Route(f"{base}/healthz", healthz),
        Route(f"{base}/evalmap/plotly.js", plotly_js),
        Route(base + "/evalmap/assets/{version}/{name}", asset),
        Route(f"{one_map}/points", points),
        Route(one_map + "/column/{key}", column),
        Route(f"{one_map}/labels", labels),
        Route(f"{one_map}/repeats", repeats),
        Route(f"{one_map}/hover", hover),
        Route(f"{one_map}/thumbnail", thumbnail),
        Route(f"{base}/model_answers", answers_page),
    ]


def thumbnail_url(slug: str, fingerprint: str) -> str:
    """The address of a map's picture, with its fingerprint so that it can be kept for good."""
    return f"{base_path()}/evalmap/map/{slug}/{fingerprint}/thumbnail"


def base_path() -> str:
    """The path that a proxy puts before every address: "" or "/something"."""
    path = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def plotly_url() -> str:
    """The address of plotly.js, with its version so that it can be kept for good."""
    return f"{base_path()}/evalmap/plotly.js?v={plotly.__version__}"


def assets_url() -> str:
    """The folder of the map component's files; its name changes when one of them does."""
    return f"{base_path()}/evalmap/assets/{_assets()[0]}"


@lru_cache(maxsize=1)
def compressed_plotly() -> bytes:
    """plotly.min.js, compressed: done once a process, as 4.8 MB take a third of a second."""
    return gzip.compress(PLOTLY.read_bytes(), compresslevel=6, mtime=0)


async def healthz(request: Request) -> Response:
    return JSONResponse({"status": "ok", "version": app_version()}, headers=VOLATILE)


async def plotly_js(request: Request) -> Response:
    media_type = MEDIA_TYPES[".js"]
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(await run_in_threadpool(PLOTLY.read_bytes), media_type=media_type, headers=IMMUTABLE)
    body = await run_in_threadpool(compressed_plotly)
    return Response(body, media_type=media_type, headers={**IMMUTABLE, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"})


async def asset(request: Request) -> Response:
    version, files = await run_in_threadpool(_assets)
    name = request.path_params["name"]
    if name not in files:
        return _not_found(f"{name[:60]}: the map has no such file.")
    headers = IMMUTABLE if request.path_params["version"] == version else VOLATILE
    return Response(files[name], media_type=MEDIA_TYPES[Path(name).suffix], headers=headers)


async def points(request: Request) -> Response:
    return await _answer(request, map_data.points)


async def column(request: Request) -> Response:
    key = request.path_params["key"]
    return await _answer(request, lambda built: answer_columns.column_bytes(built, key))


async def labels(request: Request) -> Response:
    return await _answer(request, map_data.cluster_labels)


async def repeats(request: Request) -> Response:
    return await _answer(request, lambda built: map_data.repeats(repeats_of(built)))


async def hover(request: Request) -> Response:
    row = request.query_params.get("row", "")
    if not (row.isascii() and row.isdigit() and len(row) <= 12):
        return _not_found("hover needs a row: ?row=0")
    return await _answer(request, lambda built: map_data.hover(built, int(row)))


async def thumbnail(request: Request) -> Response:
    slug, fingerprint = request.path_params["slug"], request.path_params["fingerprint"]
    try:
        picture = await run_in_threadpool(maps.thumbnail, slug, fingerprint)
    except DatasetError as error:
        return _not_found(without_paths(str(error)))
    return Response(picture, media_type="image/webp", headers=IMMUTABLE)


async def answers_page(request: Request) -> Response:
    """Where the answers page is, for links from before its address was shorter."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{base_path()}/answers{query}", status_code=308)


async def _answer(request: Request, read: Callable[[BuiltMap], bytes | dict[str, Any] | list[dict[str, Any]]]) -> Response:
    """What `read` finds in the map of the address; 404 with a sentence where there is no such map, colouring or row."""
    slug, fingerprint = request.path_params["slug"], request.path_params["fingerprint"]
    try:
        found = await run_in_threadpool(lambda: read(built_map(slug, fingerprint)))
    except (DatasetError, IndexError) as error:
        return _not_found(without_paths(str(error)))
    except KeyError as error:
        return _not_found(f"{slug}: the map has no colouring {str(error.args[0])[:60]!r}.")
    if isinstance(found, bytes):
        return Response(found, media_type=BINARY, headers=IMMUTABLE)
    return JSONResponse(found, headers=IMMUTABLE)


def _not_found(sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status_code=404, headers=VOLATILE)


def _assets() -> tuple[str, dict[str, bytes]]:
    """The component's scripts and styles, and a version made of them; read again when a file changes on disk."""
    paths = sorted(path for path in STATIC.iterdir() if path.suffix in MEDIA_TYPES)
    return _read_assets(tuple((path, path.stat().st_mtime_ns) for path in paths))


@lru_cache(maxsize=1)
def _read_assets(stamped: tuple[tuple[Path, int], ...]) -> tuple[str, dict[str, bytes]]:
    files = {path.name: path.read_bytes() for path, _ in stamped}
    digest = hashlib.sha256(b"\0".join(name.encode() + b"\0" + body for name, body in files.items()))
    return digest.hexdigest()[:12], files


def app_version() -> str:
    """The installed version, or "development" where the app runs from a checkout that was never installed."""
    try:
        return importlib.metadata.version("evalmap")
    except importlib.metadata.PackageNotFoundError:
        return "development"
