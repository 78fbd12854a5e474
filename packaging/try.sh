#!/bin/sh
# Tries an archive of a release as somebody would who has just downloaded it: try.sh ARCHIVE
set -eu

archive=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
tar -xzf "$archive"
pcfg=./pcfg
[ -e "$pcfg" ] || pcfg=./pcfg.exe

"$pcfg" --version
# A fresh embedded instance has the sample project.
mkdir home
HOME=$work/home XDG_DATA_HOME=$work/home LOCALAPPDATA=$work/home "$pcfg" export DEMO --quiet -o demo.xml
"$pcfg" validate --quiet demo.xml
"$pcfg" format --check --quiet demo.xml
"$pcfg" validate --quiet --policy samples/policies/filters-not-public.toml demo.xml
for file in LICENSE README.md CHANGELOG.md SECURITY.md man/pcfg.1 completions/pcfg.bash completions/_pcfg completions/pcfg.fish; do
  [ -s "$file" ] || { echo "try.sh: $file is not in the archive" >&2; exit 1; }
done
echo "tried: $(basename "$archive")"
