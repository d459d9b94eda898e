# The operator as an image, for clusters that may not run programs from ConfigMaps.
#   npm ci && docker build -t registry.example/duotel:0.1.0 .
# then in duotel.yaml: operator: {builtImage: registry.example/duotel:0.1.0}
FROM docker.io/library/node:24.19.0-bookworm-slim@sha256:a9f5f7c91a432850b2a8a7797adf5eadb6c733ceed61167806cee7ea7fbc29df
COPY build/operator.mjs /duotel/operator.mjs
USER 1000:1000
# The flags are those of charts/operator.ts.
ENTRYPOINT ["node", "--optimize-for-size", "--no-opt", "--no-maglev", "--liftoff-only", "/duotel/operator.mjs"]
