"""The doors of reviewers and adjudicators."""
