"""Social posts: one part a platform, checked against the platform's own limits, with offline drafts beneath."""

from __future__ import annotations

from typing import Any, ClassVar

from marketing.content.base import ContentType, Part, Piece
from marketing.content.brief import readable_errors
from marketing.content.grounding import Source
from marketing.content.hooks import hook_request, with_hook
from marketing.content.offline.composer import compose_drafts
from marketing.content.social_brief import SocialPostBrief
from marketing.content.social_checks import check_answer
from marketing.content.social_prompts import build_request
from providers.types import ChatRequest

__all__ = ["SocialPostBrief", "SocialPosts", "readable_errors"]

_LONGEST_HEADLINE = 200


class SocialPosts(ContentType[SocialPostBrief]):
    """Posts for several platforms at once."""

    slug: ClassVar[str] = "social-posts"
    brief_model = SocialPostBrief
    words: ClassVar[str] = "Posts for social platforms"
    example: ClassVar[dict[str, Any]] = {
        "subject": "release",
        "title": "Żółte światło",
        "creator": "Ćma i Gęślarze",
        "facts": ["Drugi album kwartetu z Łodzi", "Winyl w nakładzie 300 sztuk"],
        "date": "2027-01-15",
        "link": "https://example.com/zolte-swiatlo",
        "language": "pl",
        "platforms": ["bluesky", "instagram"],
        "variants": 1,
    }

    def headline(self, brief: SocialPostBrief) -> str:
        """Creator and title, or the title alone."""
        name = f"{brief.creator} – {brief.title}" if brief.creator else brief.title
        return name if len(name) <= _LONGEST_HEADLINE else brief.title

    def parts(self, brief: SocialPostBrief) -> tuple[Part, ...]:
        """One part a platform, with as many positions as variants were asked for, counted from 1."""
        positions = tuple(range(1, brief.variants + 1))
        return tuple(Part(slug, brief.language, positions) for slug in brief.platforms)

    def request(self, brief: SocialPostBrief, part: Part) -> ChatRequest:
        """The request for all variants on one platform."""
        return build_request(brief, part)

    def check(self, brief: SocialPostBrief, part: Part, answer: str, *, last_try: bool) -> tuple[Piece, ...]:
        """The finished posts, hashtags and link included. Raises AnswerRejectedError with every fault found."""
        return check_answer(brief, part, answer, last_try=last_try)

    def offline(self, brief: SocialPostBrief, part: Part) -> tuple[Piece, ...]:
        """Drafts composed from the brief's facts, the same ones each time."""
        return compose_drafts(brief, part)

    def sources(self, brief: SocialPostBrief) -> tuple[Source, ...]:
        """Everything that the brief says, its audience apart."""
        return brief.sources()

    def wording_request(self, brief: SocialPostBrief, part: Part) -> ChatRequest | None:
        """A request for one English opening sentence; the small model's Polish is not fit to print."""
        return hook_request(brief, part) if brief.language == "en" else None

    def enliven(self, brief: SocialPostBrief, part: Part, drafts: tuple[Piece, ...], wording: str) -> tuple[Piece, ...]:
        """The drafts with the sentence in front of the first, if it passes every check."""
        return with_hook(brief, part, drafts, wording) if brief.language == "en" else drafts
