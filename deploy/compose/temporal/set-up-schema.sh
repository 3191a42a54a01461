#!/bin/sh
# Brings Temporal's two databases to the version of this image. Does no harm when they are there already.
# The tool reads the password from SQL_PASSWORD.
set -eu

sql() {
  database=$1
  shift
  temporal-sql-tool --plugin postgres12 --ep "$POSTGRES_HOST" -p 5432 -u "$POSTGRES_USER" --db "$database" "$@"
}

set_up() {
  sql "$1" create
  sql "$1" setup-schema -v 0.0
  sql "$1" update-schema -d "/etc/temporal/schema/postgresql/v12/$2/versioned"
}

set_up temporal temporal
set_up temporal_visibility visibility
