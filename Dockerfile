# An image with nothing in it but pcfg: 20 MB, no shell, no user but nobody.
#
#   docker build -t pcfg .
#   docker run --rm -v "$PWD:/work" -u "$(id -u):$(id -g)" pcfg export TST -i backup.zip -o TST.xml
#
# packaging/Dockerfile.release makes the same of a static binary that is there already.
FROM rust:1.95-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /source
COPY . .
RUN cargo build --locked --release --bin pcfg && cp target/release/pcfg /pcfg && mkdir -m 1777 /empty

FROM scratch
COPY --from=build /pcfg /pcfg
# Temporary files, and an embedded instance if nobody names another.
COPY --from=build /empty /tmp
# Certificates of a company: -v /etc/ssl/certs:/etc/ssl/certs:ro
ENV HOME=/tmp
USER 65534:65534
WORKDIR /work
ENTRYPOINT ["/pcfg"]
