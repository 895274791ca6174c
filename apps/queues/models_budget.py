"""What has been spent of a queue's label budget."""

from django.db import models


class LabelSpending(models.Model):
    """Answers given and being given in a queue that has a label budget, without those to known items.

    Kept by the triggers `review_spends_label` and its kin on reviews, at the end of each transaction, which refuse what
    goes beyond the budget. A queue that never had a budget has no row.
    """

    queue = models.OneToOneField("queues.Queue", on_delete=models.CASCADE, primary_key=True, related_name="spending")
    spent = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.spent} answers in {self.queue}"
