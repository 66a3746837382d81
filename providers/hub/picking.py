"""From a model on the Hub to a model of a provider: what it can do for us, and with how much text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from providers.adapters.hub_shapes import OWN_PARTNER, HubModel
from providers.errors import ProviderError
from providers.hub.reading import HubReader
from providers.models import AIModel, Provider
from providers.types import Capability, ListedModel

_CHATTING = "conversational"
_CAPABILITIES = {
    "text-generation": Capability.TEXT_GENERATION,
    "image-text-to-text": Capability.TEXT_GENERATION,
    "feature-extraction": Capability.EMBEDDINGS,
    "sentence-similarity": Capability.EMBEDDINGS,
    "text-to-image": Capability.IMAGE_GENERATION,
    "text-classification": Capability.CLASSIFICATION,
    "zero-shot-classification": Capability.ZERO_SHOT_CLASSIFICATION,
    "summarization": Capability.SUMMARIZATION,
}
# A classifier with such a name judges whether a text may be published, not what it is about.
_JUDGING = re.compile(r"toxic|moderation|hate|offensive|abus|nsfw|guard", re.IGNORECASE)
# How much these small models read, as the Hub does not say: encoders 512 tokens, BART 1,024. What an embedding model
# is given beyond its share is cut by the vendor, so that several texts may go at once.
_READS = {
    Capability.EMBEDDINGS: 8192,
    Capability.IMAGE_GENERATION: 512,
    Capability.CLASSIFICATION: 512,
    Capability.MODERATION: 512,
    Capability.ZERO_SHOT_CLASSIFICATION: 1024,
    Capability.SUMMARIZATION: 1024,
}
_READS_AT_LEAST = 4096
_LONGEST_ANSWER = 4096


@dataclass(frozen=True, slots=True)
class Use:
    """What a model on the Hub can do for us. `served`: somebody whom our requests reach serves it now."""

    capability: Capability | None
    served: bool

    @property
    def possible(self) -> bool:
        """Whether it makes sense to add the model."""
        return self.capability is not None and self.served


def use_of(model: HubModel) -> Use:
    """What a model is good for. Chat goes through every live partner, the other tasks only through Hugging Face's own.

    A model that is merely warm, without a word on who serves it, counts as served.
    """
    capability = _capability(model)
    if not model.partners:
        return Use(capability, model.warm)
    live = [partner for partner in model.partners if partner.live]
    if capability is Capability.TEXT_GENERATION:
        return Use(capability, any(partner.task in {"", _CHATTING} for partner in live))
    return Use(capability, any(partner.name == OWN_PARTNER for partner in live))


def add_model(provider: Provider, model: HubModel, hub: HubReader) -> tuple[AIModel, bool]:
    """The provider's row for a model, and whether it is new. Raises ValueError for a model of no use.

    A chat model's context and whether it follows a schema come from the router's list; where that cannot be had, a
    context is taken that every chat model has.
    """
    use = use_of(model)
    if use.capability is None or not use.possible:
        raise ValueError(f"{model.model_id} is of no use here")
    listed = _listed(model, hub) if use.capability is Capability.TEXT_GENERATION else None
    context = _READS.get(use.capability) or (listed and listed.context_tokens) or _READS_AT_LEAST
    return AIModel.objects.get_or_create(
        provider=provider,
        model_id=model.model_id,
        defaults={
            "capabilities": [use.capability.value],
            "context_tokens": context,
            "max_output_tokens": min(_LONGEST_ANSWER, context // 2),
            "json_schema": bool(listed and listed.json_schema),
            "streaming": use.capability is Capability.TEXT_GENERATION,
        },
    )


def _capability(model: HubModel) -> Capability | None:
    found = _CAPABILITIES.get(model.task)
    if found is Capability.CLASSIFICATION and _JUDGING.search(" ".join((model.model_id, *model.tags))):
        return Capability.MODERATION
    return found


def _listed(model: HubModel, hub: HubReader) -> ListedModel | None:
    try:
        return next((one for one in hub.listed() if one.model_id == model.model_id), None)
    except ProviderError:
        return None
