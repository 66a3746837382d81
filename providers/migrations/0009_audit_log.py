"""The audit log: a table that only grows, held by triggers."""

import django.utils.timezone
import providers.audit
from django.db import migrations, models

SAYS = "the audit log is append-only"

SQLITE = [
    f"""CREATE TRIGGER audit_append_only_{verb.lower()} BEFORE {verb} ON providers_auditentry
    BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"""
    for verb in ("UPDATE", "DELETE")
]
POSTGRESQL = [
    f"""CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION '{SAYS}'; END $$""",
    """CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON providers_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_append_only()""",
    """CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON providers_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()""",
]
# Dropping the table drops its triggers; the function stays behind.
UNDO_POSTGRESQL = ["DROP FUNCTION IF EXISTS audit_append_only() CASCADE"]


def hold(_apps, schema_editor):
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}.get(schema_editor.connection.vendor, ()):
        schema_editor.execute(statement)


def let_go(_apps, schema_editor):
    for statement in {"postgresql": UNDO_POSTGRESQL}.get(schema_editor.connection.vendor, ()):
        schema_editor.execute(statement)


class Migration(migrations.Migration):

    dependencies = [
        ('providers', '0008_client_keys'),
    ]

    operations = [
        # Django makes the table, and from then on does not count it among those it may empty.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.CreateModel(
                    name='AuditEntry',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name='when')),
                        ('actor', models.CharField(blank=True, db_index=True, max_length=150, verbose_name='who')),
                        ('actor_kind', models.CharField(choices=[('person', 'person'), ('client', 'client'), ('system', 'system'), ('nobody', 'nobody')], max_length=10, verbose_name='kind')),
                        ('role', models.CharField(blank=True, max_length=20, verbose_name='role')),
                        ('deed', models.CharField(choices=providers.audit.deeds, max_length=20, verbose_name='what')),
                        ('object_type', models.CharField(blank=True, max_length=40, verbose_name='kind of object')),
                        ('object_id', models.CharField(blank=True, max_length=40, verbose_name="object's id")),
                        ('object_name', models.CharField(blank=True, max_length=200, verbose_name='object')),
                        ('address', models.GenericIPAddressField(null=True, verbose_name='from address')),
                        ('request_id', models.CharField(blank=True, max_length=36, verbose_name='request')),
                        ('before', models.JSONField(default=dict, verbose_name='before')),
                        ('after', models.JSONField(default=dict, verbose_name='after')),
                    ],
                    options={
                        'verbose_name': 'audit entry',
                        'verbose_name_plural': 'audit entries',
                        'db_table': 'providers_auditentry',
                        'ordering': ['-pk'],
                    },
                ),
            ],
            state_operations=[
                migrations.CreateModel(
                    name='AuditEntry',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name='when')),
                        ('actor', models.CharField(blank=True, db_index=True, max_length=150, verbose_name='who')),
                        ('actor_kind', models.CharField(choices=[('person', 'person'), ('client', 'client'), ('system', 'system'), ('nobody', 'nobody')], max_length=10, verbose_name='kind')),
                        ('role', models.CharField(blank=True, max_length=20, verbose_name='role')),
                        ('deed', models.CharField(choices=providers.audit.deeds, max_length=20, verbose_name='what')),
                        ('object_type', models.CharField(blank=True, max_length=40, verbose_name='kind of object')),
                        ('object_id', models.CharField(blank=True, max_length=40, verbose_name="object's id")),
                        ('object_name', models.CharField(blank=True, max_length=200, verbose_name='object')),
                        ('address', models.GenericIPAddressField(null=True, verbose_name='from address')),
                        ('request_id', models.CharField(blank=True, max_length=36, verbose_name='request')),
                        ('before', models.JSONField(default=dict, verbose_name='before')),
                        ('after', models.JSONField(default=dict, verbose_name='after')),
                    ],
                    options={
                        'verbose_name': 'audit entry',
                        'verbose_name_plural': 'audit entries',
                        'db_table': 'providers_auditentry',
                        'ordering': ['-pk'],
                        'managed': False,
                    },
                ),
            ],
        ),
        migrations.RunPython(hold, let_go),
    ]
