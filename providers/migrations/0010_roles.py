"""The four roles, and a role for everybody who has an account already: what they could do, they can."""

from django.conf import settings
from django.db import migrations

ROLES = ("administrator", "approver", "marketer", "analyst")


def give_roles(apps, _schema):
    group = apps.get_model("auth", "Group")
    groups = {name: group.objects.get_or_create(name=name)[0] for name in ROLES}
    app, model = settings.AUTH_USER_MODEL.split(".")
    for user in apps.get_model(app, model).objects.filter(groups=None):
        user.groups.add(groups["administrator" if user.is_staff or user.is_superuser else "marketer"])


class Migration(migrations.Migration):

    dependencies = [
        ('providers', '0009_audit_log'),
        ('auth', '0012_alter_user_first_name_max_length'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(give_roles, migrations.RunPython.noop),
    ]
