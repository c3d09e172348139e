/**
 * Every file of an agent's state is cut off at every byte, lengthened, filled with zeros and removed. The next agent uses what is
 * complete, or says which file is damaged and what to do; with --no-strict it counts that and goes on. It reads nothing that was not
 * written.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { checkId, type ResourceState } from '@meseta/protocol';
import { Slice, systemClock } from '@meseta/system';
import { silentLogger } from '@meseta/telemetry/testing';
import { ApiContainerStore, type StoredContainer } from '../api-containers/store.ts';
import { Paths } from '../disk/paths.ts';
import { StatusUpdateManager } from '../status-updates/manager.ts';
import { writeStoredState } from '../testing/stored-state.ts';
import { type Boot, readBoot } from './boot.ts';
import { type AgentRecord, type FrameworkRecord, readAgent, readFrameworks } from './read.ts';
import { readResources } from './read-resources.ts';
import type { TaskRecord } from './read-task.ts';
import { readVersions } from './state-version.ts';

const directory = await mkdtemp(join(tmpdir(), 'meseta-torn-'));
after(() => rm(directory, { recursive: true }));
await writeStoredState(directory, 0);
const work = join(directory, 'work');
const framework = join(work, 'meta/slaves/test-S0/frameworks/test-0000');
const log = silentLogger();
const disk = { perform: async () => undefined };

/** All that is read of a state. */
interface Read {
  readonly boot: Boot;
  readonly outdated: readonly string[];
  readonly agent: AgentRecord | undefined;
  readonly frameworks: readonly FrameworkRecord[];
  readonly resources: ResourceState;
  readonly containers: readonly StoredContainer[];
  readonly damages: number;
}

/** @param ofFramework only what is in the framework's directory may have changed, so that the rest is not read again. */
async function read(
  options: { readonly strict: boolean; readonly rebooted?: boolean },
  ofFramework = false,
): Promise<Read> {
  let damages = 0;
  const onDamage = () => damages++;
  const damage = { strict: options.strict, slice: new Slice(), log, onDamage };
  const paths = new Paths(work);
  const statusUpdates = new StatusUpdateManager({ disk, clock: systemClock, log, forward: () => undefined });
  const context = { ...damage, rebooted: options.rebooted ?? false, paths, statusUpdates };
  if (ofFramework) return { ...others, frameworks: await readFrameworks(context, checkId('test-S0')), damages };
  const boot = readBoot(paths.bootId, damage);
  const outdated = await readVersions([paths.version], damage);
  const resources = await readResources(paths, damage);
  const agent = await readAgent(context);
  const frameworks = agent ? await readFrameworks(context, agent.id) : [];
  const containers = await new ApiContainerStore(join(directory, 'runtime'), disk, log, onDamage).read();
  return { boot, outdated, agent, frameworks, resources, containers, damages };
}

/** What is not there, or is what was written. */
function assertOneOf(found: unknown, written: readonly unknown[], what: string): void {
  const known = found === undefined || written.some(each => isDeepStrictEqual(each, found));
  if (!known) assert.deepEqual(found, written[0], what);
}

function assertTask(found: TaskRecord, written: TaskRecord): void {
  for (const part of ['info', 'kill', 'hooks', 'group'] as const) assertOneOf(found[part], [written[part]], part);
  assert.deepEqual(found.updates, written.updates.slice(0, found.updates.length), 'updates');
  assertOneOf(found.lastForwarded, written.updates, 'the last forwarded update');
  if (found.closed) assert.ok(written.closed);
}

