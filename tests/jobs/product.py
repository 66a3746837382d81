"""The product's own way of asking for posts, done inside a house, and what became of them."""

from __future__ import annotations

import json

from tests.jobs.house import House

PLATFORMS = ["x", "mastodon"]
BRIEF = {
    "title": "Nocne tramwaje",
    "creator": "Zofia Lis",
    "facts": ["Ukazuje się 4 grudnia"],
    "language": "pl",
    "platforms": PLATFORMS,
    "variants": 1,
}
CONNECT = """
from providers.models import AIModel, Provider, ProviderKey
provider = Provider.objects.create(
    slug="slow", name="Slow", base_url={url!r}, allow_private_address=True, failure_threshold=1000
)
AIModel.objects.create(provider=provider, model_id="small", capabilities=["text-generation"])
key = ProviderKey(provider=provider)
key.hold("sk-planted-0123456789-0123456789")
key.save()
"""
REQUEST = """
import json
from django.contrib.auth.models import User
from marketing import services
owner, _ = User.objects.get_or_create(username="ewa")
for _ in range({count}):
    print(services.request_generation(owner, "social-posts", json.loads({brief!r})).pk.hex)
"""


def connect(house: House, url: str) -> None:
    """Give the house one provider, at this address."""
    house.python(CONNECT.format(url=url))


def request_posts(house: House, count: int) -> list[str]:
    """Ask for posts so many times, as the form does; the jobs' ids as 32 hex digits."""
    return house.python(REQUEST.format(count=count, brief=json.dumps(BRIEF))).split()


def verb(house: House, name: str, job: str) -> bool:
    """Do one of the product's verbs to a job; its answer."""
    wanted = f"services.{name}(Job.objects.get(pk={job!r}))"
    return (
        house.python(f"from marketing import services; from marketing.models import Job; print({wanted})").strip()
        == "True"
    )


def written(house: House) -> dict[str, list[str]]:
    """The platforms that each job's steps say were written, by the job's id."""
    rows = house.rows("SELECT id, steps FROM marketing_job")
    told = {str(job).replace("-", ""): json.loads(steps) if isinstance(steps, str) else steps for job, steps in rows}
    return {job: [step["part"] for step in steps if step["kind"] == "written"] for job, steps in told.items()}
