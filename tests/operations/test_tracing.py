"""Spans from the request over the queue to the vendors, at a real collector; and none of it where there is none."""

from __future__ import annotations

import gzip
import http.client
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from prometheus.env import Environment
from tests.jobs.house import House, house, wait_until
from tests.servers import free_port
from tests.upstream import Upstream, answers, posts, server_error

pytestmark = [pytest.mark.once, pytest.mark.timeout(180)]

SECRET_WORD = "bursztyn-4711"
BRIEF = {
    "title": "Nocny Pociąg",
    "creator": "Lena Żuraw",
    "facts": [f"Siedem piosenek nagranych na taśmie {SECRET_WORD}"],
    "language": "pl",
    "platforms": ["mastodon"],
    "variants": 1,
}
CONNECT = """
from providers.models import AIModel, Provider, ProviderKey
for priority, (slug, url) in enumerate({places!r}):
    provider = Provider.objects.create(
        slug=slug, name=slug, base_url=url, allow_private_address=True, priority=priority, failure_threshold=1000
    )
    AIModel.objects.create(provider=provider, model_id=slug + "-small", capabilities=["text-generation"])
    key = ProviderKey(provider=provider)
    key.hold("sk-planted-0123456789-0123456789")
    key.save()
"""
TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Collector:
    """A collector of spans, as OTLP over HTTP wants it."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.spans: list[tuple[str, Span]] = []
        taken = self

        class Taker(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                taken.take(self.path, gzip.decompress(body) if self.headers.get("content-encoding") else body)
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def take(self, path: str, body: bytes) -> None:
        assert path == "/v1/traces"
        self.raw.append(body)
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = next(one.value.string_value for one in group.resource.attributes if one.key == "service.name")
            self.spans += [(service, span) for scope in group.scope_spans for span in scope.spans]

    def named(self, name: str) -> list[Span]:
        return [span for _, span in self.spans if span.name == name]

    def of(self, trace: str) -> list[Span]:
        return [span for _, span in self.spans if span.trace_id.hex() == trace]


@pytest.fixture
def collector() -> Iterator[Collector]:
    built = Collector()
    yield built
    built.server.shutdown()
    built.server.server_close()


def facts(span: Any) -> dict[str, Any]:
    """A span's or an event's attributes."""
    return {one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in span.attributes}


def asked(built: House, path: str, body: dict[str, Any], **headers: str) -> tuple[int, str]:
    wire = http.client.HTTPConnection("127.0.0.1", built.port, timeout=60)
    wire.request("POST", path, json.dumps(body), {"content-type": "application/json", **headers})
    answer = wire.getresponse()
    told = (answer.status, answer.read().decode())
    wire.close()
    return told


def key_of(built: House) -> str:
    made = built.manage("create_client", "music", "--scopes", "openai", "content")
    return f"Bearer {made.stdout.splitlines()[-1]}"


CHAT = {"model": "auto", "messages": [{"role": "user", "content": f"Hello {SECRET_WORD}"}]}


def test_one_trace_goes_from_the_caller_over_the_queue_to_the_vendor_that_answered(
    tmp_path: Path, collector: Collector
) -> None:
    with Upstream() as upstream, house(tmp_path, server="", OTEL_EXPORTER_OTLP_ENDPOINT=collector.address) as built:
        places = [("gemini", upstream.add("one", server_error())), ("groq", upstream.add("two", posts(1)))]
        built.python(CONNECT.format(places=places))
        key = key_of(built)
        built.start()
        parent = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
        status, text = asked(built, "/api/v1/ai/content/social-posts", BRIEF, authorization=key, **parent)
        assert status == 200, text
        wait_until(lambda: len(collector.of(TRACE)) >= 6, 60, lambda: [one.name for one in collector.of(TRACE)])
        assert built.stop() == 0
    spans = {span.span_id.hex(): span for span in collector.of(TRACE)}

    def line_of(span: Span) -> list[str]:
        above = spans.get(span.parent_span_id.hex())
        return [*(line_of(above) if above else [span.parent_span_id.hex()]), span.name]

    (answered,) = collector.named("chat groq-small")
    assert line_of(answered) == [
        CALLER,
        "POST /api/v1/ai/content/social-posts",
        "process social-posts",
        "answer text-generation",
        "chat groq-small",
    ]
    assert (
        facts(answered).items()
        >= {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "groq",
            "gen_ai.request.model": "groq-small",
            "gen_ai.response.model": "groq-small",
            "server.address": "127.0.0.1",
            "prometheus.outcome": "answered",
        }.items()
    )
    assert facts(answered)["gen_ai.usage.input_tokens"] > 0
    assert facts(answered)["gen_ai.usage.output_tokens"] > 0
    assert (answered.kind, answered.status.code) == (Span.SPAN_KIND_CLIENT, Status.STATUS_CODE_UNSET)

    failed = collector.named("chat gemini-small")[0]
    assert facts(failed)["gen_ai.provider.name"] == "gcp.gemini"
    assert facts(failed)["error.type"] == "Overloaded"
    assert facts(failed)["http.response.status_code"] == 503
    assert failed.status.code == Status.STATUS_CODE_ERROR
    assert "gen_ai.usage.input_tokens" not in facts(failed)

    (request,) = collector.named("answer text-generation")
    (fallback,) = request.events
    assert (fallback.name, facts(fallback)["prometheus.provider"]) == ("fallback", "gemini")
    (job,) = collector.named("process social-posts")
    (page,) = collector.named("POST /api/v1/ai/content/social-posts")
    assert facts(job)["prometheus.job.state"] == "done"
    assert facts(job)["prometheus.request_id"] == facts(page)["prometheus.request_id"]
    assert facts(page)["http.response.status_code"] == 200
    assert {service for service, _ in collector.spans} == {"prometheus-ai"}
    gathered = b"".join(collector.raw)
    assert [word for word in (SECRET_WORD, "sk-planted", "Bearer", "Pociąg") if word.encode() in gathered] == []


def test_the_gateway_tells_its_last_span_as_it_stops_and_does_not_miss_a_collector_that_is_gone(
    tmp_path: Path, collector: Collector
) -> None:
    with Upstream() as upstream, house(tmp_path, server="", OTEL_EXPORTER_OTLP_ENDPOINT=collector.address) as built:
        built.python(CONNECT.format(places=[("mistral", upstream.add("one", answers("Hi", usage=False)))]))
        key = key_of(built)
        built.start("--only", "web")
        assert asked(built, "/v1/chat/completions", CHAT, authorization=key)[0] == 200
        assert asked(built, f"/v1/{SECRET_WORD}", CHAT, authorization=key)[0] == 404
        assert built.stop() == 0
        told = len(collector.spans)

        built.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{free_port()}"
        built.start("--only", "web")
        assert asked(built, "/v1/chat/completions", CHAT, authorization=key)[0] == 200
        began = time.monotonic()
        assert built.stop() == 0
        assert time.monotonic() - began < 10
        assert "Traceback" not in built.said()
    (served,) = collector.named("POST /v1/chat/completions")
    (attempt,) = collector.named("chat mistral-small")
    assert attempt.trace_id == served.trace_id
    assert facts(attempt)["gen_ai.provider.name"] == "mistral_ai"
    # The vendor counted nothing: our estimate is not told as if it had.
    assert "gen_ai.usage.input_tokens" not in facts(attempt)
    # An address that a caller made up is no name of a span.
    assert [facts(one)["http.response.status_code"] for one in collector.named("POST")] == [404]
    assert SECRET_WORD.encode() not in b"".join(collector.raw)
    assert len(collector.spans) == told


LOADED = """
import sys
import prometheus.asgi
print([name for name in sys.modules if name.startswith(("opentelemetry", "google.protobuf"))])
"""


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "ENABLE_PERFORMANCE_MONITORING": "false"},
    ],
)
def test_where_nobody_gathers_nothing_is_loaded(tmp_path: Path, environment: dict[str, str]) -> None:
    with house(tmp_path, server="", **environment) as built:
        assert built.python(LOADED).strip() == "[]"


@pytest.mark.parametrize(
    "environment",
    [
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
    ],
)
def test_an_endpoint_that_cannot_be_meant_stops_the_start_with_one_line(environment: dict[str, str]) -> None:
    read = Environment(environment)
    assert read.collector() is False
    (fault,) = read.faults
    assert fault.startswith("OTEL_EXPORTER_OTLP_ENDPOINT: write http://host:4318")


def test_the_switches_of_opentelemetry_itself_turn_it_off() -> None:
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}
    assert Environment(endpoint).collector() is True
    assert Environment({**endpoint, "OTEL_SDK_DISABLED": "true"}).collector() is False
    assert Environment({**endpoint, "OTEL_TRACES_EXPORTER": "none"}).collector() is False
