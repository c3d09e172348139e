/** The estimator and the controller that Mesos brings, as `--modules` creates them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Resource, ResourceUsageExecutor } from '@meseta/protocol';
import { createLogger, Metrics } from '@meseta/telemetry';
import { loadModules, type ModuleRegistry } from '../modules.ts';
import { LoadQoSController } from './load-qos-controller.ts';

const estimator = 'org_apache_mesos_FixedResourceEstimator';
const controller = 'org_apache_mesos_LoadQoSController';
const libraries = '/usr/local/lib/mesos/modules';

async function load(
  context: TestContext,
  library: object,
  name: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<{ readonly registry: ModuleRegistry; readonly log: () => string }> {
  const runtimeDirectory = mkdtempSync(join(tmpdir(), 'modules-'));
  const lines: string[] = [];
  const log = createLogger({ program: 'test', stderr: { write: line => lines.push(line) } }, 'test');
  context.after(() => rmSync(runtimeDirectory, { recursive: true }));
  const given = Object.entries(parameters).map(([key, value]) => ({ key, value }));
  const modules = { libraries: [{ ...library, modules: [{ name, parameters: given }] }] };
  const registry = await loadModules({ modules }, { runtimeDirectory, log, metrics: new Metrics() });
  context.after(() => registry.close());
  return { registry, log: () => lines.join('') };
}

const scalar = (name: string, value: number, more: Partial<Resource> = {}): Resource => ({
  ...{ name, type: 'SCALAR', scalar: { value } },
  ...more,
});
const revocable = { revocable: {} };

function executor(id: string, ...allocated: Resource[]): ResourceUsageExecutor {
  const executor_info = { executor_id: { value: id }, framework_id: { value: 'f' } };
  return { executor_info, allocated, container_id: { value: `c-${id}` } };
}

const used = executor('used', scalar('cpus', 1, { ...revocable, allocation_info: { role: 'web' } }), scalar('cpus', 2));

test('the fixed estimator offers its resources, minus those that are in use', async context => {
  const file = { file: `${libraries}/libfixed_resource_estimator-1.11.0.so` };
  const { registry } = await load(context, file, estimator, { resources: 'cpus:4;mem:512' });
  const made = await registry.resourceEstimator(estimator);
  const all = [scalar('cpus', 4, revocable), scalar('mem', 512, revocable)];
  assert.deepEqual(await made.oversubscribable({}), all);
  const left = [scalar('cpus', 3, revocable), scalar('mem', 512, revocable)];
  assert.deepEqual(await made.oversubscribable({ executors: [used] }), left);
});

const thresholds: { name: string; five?: number; fifteen?: number; killed: string[] }[] = [
  { name: 'there is no threshold', killed: [] },
  { name: 'the load is at the threshold', five: 5, fifteen: 15, killed: [] },
  { name: 'the load of five minutes is above it', five: 4.9, killed: ['used', 'shared'] },
  { name: 'the load of fifteen minutes is above it', five: 5, fifteen: 14.5, killed: ['used', 'shared'] },
];
for (const { name, five, fifteen, killed } of thresholds) {
  test(`executors on revocable resources that the load controller ends when ${name}`, async () => {
    const limits = { fiveMinutes: five, fifteenMinutes: fifteen };
    const made = new LoadQoSController(limits, { info: () => undefined }, () => [100, 5, 15]);
    const shared = executor('shared', scalar('mem', 1, revocable));
    const corrections = await made.corrections({ executors: [used, executor('fixed', scalar('cpus', 1)), shared] });
    assert.deepEqual(
      corrections.map(({ type, kill }) => [type, kill?.executor_id?.value, kill?.container_id?.value]),
      killed.map(id => ['KILL', id, `c-${id}`]),
    );
  });
}

test('the load controller is in its library; keys that it does not know are reported', async context => {
  const parameters = { load_threshold_5min: '-1', load_threshold_1min: '2' };
  const { registry, log } = await load(context, { name: 'load_qos_controller' }, controller, parameters);
  const made = await registry.qosController(controller);
  assert.equal((await made.corrections({ executors: [used] })).length, 1);
  assert.match(log(), /the parameter 'load_threshold_1min' is unknown/);
});

const refused: { name: string; parameters: Record<string, string>; message: RegExp }[] = [
  { name: estimator, parameters: {}, message: /FixedResourceEstimator', parameter 'resources': it is required/ },
  { name: estimator, parameters: { resources: 'cpus' }, message: /parameter 'resources': Bad value for resources/ },
  {
    name: controller,
    parameters: { load_threshold_15min: 'high' },
    message: /'load_threshold_15min': expecting a number, got 'high'$/,
  },
  { name: 'other', parameters: {}, message: /no module 'other' in the library; those of Mesos are org_apache/ },
  { name: 'constructor', parameters: { a: 'b' }, message: /no module 'constructor' in the library/ },
];
for (const { name, parameters, message } of refused) {
  test(`refused: ${name} with ${JSON.stringify(parameters)}`, context =>
    assert.rejects(load(context, { name: 'load_qos_controller' }, name, parameters), { name: 'ModuleError', message }));
}

test('a module of another kind is refused', async context => {
  const { registry } = await load(context, { name: 'load_qos_controller' }, controller);
  const message =
    /^No resource_estimator module named '.*' available, which --resource_estimator asks for; --modules has org/;
  await assert.rejects(registry.resourceEstimator(controller), { code: 'MODULE_UNKNOWN', message });
  await assert.rejects(registry.qosController('other'), { message: /which --qos_controller asks for/ });
  await assert.rejects(registry.isolator(controller), { message: /is a qos_controller, not an isolator/ });
});
