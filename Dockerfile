# One file, two images: `app` (web, worker, beat) and `training` (the same with PyTorch).
#   docker build --target app -t touchstone .
#   docker build --target training -t touchstone-training --build-arg TORCH_INDEX=<address of the index with the CPU build> .

FROM python:3.11-slim-bookworm AS base-packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY requirements /requirements
RUN pip install -r /requirements/base.txt

FROM base-packages AS ml-packages
# Empty: PyPI's build, with CUDA.
ARG TORCH_INDEX=
RUN if [ -n "$TORCH_INDEX" ]; then pip install --index-url "$TORCH_INDEX" -c /requirements/constraints.txt torch; fi \
    && pip install -r /requirements/ml.txt

FROM python:3.11-slim-bookworm AS runtime
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin touchstone \
    && install -d -o touchstone -g touchstone /data /data/artifacts /data/embeddings
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.prod \
    ARTIFACT_ROOT=/data/artifacts \
    EMBEDDING_CACHE_ROOT=/data/embeddings
# What manifests and runs write down as the code's version, since an image holds no git folder.
ARG TOUCHSTONE_VERSION=
ENV TOUCHSTONE_VERSION=$TOUCHSTONE_VERSION
WORKDIR /app
EXPOSE 8000

FROM runtime AS app
COPY --from=base-packages /venv /venv
COPY . .
# The values only let the settings load; none of them is kept in the image.
RUN SECRET_KEY=build ALLOWED_HOSTS=build DATABASE_URL=postgres:///build CELERY_BROKER_URL=memory:// \
    python manage.py collectstatic --noinput
USER touchstone
CMD ["granian", "--interface", "wsgi", "--no-ws", "--log-level", "warning", "--workers", "2", "--blocking-threads", "4", \
     "--host", "0.0.0.0", "--port", "8000", "config.wsgi:application"]

FROM app AS training
COPY --from=ml-packages /venv /venv
CMD ["celery", "--app", "config", "--quiet", "worker", "--queues", "training", "--concurrency", "1", \
     "--hostname", "training@%h"]
