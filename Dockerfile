FROM python:3.11-slim AS build
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
COPY pyproject.toml uv.lock README.md LICENSE manifest.yml hatch_build.py ./
RUN uv sync --frozen --no-dev --all-extras --no-install-project
COPY bot ./bot
COPY intents ./intents
COPY templates ./templates
RUN uv sync --frozen --no-dev --all-extras --no-editable
# What each start would work out from the pack: the bot has no home here to keep it in.
RUN /app/.venv/bin/python -m bot.cli.compile

FROM python:3.11-slim
RUN useradd --system --no-create-home bot
COPY --from=build /app/.venv /app/.venv
USER bot
EXPOSE 8765
# Whether the store can be used, as a balancer asks; 503 and no answer are both unhealthy.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["/app/.venv/bin/python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8765/readyz', timeout=4)"]
ENTRYPOINT ["/app/.venv/bin/bcbst-bot"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8765"]
