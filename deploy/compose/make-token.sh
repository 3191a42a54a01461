#!/bin/sh
# Makes a bearer token for the HTTP API: prints it, and adds its hash to the tokens file, which never holds the token itself.
set -eu

usage="usage: make-token.sh NAME viewer|operator|admin [TOKENS_FILE]"
name=${1:?"$usage"}
role=${2:?"$usage"}
file=${3:-"$(dirname "$0")/config/tokens.yaml"}

token=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
hash=$(printf %s "$token" | sha256sum | cut -d ' ' -f 1)

umask 077
printf -- '- { name: "%s", role: "%s", sha256: "%s" }\n' "$name" "$role" "$hash" >> "$file"
printf '%s\n' "$token"