/** The addresses of v0 drivers are left out: a shorter number of a port looks like another port. */
function assertNothingElse(found: Read, whole: Read): void {
  assertOneOf(found.agent?.info, [whole.agent?.info], 'the agent');
  assertOneOf(found.agent?.drainConfig, [whole.agent?.drainConfig], 'draining');
  for (const each of found.frameworks) {
    const written = whole.frameworks.find(({ id }) => id === each.id);
    assert.deepEqual(each.info, written?.info);
    for (const executor of each.executors) {
      const other = written?.executors.find(({ ids }) => ids.executorId === executor.ids.executorId);
      const { pid: _, speaksHttp, tasks, ...rest } = executor;
      assert.ok(other);
      assert.ok(!speaksHttp || other.speaksHttp);
      assert.deepEqual(rest, { ids: other.ids, info: other.info, kind: other.kind });
      for (const task of tasks) {
        const same: TaskRecord | undefined = other.tasks.find(
          ({ info }) => info.task_id.value === task.info.task_id.value,
        );
        assert.ok(same);
        assertTask(task, same);
      }
    }
  }
  const { operations, resources } = whole.resources;
  assertOneOf(found.resources, [{ operations, resources }, { operations: [], resources }, nothing], 'resources');
  for (const { id, config, termination } of found.containers) {
    const written = whole.containers.find(each => isDeepStrictEqual(each.id, id));
    assert.deepEqual(config, written?.config);
    assertOneOf(termination, [written?.termination], 'a termination');
  }
}

const nothing: ResourceState = { operations: [], resources: [] };

/**
 * What becomes of a file that is cut off:
 * - `refused`: the agent does not start, unless `strict` is off; when it is not synced, also not after a crash of the machine
 * - `shorter`: the complete records at its beginning are used
 * - `skipped`: it is as if it were not there
 */
type Cut = 'refused' | 'shorter' | 'skipped';

interface Kind {
  readonly name: string;
  readonly path: string;
  /** The executors that are left in the state, so that it is read soon. */
  readonly executors?: readonly string[];
  readonly cut: Cut | 'any';
  /** It is complete also after a crash of the machine. */
  readonly synced?: true;
  /** Empty, it is not as if it were not there. */
  readonly neverEmpty?: true;
}

const meta = (file: string) => join(work, 'meta', file);
const runtime = (file: string) => join(directory, 'runtime', file);
const ofExecutor = (name: string, file: string) => join(framework, 'executors', name, file);
const [run] = await readdir(ofExecutor('killed', 'runs')).then(names => names.filter(name => name !== 'latest'));
const [podRun] = await readdir(ofExecutor('pod', 'runs')).then(names => names.filter(name => name !== 'latest'));
const [driverRun] = await readdir(ofExecutor('driver', 'runs')).then(names => names.filter(name => name !== 'latest'));
const ofKilled = (file: string) => ofExecutor('killed', `runs/${run}/tasks/killed/${file}`);
const ofPod = (file: string) => ofExecutor('pod', `runs/${podRun}/tasks/pod-1/${file}`);
await writeFile(
  ofKilled('task.hooks'),
  JSON.stringify({ variables: { A: 'b' }, fired: ['BeforeTaskStart'], memory: {} }),
);
await writeFile(meta('version'), '1\n');

const others = await read({ strict: true });
const kinds: readonly Kind[] = [
  { name: 'version', path: meta('version'), cut: 'refused', synced: true, neverEmpty: true },
  { name: 'boot_id', path: meta('boot_id'), cut: 'skipped', synced: true, neverEmpty: true },
  { name: 'slave.info', path: meta('slaves/test-S0/slave.info'), cut: 'refused', neverEmpty: true },
  { name: 'drain.config', path: meta('slaves/test-S0/drain.config'), cut: 'refused' },
  {
    name: 'resources_and_operations.state',
    path: meta('resources/resources_and_operations.state'),
    cut: 'refused',
    synced: true,
    neverEmpty: true,
  },
  { name: 'framework.info', path: join(framework, 'framework.info'), cut: 'refused' },
  { name: 'framework.pid', path: join(framework, 'framework.pid'), cut: 'any' },
  { name: 'executor.info of a command task', path: ofExecutor('killed', 'executor.info'), cut: 'refused' },
  {
    name: 'executor.info of a custom executor',
    path: ofExecutor('driver', 'executor.info'),
    executors: ['driver'],
    cut: 'refused',
  },
  {
    name: 'executor_generated_for_command_task',
    path: ofExecutor('killed', 'executor_generated_for_command_task'),
    cut: 'refused',
  },
  {
    name: 'libprocess.pid',
    path: ofExecutor('driver', `runs/${driverRun}/pids/libprocess.pid`),
    executors: ['driver'],
    cut: 'any',
  },
  { name: 'task.info', path: ofKilled('task.info'), cut: 'refused' },
  { name: 'task.updates', path: ofKilled('task.updates'), cut: 'shorter' },
  { name: 'task.kill', path: ofKilled('task.kill'), cut: 'refused' },
  { name: 'task.hooks', path: ofKilled('task.hooks'), cut: 'refused' },
  { name: 'task.group', path: ofPod('task.group'), executors: ['pod'], cut: 'refused' },
  { name: 'task.info in a pod', path: ofPod('task.info'), executors: ['pod'], cut: 'refused' },
  { name: 'config of a stand-alone container', path: runtime('containers/alone/config'), cut: 'skipped' },
  {
    name: 'termination of a nested container',
    path: runtime('containers/alone/containers/nested/termination'),
    cut: 'skipped',
  },
];

