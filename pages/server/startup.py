"""What the server does before its first visitor asks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from evalmap.pages.server.routes import compressed_plotly


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Compress plotly.js while Streamlit starts, so that no page waits for it."""
    compressing = asyncio.create_task(asyncio.to_thread(compressed_plotly))
    yield
    await compressing
