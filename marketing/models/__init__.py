"""What the label's and the publisher's people work with, one file each part of the desk."""

from marketing.models.catalogue import Artist, Book, BrandVoice, Event, Fact, Release
from marketing.models.work import Brief, Job, Variant

__all__ = ["Artist", "Book", "BrandVoice", "Brief", "Event", "Fact", "Job", "Release", "Variant"]
