#!/bin/sh
# Writes what CHANGELOG.md says of a version: notes.sh VERSION
set -eu

notes=$(awk -v version="$1" '/^## / { own = index($0, "## [" version "]") == 1; next } own' CHANGELOG.md)
[ -n "$notes" ] || {
  echo "notes.sh: CHANGELOG.md has no version $1" >&2
  exit 1
}
printf '%s\n' "$notes"
