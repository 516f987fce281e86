#!/usr/bin/env bash
# A throw-away PostgreSQL for tests and measurements, below target/postgres. Its settings are as
# durable as a server's should be (fsync, synchronous_commit and full_page_writes are on); it
# listens on 127.0.0.1 only, always on the same port.
#   postgres.sh url               creates and starts it where needed, prints its postgres:// URL
#   postgres.sh start             starts it again: same data, same port
#   postgres.sh stop [immediate]  ends it; immediate: without a checkpoint, as after a crash
#   postgres.sh restart [immediate]
#   postgres.sh remove            ends it and deletes its data
#   postgres.sh run COMMAND...    runs COMMAND with the URL in STATEBENCH_TEST_POSTGRES; a cluster
#                                 that was not running before is removed afterwards
# Safe to call from several processes at once.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$root/target/postgres
# Holds the path of the cluster's folder.
place=$folder/place
# Written last: where it is missing, the cluster is not complete.
url_file=$folder/url

user=statebench
patience=60

fail() {
  printf 'postgres: error: %s\n' "$1" >&2
  exit 1
}

# Debian keeps the server's programs off PATH.
find_programs() {
  local initdb
  initdb=$(command -v initdb ||
    printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n1)
  [ -x "$initdb" ] ||
    fail "no PostgreSQL server is installed (initdb is neither on PATH nor in /usr/lib/postgresql); run: scripts/setup.sh crates"
  programs=$(dirname "$(readlink -f "$initdb")")
  [ -x "$programs/pg_ctl" ] || fail "there is no pg_ctl beside $initdb"
}

# PostgreSQL refuses to run as root. Not the script's lock either: the server would keep it.
as_owner() {
  if [ "$(id -u)" -ne 0 ]; then
    "$@" 9>&-
  elif ! id postgres >/dev/null 2>&1; then
    fail "PostgreSQL does not run as root, and there is no user postgres: create it (useradd --system postgres), or call this as another user"
  elif command -v runuser >/dev/null; then
    (cd / && runuser -u postgres -- "$@" 9>&-)
  else
    (cd / && setpriv --reuid=postgres --regid=postgres --init-groups "$@" 9>&-)
  fi
}

control() { as_owner "$programs/pg_ctl" --pgdata="$cluster/data" --silent "$@"; }

is_complete() { [ -s "$url_file" ] && [ -s "$place" ] && [ -d "$(cat "$place")/data" ]; }

is_running() { as_owner "$programs/pg_ctl" --pgdata="$cluster/data" status >/dev/null 2>&1; }

# Below the range that the system takes for outgoing connections, so that nobody takes the port
# while the server is stopped.
free_port() {
  local port
  for _ in $(seq 100); do
    port=$((20000 + RANDOM % 10000))
    if ! (exec 8<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      printf '%s\n' "$port"
      return
    fi
  done
  fail "no free TCP port was found on 127.0.0.1"
}

create() {
  local password port
  delete
  mkdir -p "$folder"
  cluster=$folder/cluster
  mkdir "$cluster"
  if [ "$(id -u)" -eq 0 ]; then chown postgres "$cluster"; fi
  if ! as_owner test -w "$cluster"; then
    # A folder above it is closed to the server's user.
    rmdir "$cluster"
    cluster=$(mktemp -d "${TMPDIR:-/tmp}/statebench-postgres.XXXXXX")
    chown postgres "$cluster"
  fi
  printf '%s\n' "$cluster" >"$place"

  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  port=$(free_port)
  # Its output is shown only if it fails.
  as_owner sh -c 'printf %s "$1" >"$2/password" && exec "$3/initdb" --pgdata="$2/data" \
    --username="$4" --pwfile="$2/password" --auth=scram-sha-256 --encoding=UTF8 --no-locale \
    --no-sync >"$2/initdb.log" 2>&1' sh "$password" "$cluster" "$programs" "$user" ||
    fail "initdb failed: $(cat "$cluster/initdb.log" 2>/dev/null)"
  rm -f "$cluster/password"
  # The measured settings are named although some are the defaults.
  cat >>"$cluster/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = ''
fsync = on
synchronous_commit = on
full_page_writes = on
shared_buffers = 256MB
max_connections = 200
CONF
  (umask 077 && printf 'postgres://%s:%s@127.0.0.1:%s/postgres\n' "$user" "$password" "$port" >"$url_file")
}

start() {
  if is_complete; then cluster=$(cat "$place"); else create; fi
  is_running && return
  control --wait --timeout="$patience" --log="$cluster/log" start >&2 ||
    fail "the server did not start within $patience s; the end of $cluster/log: $(tail -n5 "$cluster/log")"
}

# stop fast|immediate
stop() {
  is_complete || return 0
  cluster=$(cat "$place")
  is_running || return 0
  control --wait --timeout="$patience" --mode="$1" stop >&2 ||
    fail "the server did not stop within $patience s: $cluster"
}

delete() {
  stop immediate
  if [ -s "$place" ]; then rm -rf "$(cat "$place")"; fi
  rm -rf "$folder/cluster" "$place" "$url_file"
}

mode() {
  case "${1:-fast}" in
    fast | immediate) printf '%s\n' "${1:-fast}" ;;
    *) fail "unknown mode '$1': give immediate, or nothing" ;;
  esac
}

# locked FUNCTION [ARGUMENT]: one process at a time.
locked() {
  exec 9>"$root/target/postgres.lock"
  flock --timeout 300 9 || fail "another process holds $root/target/postgres.lock for too long"
  "$@"
  exec 9>&-
}

run() {
  [ $# -gt 0 ] || fail "run: give a command"
  if [ -n "${STATEBENCH_TEST_POSTGRES:-}" ]; then exec "$@"; fi
  cluster=
  if is_complete; then cluster=$(cat "$place"); fi
  if [ -z "$cluster" ] || ! is_running; then trap 'locked delete' EXIT; fi
  locked start
  STATEBENCH_TEST_POSTGRES=$(cat "$url_file") "$@"
}

command=${1:-}
[ $# -eq 0 ] || shift
mkdir -p "$root/target"
case "$command" in
  url)
    find_programs
    locked start
    cat "$url_file"
    ;;
  start)
    find_programs
    locked start
    ;;
  stop)
    find_programs
    locked stop "$(mode "$@")"
    ;;
  restart)
    find_programs
    mode=$(mode "$@")
    restart() { stop "$mode" && start; }
    locked restart
    ;;
  remove)
    find_programs
    locked delete
    ;;
  run)
    find_programs
    run "$@"
    ;;
  *)
    fail "usage: scripts/postgres.sh url | start | stop [immediate] | restart [immediate] | remove | run COMMAND..."
    ;;
esac
