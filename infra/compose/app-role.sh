#!/bin/sh
# Runs once, when Postgres makes its data folder: the application's login,
# which owns nothing. `weighhouse migrate` gives it the roles it may take.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$WEIGHHOUSE_APP_PASSWORD" \
    --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE weighhouse_app LOGIN NOINHERIT PASSWORD :'password';
SQL
