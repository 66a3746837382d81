"""The forms that people fill in, by the name of their page; every error says what to change."""

from marketing.forms.campaign import CampaignForm
from marketing.forms.posts import SocialPostForm
from marketing.forms.promotion import PromotionForm
from marketing.forms.sheets import AdForm, EmailForm, TagsForm

__all__ = ["BRIEFS", "CampaignForm", "PromotionForm", "SocialPostForm"]

BRIEFS: dict[str, type[PromotionForm]] = {
    form.page: form for form in (SocialPostForm, AdForm, EmailForm, TagsForm, CampaignForm)
}
