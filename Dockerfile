# Sluice as a container: `docker build -t sluice .`, then for example `docker run sluice serve --config /etc/sluice/sluice.yaml`.
#
# The version is that of the npm package `node` in package.json, which the tests ran with; here the image brings Node, so that
# package (a devDependency) is left out. Debian, not Alpine: the Temporal SDK's native part needs glibc.
FROM node:24.21.0-bookworm-slim

# The slim image has no root certificates, which TLS to a Temporal server with a public certificate needs.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*

ENV NODE_ENV=production
WORKDIR /opt/sluice

# Packages first: they change less often than the code. No package of ours needs its install script.
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force

# Node runs the TypeScript as it is: there is nothing to build.
COPY src ./src
RUN ln -s /opt/sluice/src/cli/bin.mjs /usr/local/bin/sluice

# A new volume at this place takes over its owner, so that the process may write there.
RUN install --directory --owner=node --group=node --mode=0700 /var/lib/sluice
VOLUME /var/lib/sluice
# By number, so that Kubernetes can see that it is not root.
USER 1000:1000

EXPOSE 8080/tcp 5300/udp 5300/tcp

# For the roles with an HTTP API (serve, api). It handles SIGTERM itself, so it needs no init process in front.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

ENTRYPOINT ["node", "/opt/sluice/src/cli/bin.mjs"]
CMD ["serve", "--config", "/etc/sluice/sluice.yaml"]
