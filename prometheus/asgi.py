"""The ASGI entry point that uvicorn serves: `/v1/` goes straight to the gateway, everything else to Django."""

from __future__ import annotations

import gc
import os

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prometheus.settings")

_pages = get_asgi_application()

# Models can be imported only after Django is set up.
from prometheus import tracing  # noqa: E402
from prometheus.bounded import App, Bounded  # noqa: E402
from providers.gateway.application import application as _gateway  # noqa: E402
from providers.gateway.exchange import Receive, Scope, Send  # noqa: E402

GATEWAY_PATH = "/v1/"


async def _serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one connection."""
    serve = _gateway if scope["type"] == "http" and scope["path"].startswith(GATEWAY_PATH) else _pages
    await serve(scope, receive, send)


application: App = Bounded(_serve)
if settings.TRACING:
    application = tracing.Ending(application)

# All that was loaded lives as long as the process: left out, a full collection takes a hundredth of the time.
gc.collect()
gc.freeze()
# Of what a request makes hardly anything lies in a circle: looking less often loses nothing.
gc.set_threshold(10_000, 20, 20)
