"""The trainer: `python -m apps.training.trainer <workdir>`, a process of its own that knows no Django.

It reads `job.json`, appends to `progress.jsonl`, and hands over its results by renaming `out.partial/` to `out/`; so
whoever finds `out/` finds it complete. It exits 0 with `out/`, 1 with `error.json`, 143 after SIGTERM. torch is
imported in this process only, because touching torch before a fork hangs the child.
"""