/** Runs with some executors only. */
async function withExecutors(names: readonly string[], run: () => Promise<void>): Promise<void> {
  const aside = join(directory, 'aside');
  await mkdir(aside);
  const all = await readdir(join(framework, 'executors'));
  const hidden = all.filter(name => !names.includes(name));
  for (const name of hidden) await rename(ofExecutor(name, ''), join(aside, name));
  try {
    await run();
  } finally {
    for (const name of hidden) await rename(join(aside, name), ofExecutor(name, ''));
    await rm(aside, { recursive: true });
  }
}

/** With --no-strict and after a crash of the machine, not every length is tried. */
const each = 5;

for (const { name, path, executors, cut, synced, neverEmpty } of kinds) {
  test(`${name}, cut off and damaged`, async t => {
    const ofFramework = path.startsWith(framework);
    await withExecutors(executors ?? (ofFramework ? ['killed'] : []), async () => {
      const whole = await read({ strict: true });
      assert.equal(whole.damages, 0);
      const bytes = await readFile(path);
      t.after(() => writeFile(path, bytes));
      const damages: [string, Buffer | undefined, Cut | 'any'][] = [
        ...Array.from({ length: bytes.length }, (_, length): [string, Buffer, Cut | 'any'] => [
          `after ${length} of ${bytes.length} bytes`,
          bytes.subarray(0, length),
          length === 0 && !neverEmpty ? 'any' : cut,
        ]),
        ['with garbage after it', Buffer.concat([bytes, Buffer.from('\u0007\u0000\u0000\u0000garbage')]), 'any'],
        ['with zeros after it', Buffer.concat([bytes, Buffer.alloc(100)]), 'any'],
        ['with zeros only', Buffer.alloc(bytes.length + 5), neverEmpty ? cut : 'any'],
        ['that is missing', undefined, 'any'],
      ];
      for (const [what, content, expected] of damages) {
        const damage = () => (content ? writeFile(path, content) : rm(path, { force: true }));
        const context = `${path} ${what}`;
        await damage();
        const strict = await read({ strict: true }, ofFramework).catch((error: Error & { code?: string }) => error);
        if (strict instanceof Error) {
          assert.equal(strict.code, 'RECOVERY_FAILED', `${context}: ${strict.stack}`);
          assert.ok(strict.message.includes(path), `${context}: ${strict.message}`);
          assert.match(strict.message, /--no-strict/);
          assert.ok(expected === 'refused' || expected === 'any', context);
        } else {
          assert.notEqual(expected, 'refused', `${context} was not noticed`);
          assertNothingElse(strict, whole);
        }
        if (content && content.length < bytes.length && content.length % each !== 0) continue;
        await damage();
        const lenient = await read({ strict: false }, ofFramework);
        if (strict instanceof Error) assert.equal(lenient.damages, 1, context);
        assertNothingElse(lenient, whole);
        if (synced || neverEmpty || !content || content.length >= bytes.length) continue;
        await damage();
        assertNothingElse(await read({ strict: true, rebooted: true }, ofFramework), whole);
      }
      await writeFile(path, bytes);
      await writeFile(`${path}.new`, bytes.subarray(1));
      assert.deepEqual(await read({ strict: true }), whole, 'with what was to replace it');
      await rm(`${path}.new`);
    });
  });
}
