"""What the Lab API offers of this room: the Hub, the state of the providers, and a client's own key."""

from providers.api.hub import router as hub
from providers.api.keys import router as keys
from providers.api.monitoring import router as monitoring
from providers.api.webhooks import router as webhooks

ROUTERS = (monitoring, keys, webhooks, hub)

__all__ = ["ROUTERS"]
