#!/bin/sh
# Makes the Debian package: debian.sh OUT
#
# It builds what is not built yet, and needs cargo-deb: `cargo install --locked cargo-deb`. The package runs on systems whose C library is not
# older than the one here; the musl archives run everywhere.
set -eu

out=$1
command -v cargo-deb >/dev/null || cargo install --locked cargo-deb
cargo build --locked --release --bin pcfg
sh packaging/documents.sh target/release/pcfg target/dist
mkdir -p "$out"
cargo deb --no-build --no-strip --output "$out/"
for package in "$out"/*.deb; do
  (cd "$out" && sha256sum "$(basename "$package")" >"$(basename "$package").sha256")
done
