"""The ASGI app: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from evalmap.pages.server.front_door import FrontDoor
from evalmap.pages.server.headers import SecurityHeaders
from evalmap.pages.server.routes import routes
from evalmap.pages.server.startup import lifespan

app = st.App(
    Path(__file__).parent / "pages" / "frame.py",
    routes=routes(),
    middleware=[Middleware(SecurityHeaders), Middleware(FrontDoor)],
    lifespan=lifespan,
)
