"""Where a provider is reached, and how it departs from its protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from providers.vendor_runs import RunBook


@dataclass(frozen=True, slots=True)
class Quirks:
    """Where a vendor departs from the protocol, as data.

    `max_tokens_field`: OpenAI's reasoning models want `max_completion_tokens`, most others `max_tokens`.
    `refused_parameters`: request fields that are left out. `stream_usage`: whether `stream_options` is understood.
    `seed_field`: Mistral says `random_seed`. `extra_headers`: sent with every request, never secret.
    `json_mode`: `json_schema` where models follow one, `json_object` where the vendor only promises JSON, `none`.
    `json_in_streams`: whether that holds for streams too (Cloudflare: no).
    `call_id_length`: Mistral takes ids of tool calls of exactly 9 letters and digits; 0 takes any.

    `check_path`: what proves a key: a path below the base URL, one from the host's root (`/health`), or a whole
    address; empty where every listing is public and only a chat proves it. `check_method`: how it is asked.
    `check_field`: what its JSON must say besides 200, as `valid` (true) or `result.status=active`.
    `models_path`: where the models are listed, in the same three spellings.

    `embedding_fields`: added to every request for vectors (NVIDIA's `input_type`). `embedding_batch`: the most texts
    in one. `image_sizes`: the only sizes the vendor takes, such as `1536x1024`; empty takes any.
    `image_response_format`: `b64_json` or `url` where it must be asked for; newer models refuse to be asked.
    `hub_url` and `rows_url`: Hugging Face's other two hosts, which know its models and data sets and hold the rows.
    """

    max_tokens_field: str = "max_tokens"
    refused_parameters: tuple[str, ...] = ()
    stream_usage: bool = True
    seed_field: str = "seed"
    extra_headers: Mapping[str, str] = field(default_factory=dict)
    json_mode: str = "json_schema"
    json_in_streams: bool = True
    call_id_length: int = 0
    check_path: str = "models"
    check_method: str = "GET"
    check_field: str = ""
    models_path: str = "models"
    embedding_fields: Mapping[str, str] = field(default_factory=dict)
    embedding_batch: int = 2048
    image_sizes: tuple[str, ...] = ()
    image_response_format: str = ""
    hub_url: str = "https://huggingface.co"
    rows_url: str = "https://datasets-server.huggingface.co"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place to send a request to: provider, model and key together. The key never prints.

    `runs` remembers what is started there and goes on by itself, where the protocol knows such runs.
    """

    provider: str
    protocol: str
    base_url: str
    model_id: str
    api_key: str = field(default="", repr=False)
    timeout_seconds: float = 30.0
    allow_private_address: bool = False
    json_schema: bool = False
    quirks: Quirks = field(default_factory=Quirks)
    runs: RunBook | None = field(default=None, repr=False, compare=False)
