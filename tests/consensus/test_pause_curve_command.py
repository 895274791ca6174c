"""`manage.py pause_curve`: what it tells, and what it refuses."""

import io

import pytest
from django.core.management import CommandError, call_command


def told(**options):
    out = io.StringIO()
    call_command("pause_curve", stdout=out, runs=500, **options)
    return out.getvalue()


def test_it_tells_share_and_median_by_accuracy():
    lines = told(honeypots=60).splitlines()
    assert [line for line in lines if line.startswith("within")] == [
        "within 50 known items: accuracy, share paused, median item",
        "within 60 known items: accuracy, share paused, median item",
    ]
    worst, best = lines[1].split(), lines[11].split()
    assert (worst[0], worst[1]) == ("0.50", "100.0%")
    assert 5 <= int(worst[2]) <= 9
    assert (best[0], best[2]) == ("0.98", "-")


@pytest.mark.parametrize("bad", [{"floor": 0.95}, {"alpha": 0.0}, {"honeypots": 0}])
def test_levels_out_of_range_are_refused(bad):
    with pytest.raises(CommandError):
        told(**bad)
