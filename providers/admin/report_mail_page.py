"""Where a person says that the performance report shall come by e-mail."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from providers.access import Deed, Permission, record, requires
from providers.models import ReportMail
from providers.monitoring import mailed


class ReportMailForm(forms.ModelForm):  # type: ignore[type-arg]  # a ModelForm cannot be subscripted at run time
    """How often, by what, in which language and where to; an empty rhythm ends it."""

    class Meta:
        model = ReportMail
        fields = ("rhythm", "by", "language", "address")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        rhythm = self.fields["rhythm"]
        rhythm.required = False
        rhythm.choices = [("", gettext_lazy("never")), *ReportMail.Rhythm.choices]  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-control" if name == "address" else "form-select"
        self.fields["address"].widget.attrs["autocomplete"] = "email"
        self.fields["address"].error_messages["invalid"] = _("Write a whole address, such as name@example.com.")


@requires(Permission.SEE_REPORTS)
@require_http_methods(["GET", "POST"])
@never_cache
def report_mail(request: HttpRequest) -> HttpResponse:
    """Show and keep a person's own report by e-mail."""
    kept = ReportMail.objects.filter(user=request.user.pk).first()
    suggested = {
        "rhythm": "",
        "by": ReportMail.By.PROVIDER,
        "language": (get_language() or settings.LANGUAGE_CODE)[:2],
        "address": getattr(request.user, "email", ""),
    }
    form = ReportMailForm(request.POST or None, instance=kept, initial=None if kept else suggested)
    if request.method == "POST" and form.is_valid():
        _keep(request, form, kept)
        return redirect("report_mail")
    if request.method == "POST":
        # A form that was refused has put what was typed into the row.
        kept = ReportMail.objects.filter(user=request.user.pk).first()
    shown = {"form": form, "kept": kept, "into_the_log": settings.EMAIL_BACKEND.endswith("console.EmailBackend")}
    return render(request, "monitoring/report_mail.html", shown)


def _keep(request: HttpRequest, form: ReportMailForm, kept: ReportMail | None) -> None:
    row: ReportMail = form.instance
    if not row.rhythm:
        if kept:
            record(Deed.DELETED, kept)
            ReportMail.objects.filter(pk=kept.pk).delete()
        messages.success(request, _("No report is sent by e-mail."))
        return
    row.user = cast("User", request.user)
    row.next_at = mailed.following(row.rhythm, timezone.now())
    row.lease_until, row.tries, row.last_error = None, 0, ""
    row.save()
    record(Deed.CHANGED if kept else Deed.CREATED, row, after={"rhythm": row.rhythm, "by": row.by})
    messages.success(request, _("Kept. The report comes by e-mail."))
