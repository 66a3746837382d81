"""Addresses below `/monitoring/`."""

from django.urls import path

from providers.admin import report_mail_page, report_pages

urlpatterns = [
    path("reports/", report_pages.reports, name="reports"),
    path("reports/file/<slug:form>/", report_pages.report_file, name="report_file"),
    path("reports/mail/", report_mail_page.report_mail, name="report_mail"),
    path("errors/", report_pages.faults, name="faults"),
    path("errors/<int:pk>/", report_pages.fault, name="fault"),
    path("errors/<int:pk>/state/", report_pages.fault_state, name="fault_state"),
]
