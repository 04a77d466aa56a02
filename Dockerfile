# syntax=docker/dockerfile:1
# Two stages: the first has what building needs, the second what running needs. No secret is in any layer: they come
# as files or variables when it starts.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
# The web app, then only what runs: the pinned Node comes with the packages.
RUN node --input-type=module -e "import('./scripts/prepare.mjs').then((m) => m.buildWeb(m.runtime()))" \
 && npm prune --omit=dev --no-audit --no-fund \
 && mkdir -p node_modules/.cache/tandem \
 && rm -rf test bench examples docs .ci .git

FROM debian:bookworm-slim
# pg_dump and pg_restore, for `tandem backup` with PostgreSQL; certificates, for every way out.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates postgresql-client \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin tandem \
 && install -d -o tandem -g tandem -m 0700 /data
COPY --from=build --chown=root:root /app /app
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    TANDEM_DATA_DIR=/data \
    NODE_COMPILE_CACHE=/tmp/tandem
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["/app/deploy/node", "/app/deploy/healthy.mjs"]
ENTRYPOINT ["/app/deploy/tandem"]
CMD ["start"]
