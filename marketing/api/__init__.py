"""What the Lab API offers of this room. A new router is imported and named here (docs/lab-api.md says how)."""

from marketing.api.content import router as content
from marketing.api.jobs import router as jobs

ROUTERS = (content, jobs)

__all__ = ["ROUTERS"]
