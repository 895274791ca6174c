"""Entry of the training process. Threads and signals are settled before any library that computes is imported."""

import json
import os
import shutil
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType

from apps.training.trainer.errors import TrainerError
from apps.training.trainer.job import TrainJob, load_job
from apps.training.trainer.lifeline import end_with

TERMINATED = 143


def main(workdir: Path) -> int:
    """Do the job in `workdir`; returns the exit status."""
    partial = workdir / "out.partial"
    shutil.rmtree(partial, ignore_errors=True)
    _end_at_sigterm(partial)
    if "TRAINER_SUPERVISOR" in os.environ:
        end_with(int(os.environ["TRAINER_SUPERVISOR"]))
    try:
        job = load_job(workdir / "job.json")
        _limit_threads(job.threads)
        partial.mkdir()
        _work(job, workdir, partial)
        _sync(partial)
        partial.rename(workdir / "out")
    except TrainerError as error:
        return _fail(workdir, partial, kind=error.kind, message=error.message)
    except MemoryError:
        return _fail(workdir, partial, kind="out_of_memory", message="The process ran out of memory.")
    except Exception as error:
        traceback.print_exc()
        return _fail(workdir, partial, kind="internal", message=f"{type(error).__name__}: {error}")
    return 0


def _work(job: object, workdir: Path, partial: Path) -> None:
    # Imported here: these modules load torch, which must find the thread limits set.
    from apps.training.trainer.progress import Progress

    progress = Progress(workdir / "progress.jsonl")
    progress.report("start", "Loading libraries")
    if isinstance(job, TrainJob):
        from apps.training.trainer.train import run_train

        run_train(job, partial, progress)
    else:
        from apps.training.trainer.predict import run_predict

        run_predict(job, partial, progress)  # type: ignore[arg-type]
    progress.report("done", "Results complete")


def _limit_threads(threads: int) -> None:
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)
    # The Rust tokenizer's thread pool gains nothing at these sizes and warns after forks.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    # Threads that wait sleep instead of spinning: the web server may need the same cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def _end_at_sigterm(partial: Path) -> None:
    def end(signum: int, frame: FrameType | None) -> None:
        # _exit, since an exception raised here could be caught by whatever library is running just now.
        shutil.rmtree(partial, ignore_errors=True)
        os._exit(TERMINATED)

    signal.signal(signal.SIGTERM, end)


def _sync(folder: Path) -> None:
    """Bring every file to the disk before the rename says that they are there."""
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _fail(workdir: Path, partial: Path, *, kind: str, message: str) -> int:
    shutil.rmtree(partial, ignore_errors=True)
    (workdir / "error.json").write_text(json.dumps({"kind": kind, "message": message}), encoding="utf-8")
    sys.stderr.write(f"{kind}: {message}\n")
    return 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m apps.training.trainer <workdir>")
    sys.exit(main(Path(sys.argv[1])))
