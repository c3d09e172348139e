/** Every recorded answer of a Mesos agent, asked of ours in the same situation. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recording, serveViews, viewContext } from '../testing/recorded-agent.ts';

/** What is of that build of Mesos or of the moment. */
const ofItsOwn = new Set([
  'version',
  'git_sha',
  'git_branch',
  'build_date',
  'build_time',
  'build_user',
  'meseta_version',
]);

type Json = Record<string, unknown> | unknown[] | string | number | boolean | null;

/** Without what differs, with objects of lists in an order of their own: Mesos lists what is in hash tables. */
function comparable(value: Json): unknown {
  if (Array.isArray(value)) {
    const list = value.map(element => comparable(element as Json));
    return list.every(isEntry) ? list.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : list;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => !ofItsOwn.has(name) && name !== 'timestamp');
  const pairs = entries.map(([name, member]) => [name, comparable(member as Json)] as const);
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isEntry(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && ('id' in value || 'executor_info' in value || 'task_id' in value)
  );
}

const names = [
  'state containers monitor_statistics nope v1_GET_AGENT v1_GET_CONTAINERS v1_GET_EXECUTORS v1_GET_FLAGS',
  'v1_GET_FRAMEWORKS v1_GET_HEALTH v1_GET_LOGGING_LEVEL v1_GET_OPERATIONS v1_GET_RESOURCE_PROVIDERS v1_GET_STATE',
  'v1_GET_TASKS v1_GET_VERSION health',
].flatMap(line => line.split(' '));

for (const name of names) {
  test(`answers ${name} as recorded`, async t => {
    const address = await serveViews(t, viewContext());
    const { request, response } = recording(name);
    const answer = await fetch(address + request.path, {
      method: request.method,
      headers: request.headers ?? {},
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    assert.equal(answer.status, response.status);
    assert.equal(answer.headers.get('content-type'), response.headers['content-type'] ?? null);
    const text = await answer.text();
    const body = response.headers['content-type'] === 'application/json' ? JSON.parse(text) : text;
    assert.deepEqual(comparable(body), comparable(response.body));
  });
}

test('has every recorded metric, of the same value where that is the state', async t => {
  const context = viewContext();
  const address = await serveViews(t, context);
  const ours = (await (await fetch(`${address}/metrics/snapshot`)).json()) as Record<string, number>;
  const theirs = recording('metrics_snapshot').response.body as Record<string, number>;
  assert.deepEqual(
    Object.keys(theirs).filter(name => !(name in ours)),
    [],
  );
  // The rest counts what happened, or is of the machine.
  const same =
    /_(total|used|percent)$|slave\/(executors_r|frameworks|registered|executor_dir|tasks_(running|st|killing))/;
  for (const [name, value] of Object.entries(theirs)) {
    if (same.test(name) && name.startsWith('slave/')) assert.equal(ours[name], value, name);
  }
  const v1 = recording('v1_GET_METRICS');
  const answer = await fetch(address + v1.request.path, {
    method: 'POST',
    headers: v1.request.headers ?? {},
    body: JSON.stringify(v1.request.body),
  });
  const { get_metrics } = (await answer.json()) as { get_metrics: { metrics: { name: string; value: number }[] } };
  const listed = new Set(get_metrics.metrics.map(({ name }) => name));
  for (const { name } of v1.response.body.get_metrics.metrics) assert.ok(listed.has(name), name);
});
