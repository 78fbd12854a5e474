#!/bin/sh
# Installs a released pcfg into a folder: install.sh [VERSION [FOLDER]]
#
# VERSION is a tag such as v0.1.0, or `latest`; FOLDER is ~/.local/bin without one. PCFG_RELEASES names the page of the releases,
# https://github.com/OWNER/pcfg/releases. What was downloaded is installed only if it has the checksum beside it.
set -eu

version=${1:-latest}
folder=${2:-$HOME/.local/bin}
releases=${PCFG_RELEASES:?set it to the page of the releases, such as https://github.com/OWNER/pcfg/releases}

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

case "$(uname -s) $(uname -m)" in
  "Linux x86_64") target=x86_64-unknown-linux-musl ;;
  "Linux aarch64") target=aarch64-unknown-linux-musl ;;
  "Darwin x86_64") target=x86_64-apple-darwin ;;
  "Darwin arm64") target=aarch64-apple-darwin ;;
  *) fail "there is no binary for $(uname -s) $(uname -m): build it with 'cargo install --locked --path .'" ;;
esac

case $version in
  latest) from=$releases/latest/download ;;
  *) from=$releases/download/$version ;;
esac

name=pcfg-$target.tar.gz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for file in "$name" "$name.sha256"; do
  curl --fail --silent --show-error --location --retry 2 --output "$work/$file" "$from/$file" ||
    fail "cannot download $from/$file"
done

cd "$work"
# The line holds the checksum and the name, as sha256sum writes it.
if command -v sha256sum >/dev/null; then
  sha256sum --check --status "$name.sha256" || fail "$name has another checksum than $name.sha256 says"
else
  shasum -a 256 --check --status "$name.sha256" || fail "$name has another checksum than $name.sha256 says"
fi
tar -xzf "$name" pcfg
cd - >/dev/null
mkdir -p "$folder"
# In one step, so that nobody runs half of it.
mv "$work/pcfg" "$folder/.pcfg.new"
chmod 755 "$folder/.pcfg.new"
mv -f "$folder/.pcfg.new" "$folder/pcfg"
"$folder/pcfg" --version
