#!/bin/sh
# Comments a text on a pull request of GitHub, or changes the comment that is there: comment.sh FILE
#
# It needs curl, jq, and of a runner of GitHub Actions GITHUB_API_URL and GITHUB_REPOSITORY, with PULL_REQUEST (a number) and
# GITHUB_TOKEN (with the permission `pull-requests: write`).
set -eu

# The first line of each comment, which no reader sees: what it is found by.
mark='<!-- pcfg: what changes -->'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
comments=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues

# The token stands in a file, because everybody on the machine sees arguments.
printf 'header = "Authorization: Bearer %s"\n' "$GITHUB_TOKEN" >"$work/token"

ask() {
  curl --fail --silent --show-error --retry 2 --config "$work/token" --header 'Accept: application/vnd.github+json' "$@"
}

{ printf '%s\n' "$mark"; cat "$1"; } | jq --raw-input --slurp '{ body: . }' >"$work/body"

page=1
id=
while :; do
  ask "$comments/$PULL_REQUEST/comments?per_page=100&page=$page" >"$work/page"
  id=$(jq --raw-output --arg mark "$mark" '[.[] | select(.body | startswith($mark))][0].id // empty' "$work/page")
  [ -z "$id" ] && [ "$(jq length "$work/page")" = 100 ] || break
  page=$((page + 1))
done

if [ -n "$id" ]; then
  ask --request PATCH --data "@$work/body" --output /dev/null "$comments/comments/$id"
else
  ask --request POST --data "@$work/body" --output /dev/null "$comments/$PULL_REQUEST/comments"
fi
