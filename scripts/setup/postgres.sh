# shellcheck shell=bash
# The server programs that scripts/postgres.sh starts a throw-away cluster with. Sourced by
# scripts/setup.sh.

setup_postgres() {
  if have initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then return 0; fi
  # Debian's package also makes a cluster of its own; it is never used.
  install_packages "the tests run on a throw-away PostgreSQL" postgresql
}
