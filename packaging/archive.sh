#!/bin/sh
# Packs a release: archive.sh PCFG TARGET DOCUMENTS OUT
#
# OUT gets pcfg-TARGET.tar.gz and its checksum. The same input gives the same bytes: files are sorted, and their times are that of
# SOURCE_DATE_EPOCH, or 0.
set -eu

pcfg=$1
target=$2
documents=$3
out=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

case $target in *windows*) program=pcfg.exe ;; *) program=pcfg ;; esac
cp "$pcfg" "$work/$program"
chmod 755 "$work/$program"
cp LICENSE README.md CHANGELOG.md SECURITY.md "$work/"
cp -R "$documents/man" "$documents/completions" "$work/"
mkdir -p "$work/samples" "$out"
cp -R samples/policies "$work/samples/"
name=pcfg-$target.tar.gz
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-0}" -C "$work" -cf - . --transform='s,^\./,,' |
  gzip -9n >"$out/$name"
(cd "$out" && sha256sum "$name" >"$name.sha256")
echo "$out/$name"
