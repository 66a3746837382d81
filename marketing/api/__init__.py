"""What the Lab API offers of this room. A new router is imported and named here (docs/lab-api.md says how)."""

from marketing.api.campaigns import router as campaigns
from marketing.api.content import router as content
from marketing.api.jobs import router as jobs
from marketing.api.metadata import router as metadata
from marketing.api.music import router as music
from marketing.api.prices import router as prices
from marketing.api.publishing import router as publishing

ROUTERS = (content, campaigns, jobs, metadata, music, prices, publishing)

__all__ = ["ROUTERS"]
