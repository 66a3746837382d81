"""The settings with django-q2's own ORM broker, as the reference for `pickup`."""

from prometheus.settings import *  # noqa: F403 - settings are made of names
from prometheus.settings import Q_CLUSTER as _OURS

Q_CLUSTER = {**_OURS, "broker_class": None, "poll": 0.2}
