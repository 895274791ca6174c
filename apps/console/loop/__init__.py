"""The loop on a labelled file: the services of the pages, with simulated, marked reviewers in the people's place."""
