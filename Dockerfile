# Two stages: npm installs what the lock file says, the script that the tests run too lays out what is needed, and that
# alone goes into an image without a shell or a package manager. Builds for linux/amd64 and linux/arm64:
#
#   docker buildx build --platform linux/amd64,linux/arm64 --sbom=true --provenance=mode=max -t <image> --push .

ARG NODE_VERSION=26.9.0

FROM node:${NODE_VERSION}-trixie-slim AS build
WORKDIR /src
COPY package.json package-lock.json LICENSE ./
COPY packages/common/package.json packages/common/
COPY packages/shard/package.json packages/shard/
COPY packages/frontend/package.json packages/frontend/
COPY packages/cli/package.json packages/cli/
COPY packages/sim/package.json packages/sim/
# No install script of any package runs. Node is this image's own: the npm package of the same version is for checkouts.
RUN npm ci --omit=dev --ignore-scripts
COPY packages packages
COPY scripts/image-layout.ts scripts/
RUN node scripts/image-layout.ts /image

FROM gcr.io/distroless/cc-debian13:nonroot
COPY --from=build /image /app
USER 65532:65532
# One arena of malloc: with one a thread, 40 to 60 MiB more stay resident (docs/performance.md).
ENV NODE_ENV=production MALLOC_ARENA_MAX=1
ENTRYPOINT ["/app/bin/node", "/app/packages/cli/src/main.ts"]
