"""Every address of the product against every role: who gets in, who is refused, and that no view forgot to ask."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, include, path, reverse

from providers.access import Door, Permission, Role, declared, may, permissions_of, requires
from providers.access.permissions import RIGHTS
from tests.pages.conftest import make_job, make_variant, marketer

__all__ = ["make_job", "make_variant"]
pytestmark = pytest.mark.django_db
EVERYBODY = set(Role)
ADMINISTRATORS = {Role.ADMINISTRATOR}
MAKERS = {Role.ADMINISTRATOR, Role.APPROVER, Role.MARKETER}
# Written by hand and apart from the code: an address that is not named here fails the test.
OPEN = {"login", "logout", "set_language", "healthz", "readyz", "admin:login"}
WHO = {
    **dict.fromkeys(
        ("start", "job", "job_events", "job_place", "library", "variant", "variant_progress"),
        EVERYBODY,
    ),
    **dict.fromkeys(
        ("posts", "ads", "emails", "tags", "briefs", "brief_check", "brief_notices", "brief_save", "brief_clear"),
        MAKERS,
    ),
    **dict.fromkeys(("comparisons", "comparison"), EVERYBODY),
    "comparison_choose": MAKERS,
    **dict.fromkeys(("job_cancel", "job_retry"), MAKERS),
    **dict.fromkeys(("releases", "release", "books", "book", "check_report"), EVERYBODY),
    **dict.fromkeys(("record_export", "record_import_report"), EVERYBODY),
    **dict.fromkeys(("record_import", "record_import_file", "record_media"), MAKERS),
    **dict.fromkeys(("suggestions", "duplicates"), EVERYBODY),
    **dict.fromkeys(("suggest", "suggestion_decide", "not_duplicate"), MAKERS),
    **dict.fromkeys(("release_new", "book_new", "record_change", "record_check", "check_all"), MAKERS),
    **dict.fromkeys(("variant_history", "variant_comment", "approvals", "calendar"), EVERYBODY),
    **dict.fromkeys(("calendar_file", "calendar_address"), EVERYBODY),
    **dict.fromkeys(("variant_restore_version", "variant_submit", "variant_plan"), MAKERS),
    "variant_decide": {Role.ADMINISTRATOR, Role.APPROVER},
    **dict.fromkeys(("variant_confirm",), MAKERS),
    **dict.fromkeys(("variant_mail", "variant_file"), EVERYBODY),
    **dict.fromkeys(("brief_set", "brief_set_archive"), EVERYBODY),
    **dict.fromkeys(("brief_set_cancel", "brief_set_retry"), MAKERS),
    **dict.fromkeys(("artists", "events", "voices", "catalogue_import_example", "catalogue_import_report"), EVERYBODY),
    **dict.fromkeys(
        ("artist", "artist_new", "event", "event_new", "voice", "voice_new", "entry_keep", "entry_discard"), MAKERS
    ),
    **dict.fromkeys(
        ("entry_delete", "facts", "facts_keep", "fact_delete", "catalogue_import", "catalogue_picks"), MAKERS
    ),
    **dict.fromkeys(
        (
            "variant_edit",
            "variant_restore",
            "variant_measure",
            "variant_keep",
            "variant_favourite",
            "variant_regenerate",
        ),
        MAKERS,
    ),
    **dict.fromkeys(("capacity_accept", "capacity_policy"), ADMINISTRATORS),
    **dict.fromkeys(("capacity", "requests", "request_story"), EVERYBODY),
    **dict.fromkeys(("reports", "report_file", "report_mail", "faults", "fault", "status"), EVERYBODY),
    **dict.fromkeys(("trends", "market", "prices", "channels", "outlook", "ab"), EVERYBODY),
    **dict.fromkeys(("suggestion_accept", "suggestion_withdraw"), MAKERS),
    **dict.fromkeys(("fault_state",), ADMINISTRATORS),
    **dict.fromkeys(("prompts", "prompt_edit", "prompt_change", "prompt_decide"), ADMINISTRATORS),
    **dict.fromkeys(("campaigns", "campaign", "campaigns_csv", "campaign_import_report"), EVERYBODY),
    **dict.fromkeys(("campaign_import", "campaign_import_file", "campaign_import_drop", "campaign_words"), MAKERS),
}
# Programs: the view itself looks at a key or a signature, and answers in its own way.
DOCUMENTATION = {"api:openapi-json", "api:openapi-view"}
# What the administration offers to nobody: history is not edited, a client is revoked and not deleted.
_READ_ONLY = ("attempt", "auditentry", "circuit", "webhookendpoint", "webhookmessage")
NOBODY = {
    "admin:autocomplete",
    "admin:axes_accessattempt_add",
    "admin:providers_client_delete",
    *(
        f"admin:marketing_{model}_add"
        for model in (
            "acceptedsuggestion",
            "campaign",
            "campaignfile",
            "campaignlayout",
            "notduplicate",
            "recordfile",
            "suggestion",
        )
    ),
    *(f"admin:providers_{model}_{page}" for model in _READ_ONLY for page in ("add", "delete")),
}
_SAMPLES = {"uuid": uuid.UUID(int=7), "uuidstr": uuid.UUID(int=7), "slug": "x", "int": 1, "string": "x", "path": "x"}
_TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


def every_view(resolver: URLResolver | None = None, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Each view with its full name, or with its pattern where it has none."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from every_view(entry, inner)
        else:
            yield f"{space}{entry.name or entry.pattern}", entry


def named() -> list[str]:
    return sorted({name for name, view in every_view() if view.name})


def address(name: str) -> str:
    """The address with made-up but well-formed parts."""
    view = next(view for known, view in every_view() if known == name)
    converters = view.pattern.converters
    known = {"content_type_id": 1, "object_id": 1, "app_label": "providers"}
    kinds = {part: type(converter).__name__.removesuffix("Converter").lower() for part, converter in converters.items()}
    if name == "admin:app_list":
        kinds = {"app_label": "string"}
    return reverse(name, kwargs={part: known.get(part, _SAMPLES[kind]) for part, kind in kinds.items()})


def for_programs(name: str) -> bool:
    """Whether the address is for programs, which are led to no sign-in."""
    return name.startswith("api:") or name in {"replicate_webhook", "metrics", "calendar_feed"}


def person(role: Role | None) -> User:
    user = User.objects.create_user(f"{role or 'nobody'}-{uuid.uuid4()}")
    if role:
        user.groups.add(Group.objects.get(name=role.value))
    return user


def signed_in(user: User) -> Client:
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize(("name", "view"), list(every_view()))
def test_every_view_says_what_it_asks_for(name: str, view: URLPattern) -> None:
    assert declared(view.callback) is not None, name


@pytest.mark.parametrize("role", [*Role, None], ids=lambda role: role or "no role")
def test_the_matrix_of_roles_and_addresses(role: Role | None) -> None:
    client = signed_in(person(role))
    wrong = []
    for name in named():
        if name in OPEN or name == "admin:logout" or for_programs(name):
            continue
        allowed = {Role.ADMINISTRATOR} if name.startswith("admin:") else WHO[name]
        # What an administrator's POST does is for the pages' own tests; nobody else's may do anything.
        only_look = role is Role.ADMINISTRATOR and name.startswith("admin:")
        for method in (client.get,) if only_look else (client.get, client.post):
            status = method(address(name)).status_code
            if (status != 403) != (role in allowed and name not in NOBODY) or status >= 500:
                wrong.append(f"{method.__name__} {name}: {status}")
    assert wrong == []


@pytest.mark.parametrize("name", named())
def test_a_visitor_is_led_to_the_sign_in_by_every_address_that_is_not_open(client: Client, name: str) -> None:
    answer = client.get(address(name))
    if name in OPEN or name in DOCUMENTATION:
        assert answer.status_code in {200, 302, 405}
    elif for_programs(name):
        assert answer.status_code in {401, 404, 405}
    else:
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith((reverse("login"), reverse("admin:login")))


def test_the_administrations_sign_in_is_the_desks(client: Client) -> None:
    answer = client.get(f"{reverse('admin:login')}?next=/admin/providers/")
    assert answer.headers["Location"] == f"{reverse('login')}?next=/admin/providers/"


def test_an_administrator_needs_no_flag_of_djangos() -> None:
    boss = person(Role.ADMINISTRATOR)
    assert not boss.is_staff
    assert signed_in(boss).get(reverse("admin:providers_provider_add")).status_code == 200


@pytest.mark.parametrize("role", [Role.APPROVER, Role.MARKETER, Role.ANALYST])
def test_djangos_flags_open_nothing_to_other_roles(role: Role) -> None:
    from django.contrib.auth.models import Permission as DjangoPermission

    user = person(role)
    user.is_staff = True
    user.save()
    user.user_permissions.set(DjangoPermission.objects.all())
    assert signed_in(user).get(reverse("admin:index")).status_code == 403


def actions() -> Iterator[tuple[str, str]]:
    for model, page in admin.site._registry.items():
        found = page._get_base_actions()  # type: ignore[attr-defined]  # Django's own, unknown to its stubs
        for action, _name, _words in found:
            yield f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", action.__name__


@pytest.mark.parametrize("role", [Role.APPROVER, Role.MARKETER, Role.ANALYST])
def test_every_action_of_the_administration_is_refused_to_other_roles(role: Role) -> None:
    client = signed_in(person(role))
    tried = set(actions())
    assert len(tried) > 5
    for name, action in tried:
        assert client.post(reverse(name), {"action": action, "_selected_action": [1]}).status_code == 403, action


def silent(request: HttpRequest) -> HttpResponse:
    return HttpResponse("seen")


@requires(Door.CLIENT_KEY)
def by_key(request: HttpRequest) -> HttpResponse:
    return HttpResponse("seen")


urlpatterns = [path("silent/", silent), path("key/", by_key), path("", include("prometheus.urls"))]


@pytest.mark.urls(__name__)
def test_a_view_that_asks_for_nothing_is_shown_to_nobody(client: Client) -> None:
    assert client.get("/silent/").status_code == 302
    assert signed_in(User.objects.create_superuser("boss")).get("/silent/").status_code == 403


@pytest.mark.urls(__name__)
def test_a_view_for_clients_is_reached_without_a_sign_in(client: Client) -> None:
    assert client.get("/key/").content == b"seen"


def test_rights_grow_with_the_role() -> None:
    rights = {role: permissions_of(person(role)) for role in Role}
    assert rights[Role.ADMINISTRATOR] == set(Permission)
    assert rights[Role.MARKETER] < rights[Role.APPROVER] < rights[Role.ADMINISTRATOR]
    assert not rights[Role.ANALYST] & {Permission.MAKE, Permission.APPROVE, Permission.CONFIGURE, Permission.SEE_AUDIT}


def test_two_roles_add_up() -> None:
    user = person(Role.ANALYST)
    user.groups.add(Group.objects.get(name="marketer"))
    assert may(user, Permission.SEE_ALL_WORK)
    assert may(user, Permission.MAKE)


def test_an_inactive_person_may_nothing() -> None:
    user = person(Role.ADMINISTRATOR)
    user.is_active = False
    assert permissions_of(user) == frozenset()


def test_a_role_that_is_taken_away_is_gone_at_the_next_page() -> None:
    user = person(Role.MARKETER)
    client = signed_in(user)
    assert client.get(reverse("posts")).status_code == 200
    user.groups.clear()
    assert client.get(reverse("posts")).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_lost_role_comes_back_with_the_next_migrate() -> None:
    Group.objects.filter(name="analyst").delete()
    call_command("migrate", verbosity=0)
    assert set(Group.objects.values_list("name", flat=True)) == set(Role.values)


def test_the_demonstration_person_is_administrator(settings: Any) -> None:
    call_command("load_demo", verbosity=0)
    assert may(User.objects.get(username="admin"), Permission.CONFIGURE)


@pytest.mark.parametrize("role", [Role.APPROVER, Role.MARKETER, Role.ANALYST, None])
def test_the_sources_api_is_the_administrators(role: Role | None) -> None:
    assert signed_in(person(role)).get("/api/v1/hub/models").status_code == 403


@pytest.mark.parametrize("role", list(Role))
def test_the_menu_leads_only_where_one_may_go(role: Role) -> None:
    client = signed_in(person(role))
    html = client.get(reverse("start")).content.decode()
    menu = re.search(r'<nav class="places".*?</nav>', html, re.DOTALL)
    places = re.findall(r'<a href="([^"]+)"', menu[0] if menu else "")
    assert len(places) >= 2
    for place in places:
        assert client.get(place).status_code == 200
    assert (reverse("posts") in html) == (role is not Role.ANALYST)
    assert (reverse("admin:index") in html) == (role is Role.ADMINISTRATOR)


@pytest.fixture
def kept(make_job: Callable[..., Any], make_variant: Callable[..., Any]) -> Any:
    from django.utils import timezone

    return make_variant(make_job(marketer("autorka")), kept_at=timezone.now())


def test_an_analyst_reads_everybodys_work_and_finds_nothing_to_press(kept: Any) -> None:
    client = signed_in(person(Role.ANALYST))
    for page in (reverse("job", args=[kept.root_id]), reverse("variant", args=[kept.pk]), reverse("library")):
        html = client.get(page, follow=True).content.decode()
        assert kept.text.split(".")[0] in html
        posted = set(re.findall(r'(?:action|hx-post)="([^"]*)"', html)) | set(re.findall(r'href="([^"]*edit)"', html))
        assert posted <= {reverse("logout"), reverse("set_language"), reverse("library")}


def test_an_approver_edits_what_others_made_and_a_marketer_does_not_see_it(kept: Any) -> None:
    address = reverse("variant_edit", args=[kept.pk])
    assert signed_in(person(Role.APPROVER)).get(address).status_code == 200
    assert signed_in(person(Role.MARKETER)).get(address).status_code == 404


def test_the_refusal_says_why() -> None:
    role, nobody = signed_in(person(Role.ANALYST)), signed_in(person(None))
    assert "Your role is analyst" in role.get(reverse("posts")).content.decode()
    assert "no role yet" in nobody.get(reverse("start")).content.decode()


def test_templates_ask_for_permissions_that_exist() -> None:
    asked = {name for file in _TEMPLATES.rglob("*.html") for name in re.findall(r"\bmay\.(\w+)", file.read_text())}
    assert asked - {"role"} <= {permission.value for permission in Permission}
    assert {"make", "use_desk"} <= asked


def test_an_account_from_before_the_roles_keeps_what_it_could_do() -> None:
    (migration,) = (_TEMPLATES.parent / "providers" / "migrations").glob("*_roles.py")
    boss, writer = User.objects.create_user("boss", is_staff=True), User.objects.create_user("writer")
    import_module(f"providers.migrations.{migration.stem}").give_roles(apps, None)
    assert may(User.objects.get(pk=boss.pk), Permission.CONFIGURE)
    assert permissions_of(User.objects.get(pk=writer.pk)) == RIGHTS[Role.MARKETER]
