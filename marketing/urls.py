"""The addresses of the pages."""

from django.contrib.auth import views as auth_views
from django.urls import include, path
from django.views.i18n import set_language

from marketing import (
    brief_views,
    campaign_import_views,
    campaign_views,
    catalogue_views,
    fact_views,
    file_views,
    import_views,
    insight_views,
    library_views,
    live,
    prompt_views,
    record_views,
    review_views,
    set_views,
    variant_views,
    views,
)
from marketing.forms import BRIEFS
from marketing.insight_forms import FORMS as INSIGHTS
from providers.access import Door, requires

_CATALOGUE = [
    pattern
    for kind in catalogue_views.KINDS.values()
    for new, view in (
        (catalogue_views.entry, catalogue_views.entry) if kind.form else (record_views.record_new, record_views.record),
    )
    for pattern in (
        path(f"{kind.many}/", catalogue_views.entries, {"kind": kind.slug}, name=kind.many),
        path(f"{kind.many}/new/", new, {"kind": kind.slug}, name=f"{kind.slug}_new"),
        path(f"{kind.many}/<int:number>/", view, {"kind": kind.slug}, name=kind.slug),
    )
]
urlpatterns = [
    path("", views.start, name="start"),
    path("catalogue/", include(_CATALOGUE)),
    path("catalogue/keep/<slug:kind>/", catalogue_views.entry_keep, name="entry_keep"),
    path("catalogue/keep/<slug:kind>/<int:number>/", catalogue_views.entry_keep, name="entry_keep"),
    path("catalogue/discard/<slug:kind>/", catalogue_views.entry_discard, name="entry_discard"),
    path("catalogue/discard/<slug:kind>/<int:number>/", catalogue_views.entry_discard, name="entry_discard"),
    path("catalogue/delete/<slug:kind>/<int:number>/", catalogue_views.entry_delete, name="entry_delete"),
    path("catalogue/facts/<slug:kind>/<int:number>/", fact_views.facts, name="facts"),
    path("catalogue/facts/<slug:kind>/<int:number>/keep/", fact_views.facts_keep, name="facts_keep"),
    path("catalogue/facts/<slug:kind>/<int:number>/<int:fact>/delete/", fact_views.fact_delete, name="fact_delete"),
    path("catalogue/change/<slug:kind>/", record_views.record_change, name="record_change"),
    path("catalogue/change/<slug:kind>/<int:number>/", record_views.record_change, name="record_change"),
    path("catalogue/check/<slug:kind>/", record_views.record_check, name="record_check"),
    path("catalogue/check/<slug:kind>/<int:number>/", record_views.record_check, name="record_check"),
    path("catalogue/check-all/<slug:kind>/", record_views.check_all, name="check_all"),
    path("catalogue/checked/<uuid:job_id>/", record_views.check_report, name="check_report"),
    path("catalogue/export/<slug:kind>/<slug:form>/", record_views.export, name="record_export"),
    path("catalogue/export/<slug:kind>/<slug:form>/<int:number>/", record_views.export, name="record_export"),
    path("catalogue/pick/", catalogue_views.picks, name="catalogue_picks"),
    path("catalogue/import/", import_views.upload, name="catalogue_import"),
    path("catalogue/import/<slug:kind>/example.csv", import_views.example, name="catalogue_import_example"),
    path("catalogue/import/<uuid:job_id>/", import_views.report, name="catalogue_import_report"),
    *(path(f"create/{page}/", brief_views.brief, {"page": page}, name=page) for page in BRIEFS),
    path("create/<slug:page>/check/<slug:name>/", brief_views.check, name="brief_check"),
    path("create/<slug:page>/notices/", brief_views.notices, name="brief_notices"),
    path("create/<slug:page>/save/", brief_views.save, name="brief_save"),
    path("create/<slug:page>/clear/", brief_views.clear, name="brief_clear"),
    path("campaigns/", campaign_views.campaigns, name="campaigns"),
    path("campaigns/<int:number>/", campaign_views.campaign, name="campaign"),
    path("campaigns/table.csv", campaign_views.export, name="campaigns_csv"),
    path("campaigns/import/", campaign_import_views.upload, name="campaign_import"),
    path("campaigns/import/<int:number>/", campaign_import_views.mapping, name="campaign_import_file"),
    path("campaigns/import/<int:number>/drop/", campaign_import_views.drop, name="campaign_import_drop"),
    path("campaigns/import/<uuid:job_id>/report/", campaign_import_views.report, name="campaign_import_report"),
    *(path(f"insights/{what}/", insight_views.insight, {"what": what}, name=what) for what in INSIGHTS),
    path("campaign-sets/<uuid:set_id>/", set_views.brief_set, name="brief_set"),
    path("campaign-sets/<uuid:set_id>/cancel", set_views.cancel, name="brief_set_cancel"),
    path("campaign-sets/<uuid:set_id>/retry", set_views.retry, name="brief_set_retry"),
    path("campaign-sets/<uuid:set_id>/archive.zip", set_views.archive, name="brief_set_archive"),
    path("jobs/<uuid:job_id>/", views.job, name="job"),
    path("jobs/<uuid:job_id>/events", live.events, name="job_events"),
    path("jobs/<uuid:job_id>/places/<slug:slug>/", views.place, name="job_place"),
    path("jobs/<uuid:job_id>/cancel", views.cancel, name="job_cancel"),
    path("jobs/<uuid:job_id>/retry", views.retry, name="job_retry"),
    path("variants/<uuid:variant_id>/", variant_views.card, name="variant"),
    path("variants/<uuid:variant_id>/edit", variant_views.edit, name="variant_edit"),
    path("variants/<uuid:variant_id>/restore", variant_views.restore, name="variant_restore"),
    path("variants/<uuid:variant_id>/measure", variant_views.measured, name="variant_measure"),
    path("variants/<uuid:variant_id>/keep", variant_views.keep, name="variant_keep"),
    path("variants/<uuid:variant_id>/favourite", variant_views.favourite, name="variant_favourite"),
    path("variants/<uuid:variant_id>/regenerate", variant_views.regenerate, name="variant_regenerate"),
    path("variants/<uuid:variant_id>/progress", variant_views.progress, name="variant_progress"),
    path("variants/<uuid:variant_id>/confirm", file_views.confirm, name="variant_confirm"),
    path("variants/<uuid:variant_id>/mail", file_views.mail, name="variant_mail"),
    path("variants/<uuid:variant_id>/file/<slug:form>", file_views.file, name="variant_file"),
    path("variants/<uuid:variant_id>/history/", review_views.history, name="variant_history"),
    path(
        "variants/<uuid:variant_id>/versions/<int:number>/restore",
        review_views.restore_version,
        name="variant_restore_version",
    ),
    path("variants/<uuid:variant_id>/comments/", review_views.comment, name="variant_comment"),
    path("variants/<uuid:variant_id>/submit/", review_views.submit, name="variant_submit"),
    path("variants/<uuid:variant_id>/decide/", review_views.decide, name="variant_decide"),
    path("variants/<uuid:variant_id>/plan/", review_views.plan, name="variant_plan"),
    path("approvals/", review_views.approvals, name="approvals"),
    path("calendar/", review_views.calendar, name="calendar"),
    path("calendar/prometheus.ics", review_views.calendar_file, name="calendar_file"),
    path("calendar/address/", review_views.calendar_address, name="calendar_address"),
    path("calendar/feed/<slug:secret>.ics", review_views.calendar_feed, name="calendar_feed"),
    path("prompts/", prompt_views.overview, name="prompts"),
    path("prompts/changes/<int:number>/decide/", prompt_views.decide, name="prompt_decide"),
    path("prompts/changes/<int:number>/", prompt_views.change, name="prompt_change"),
    path("prompts/<slug:kind>/<slug:language>/", prompt_views.edit, name="prompt_edit"),
    path("library/", library_views.library, name="library"),
    path(
        "accounts/login/",
        requires(Door.OPEN)(auth_views.LoginView.as_view(redirect_authenticated_user=True)),
        name="login",
    ),
    path("accounts/logout/", requires(Door.OPEN)(auth_views.LogoutView.as_view()), name="logout"),
    path("i18n/setlang/", requires(Door.OPEN)(set_language), name="set_language"),
]
