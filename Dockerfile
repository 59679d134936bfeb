# Images by digest: what is built tomorrow is what was built today. Dependabot proposes newer ones.
FROM python:3.11-slim@sha256:e41613d42d4891e4930f79523f93f81bbc7632584ec65e36ab055f41a800b41e AS build
WORKDIR /app
COPY deploy/uv.txt ./
RUN pip install --no-cache-dir --require-hashes --requirement uv.txt
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
COPY pyproject.toml uv.lock README.md LICENSE manifest.yml hatch_build.py ./
RUN uv sync --frozen --no-dev --all-extras --no-install-project
COPY bot ./bot
COPY intents ./intents
COPY templates ./templates
RUN uv sync --frozen --no-dev --all-extras --no-editable
# What each start would work out from the pack: the bot has no home here to keep it in.
RUN /app/.venv/bin/python -m bot.pack

FROM python:3.11-slim@sha256:e41613d42d4891e4930f79523f93f81bbc7632584ec65e36ab055f41a800b41e
ARG VERSION=0 REVISION=unknown SOURCE=
LABEL org.opencontainers.image.title="bcbst-bot" \
  org.opencontainers.image.description="A Slack and Teams bot over a member's health plan data and provider directory" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION" \
  org.opencontainers.image.source="$SOURCE"
# A number, so that a cluster can tell that it is not root. The default store lies in the working folder.
RUN groupadd --system --gid 10001 bot && useradd --system --uid 10001 --gid bot --no-create-home bot \
  && install -d -o bot -g bot -m 700 /data
COPY --from=build /app/.venv /app/.venv
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8765
# Whether the store can be used, as a balancer asks; 503 and no answer are both unhealthy.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["/app/.venv/bin/python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8765/readyz', timeout=4)"]
ENTRYPOINT ["/app/.venv/bin/bcbst-bot"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8765"]
