"""The administration as a whole: without the tables of libraries that nobody should edit."""

from axes.models import AccessFailureLog, AccessLog
from django.contrib import admin
from django_q.models import Failure, OrmQ, Schedule, Success

# The queue's results and schedules are not used, and its messages are only wake-ups (docs/adr/0004).
for unused in (AccessFailureLog, AccessLog, Failure, OrmQ, Schedule, Success):
    if admin.site.is_registered(unused):
        admin.site.unregister(unused)
