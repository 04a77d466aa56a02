#!/bin/sh
# Makes what compose.yaml reads from ./secrets, once: nothing that is there is replaced.
set -eu
umask 077
mkdir -p secrets
random() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }
if [ ! -e secrets/tandem_secret ]; then random > secrets/tandem_secret; fi
if [ ! -e secrets/postgres_password ]; then
  password=$(random)
  printf '%s' "$password" > secrets/postgres_password
  printf 'postgres://tandem:%s@postgres:5432/tandem' "$password" > secrets/database_url
fi
# Compose mounts the files as they are, for a user of the container who is nobody here; the directory lets nobody in.
chmod 0700 secrets
chmod 0444 secrets/tandem_secret secrets/database_url secrets/postgres_password
echo 'secrets/ is ready: keep a copy of secrets/tandem_secret in another safe place.'
