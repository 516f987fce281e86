// Asks two Prometheus servers that have scraped a run for everything that monitoring/ asks for: each query must return data from
// one of them, and each name must exist. The second one takes native histograms, in place of classic ones.
// Usage: node queries.mjs PROMETHEUS-URL NATIVE-PROMETHEUS-URL BEGIN (seconds since 1970)
import { readFileSync } from 'node:fs';

const [plain, native, begin] = process.argv.slice(2);
const here = new URL('..', import.meta.url);
const read = (path) => readFileSync(new URL(path, here), 'utf8');

// Only where the database is a server and the platform counts its bytes: a run on SQLite has none.
const MAY_BE_ABSENT = new Set(['statebench_database_network_bytes_total']);

const complaints = [];

async function ask(prometheus, path, parameters = {}) {
  const answer = await fetch(`${prometheus}/api/v1/${path}?${new URLSearchParams(parameters)}`);
  const { status, error, data } = await answer.json();
  if (status !== 'success') throw new Error(`${path} ${JSON.stringify(parameters)}: ${error}`);
  return data;
}

/** Series that a query returned at any time since the run began. */
async function series(prometheus, query) {
  const end = Date.now() / 1000;
  const data = await ask(prometheus, 'query_range', { query, start: begin, end, step: 1 });
  return data.result.length;
}

const dashboard = JSON.parse(read('grafana/dashboards/statebench.json'));
const drawn = dashboard.panels.flatMap((panel) =>
  (panel.targets ?? []).map((target) => [panel.title, target.expr.replaceAll('$scenario', '.*')]));
let answered = 0;
for (const [title, query] of drawn) {
  // Alerts may be silent, and metrics of another database absent.
  const excused = query.startsWith('ALERTS') || [...MAY_BE_ABSENT].some((name) => query.includes(name));
  const found = [await series(plain, query), await series(native, query)];
  if (found.some((count) => count > 0)) answered += 1;
  else if (!excused) complaints.push(`dashboard, "${title}": no data for ${query}`);
}

const known = new Set();
for (const server of [plain, native]) {
  for (const name of await ask(server, 'label/__name__/values')) known.add(name);
  if (await series(server, 'scrape_samples_scraped > 0') === 0) complaints.push(`the run was never scraped by ${server}`);
}
const rules = read('rules/statebench.rules.yml');
const asked = [...rules.matchAll(/\bexpr: (\||.*)((?:\n {10,}.*)*)/g)].map((match) => match[1] + match[2]);
const names = new Set([...asked, ...drawn.map(([, query]) => query), JSON.stringify(dashboard.templating)]
  .flatMap((query) => query.match(/\bstatebench[a-z_:]+/g) ?? []));
for (const name of names) {
  if (!known.has(name) && !MAY_BE_ABSENT.has(name)) complaints.push(`no metric or record is named ${name}`);
}

const { groups } = await ask(plain, 'rules');
const loaded = groups.flatMap((group) => group.rules);
for (const rule of loaded.filter((rule) => rule.health !== 'ok')) {
  complaints.push(`rule ${rule.name}: ${rule.health} ${rule.lastError ?? ''}`);
}

// Native buckets are 2.2 % wide, from whose middle no value is further than half of that; and the quantile of one of them is
// interpolated, so a rank may fall into the next.
const NEAR = 0.05;
const last = (expression) => `last_over_time((${expression})[5m:1s])`;
const of = 'arm="candidate",scenario="normal",class="unique"';
const value = async (query) => Number((await ask(native, 'query', { query })).result[0]?.value[1]);
const estimated = await value(last(`histogram_quantile(0.5, statebench_save_response_seconds{${of}})`));
const exact = await value(last(`statebench_save_response_quantile_seconds{${of},quantile="0.5"}`));
if (!(Math.abs(estimated / exact - 1) < NEAR)) {
  complaints.push(`the median by native histogram is ${estimated} s, the exact one ${exact} s`);
}
console.log(`median by native histogram ${estimated} s, exact ${exact} s`);


console.log(`${answered} of ${drawn.length} queries of the dashboard returned data; ${names.size} names, ${loaded.length} rules`);
if (loaded.length === 0 || drawn.length === 0 || asked.length !== loaded.length) {
  complaints.push(`${drawn.length} queries, ${asked.length} rules in the file, ${loaded.length} loaded: something was not read`);
}
for (const complaint of complaints) console.error(complaint);
process.exit(complaints.length === 0 ? 0 : 1);
