"""What the label's and the publisher's people work with, one file each part of the desk."""

from marketing.models.campaigns import Campaign, CampaignDay, CampaignFile, CampaignFilePiece, CampaignLayout
from marketing.models.catalogue import Artist, Book, BrandVoice, Event, Fact, Release
from marketing.models.compared import Comparison
from marketing.models.library import Favourite, LibraryEntry
from marketing.models.prompts import ChangedPrompt
from marketing.models.review import CalendarAddress, Comment, PlannedPost, Review, VariantVersion
from marketing.models.work import ApiRequest, Brief, BriefSet, Job, Variant

__all__ = [
    "ApiRequest",
    "Artist",
    "Book",
    "BrandVoice",
    "Brief",
    "BriefSet",
    "CalendarAddress",
    "Campaign",
    "CampaignDay",
    "CampaignFile",
    "CampaignFilePiece",
    "CampaignLayout",
    "ChangedPrompt",
    "Comment",
    "Comparison",
    "Event",
    "Fact",
    "Favourite",
    "Job",
    "LibraryEntry",
    "PlannedPost",
    "Release",
    "Review",
    "Variant",
    "VariantVersion",
]
