"""What the label's and the publisher's people work with, one file each part of the desk."""

from marketing.models.accepted import AcceptedSuggestion
from marketing.models.campaigns import Campaign, CampaignDay, CampaignFile, CampaignFilePiece, CampaignLayout, Narrative
from marketing.models.catalogue import Artist, Book, BrandVoice, Event, Fact, Release
from marketing.models.compared import Comparison
from marketing.models.library import Favourite, LibraryEntry
from marketing.models.prompts import ChangedPrompt
from marketing.models.records import RecordFile, RecordFilePart
from marketing.models.review import CalendarAddress, Comment, PlannedPost, Review, VariantVersion
from marketing.models.suggestions import NotDuplicate, Suggestion
from marketing.models.work import ApiRequest, Brief, BriefSet, Job, Variant

__all__ = [
    "AcceptedSuggestion",
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
    "Narrative",
    "NotDuplicate",
    "PlannedPost",
    "RecordFile",
    "RecordFilePart",
    "Release",
    "Review",
    "Suggestion",
    "Variant",
    "VariantVersion",
]
