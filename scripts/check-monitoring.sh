#!/usr/bin/env bash
# Checks monitoring/ without a run: Prometheus' and Alertmanager's configuration, the alert rules and their tests, that each
# alert has a test that fires it, and that each is explained in docs/runbook.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
promtool=$(scripts/prometheus.sh promtool)
amtool=$(scripts/prometheus.sh amtool)
rules=monitoring/rules/statebench.rules.yml tests=monitoring/rules/statebench.tests.yml

# quietly COMMAND...: shows what it said only where it failed.
quietly() {
  local said
  said=$("$@" 2>&1) || { printf '%s\n' "$said" >&2; exit 1; }
}
quietly "$promtool" check config monitoring/prometheus.yml
quietly "$promtool" test rules "$tests"
quietly "$amtool" check-config monitoring/alertmanager.yml

wrong=0
complain() {
  printf '%s\n' "$*" >&2
  wrong=1
}
while IFS= read -r alert; do
  awk -v alert="$alert" '
    $2 == "alertname:" { ours = $3 == alert }
    ours && /exp_labels/ { fires = 1 }
    END { exit !fires }' "$tests" || complain "$tests: no test fires $alert"
  grep -qix "## $alert" docs/runbook.md || complain "docs/runbook.md: no section \"## $alert\""
  grep -qF "runbook_url: docs/runbook.md#${alert,,}" "$rules" || complain "$rules: no runbook_url for $alert"
done < <(sed -n 's/^ *- alert: //p' "$rules")
while IFS= read -r section; do
  grep -qxF "      - alert: $section" "$rules" || complain "docs/runbook.md explains $section, which is no alert"
done < <(sed -n 's/^## \(Statebench.*\)/\1/p' docs/runbook.md)
exit "$wrong"
