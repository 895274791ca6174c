"""Honeypots, and what is decided about a person in a queue; the claim knows of both."""

from pathlib import Path

import django.db.models.deletion
import uuid6
from django.conf import settings
from django.db import migrations, models


_SQL = Path(__file__).parent / "sql"
SQL = (_SQL / "0005_honeypots.sql").read_text()
_CLAIM = (_SQL / "0002_claim.sql").read_text().partition("CREATE FUNCTION queues_claim(")[2]
UNDO = f"""
DROP FUNCTION queues_honeypots_ahead, queues_take_honeypot, queues_honeypots_free, queues_is_honeypot_turn;
CREATE OR REPLACE FUNCTION queues_claim({_CLAIM}
"""


class Migration(migrations.Migration):

    dependencies = [
        ('intake', '0003_imports_in_steps'),
        ('projects', '0001_initial'),
        ('queues', '0004_assistance'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ReviewerAdmission',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=300)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ReviewerExclusion',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=300)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ReviewerPause',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=300)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.RemoveConstraint(
            model_name='item',
            name='item_state_known',
        ),
        migrations.AddField(
            model_name='item',
            name='original',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='copies', to='queues.item'),
        ),
        migrations.AddField(
            model_name='queue',
            name='honeypot_alpha',
            field=models.FloatField(default=0.05),
        ),
        migrations.AddField(
            model_name='queue',
            name='honeypot_beta',
            field=models.FloatField(default=0.01),
        ),
        migrations.AddField(
            model_name='queue',
            name='honeypot_floor',
            field=models.FloatField(default=0.75),
        ),
        migrations.AddField(
            model_name='queue',
            name='honeypot_good',
            field=models.FloatField(default=0.92),
        ),
        migrations.AddField(
            model_name='queue',
            name='honeypot_share',
            field=models.FloatField(default=0),
        ),
        migrations.AddField(
            model_name='queue',
            name='qualification_items',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='queue',
            name='qualification_threshold',
            field=models.FloatField(default=0.8),
        ),
        migrations.AddField(
            model_name='queue',
            name='qualification_tries',
            field=models.PositiveSmallIntegerField(default=2),
        ),
        migrations.AddField(
            model_name='reviewercursor',
            name='n_turns',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name='item',
            name='source',
            field=models.CharField(choices=[('trace', 'Trace'), ('escalation', 'Escalation'), ('comparison', 'Comparison'), ('honeypot', 'Honeypot')], default='trace', max_length=16),
        ),
        migrations.AlterField(
            model_name='item',
            name='state',
            field=models.CharField(choices=[('open', 'Open'), ('adjudication', 'Adjudication'), ('settled', 'Settled'), ('retired', 'Retired'), ('honeypot', 'Honeypot')], default='open', max_length=16),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(condition=models.Q(('state', 'honeypot')), fields=['queue'], name='item_honeypots'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'adjudication', 'settled', 'retired', 'honeypot'])), name='item_state_known'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('original__isnull', False), ('source', 'honeypot'), ('state__in', ['honeypot', 'retired']), ('wanted_max', 0)), models.Q(models.Q(('source', 'honeypot'), _negated=True), ('original__isnull', True), models.Q(('state', 'honeypot'), _negated=True)), _connector='OR'), name='item_honeypot_asks_nothing'),
        ),
        migrations.AddConstraint(
            model_name='queue',
            constraint=models.CheckConstraint(condition=models.Q(('honeypot_share__gte', 0), ('honeypot_share__lte', 0.5)), name='queue_honeypot_share_0_half'),
        ),
        migrations.AddConstraint(
            model_name='queue',
            constraint=models.CheckConstraint(condition=models.Q(('honeypot_floor__gt', 0), ('honeypot_floor__lt', models.F('honeypot_good')), ('honeypot_good__lt', 1), ('honeypot_alpha__gt', 0), ('honeypot_alpha__lt', 1), ('honeypot_beta__gt', 0), ('honeypot_beta__lt', 1)), name='queue_honeypot_test'),
        ),
        migrations.AddConstraint(
            model_name='queue',
            constraint=models.CheckConstraint(condition=models.Q(('qualification_items__lte', 50), ('qualification_tries__gte', 1), ('qualification_tries__lte', 9), ('qualification_threshold__gt', 0), ('qualification_threshold__lte', 1)), name='queue_qualification'),
        ),
        migrations.AddField(
            model_name='revieweradmission',
            name='ended_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='revieweradmission',
            name='queue',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='queues.queue'),
        ),
        migrations.AddField(
            model_name='revieweradmission',
            name='reviewer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='revieweradmission',
            name='started_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reviewerexclusion',
            name='ended_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reviewerexclusion',
            name='queue',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='queues.queue'),
        ),
        migrations.AddField(
            model_name='reviewerexclusion',
            name='reviewer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reviewerexclusion',
            name='started_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reviewerpause',
            name='ended_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reviewerpause',
            name='queue',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='queues.queue'),
        ),
        migrations.AddField(
            model_name='reviewerpause',
            name='reviewer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reviewerpause',
            name='started_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='revieweradmission',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('queue', 'reviewer'), name='revieweradmission_one_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='revieweradmission',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by__isnull', True)), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False)), _connector='OR'), name='revieweradmission_ended_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='reviewerexclusion',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('queue', 'reviewer'), name='reviewerexclusion_one_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='reviewerexclusion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by__isnull', True)), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False)), _connector='OR'), name='reviewerexclusion_ended_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='reviewerpause',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('queue', 'reviewer'), name='reviewerpause_one_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='reviewerpause',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by__isnull', True)), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False)), _connector='OR'), name='reviewerpause_ended_by_somebody'),
        ),
        migrations.RunSQL(SQL, UNDO),
    ]
