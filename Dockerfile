FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    PASSAGES_DATA=/data STATIC_ROOT=/app/staticfiles BIND=0.0.0.0 PORT=8000

WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt

COPY . .
# The key is for this one command, which signs nothing; a server is given its own.
RUN SECRET_KEY=only-to-collect-files python manage.py collectstatic --noinput --verbosity 0 \
    && useradd --system --uid 10001 --no-create-home passages \
    && install -d -o passages -m 700 /data

USER passages
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-m", "tools.healthy"]
ENTRYPOINT ["python", "-m", "tools.entry"]
