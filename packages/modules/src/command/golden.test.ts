/** Against fixtures/command-modules.json: the original modules on Apache Mesos 1.12, recorded. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { IsolatorChain } from '@meseta/containers/testing';
import {
  AgentInfo,
  ContainerConfig,
  ContainerID,
  ExecutorInfo,
  FrameworkInfo,
  fromV0Json,
  type MessageType,
  TaskInfo,
} from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { silentLogger } from '@meseta/telemetry/testing';
import { modes } from '../testing/conformance.ts';
import { type Bench, type Mode, setUp } from '../testing/harness.ts';

interface Call {
  readonly method: string;
  readonly input: Readonly<Record<string, unknown>>;
}

interface Story {
  readonly answers: Readonly<Record<string, string>>;
  readonly calls: readonly (Call | string)[];
  readonly updates: readonly { readonly state: string; readonly reason?: string; readonly message?: string }[];
  readonly log: readonly string[];
}

const recorded = JSON.parse(readFileSync(new URL('../../fixtures/command-modules.json', import.meta.url), 'utf8'));
const stories = recorded.stories as Readonly<Record<string, Story>>;
const whole = stories['labels, environment, prepare']!;
const pod = stories['a pod of two']!;

const methodsUsed = [
  'slaveRunTaskLabelDecorator',
  'slaveExecutorEnvironmentDecorator',
  'slaveRemoveExecutorHook',
  'prepare',
  'isolate',
  'watch',
  'usage',
  'cleanup',
];

/** Every script keeps its input, sees that standard input has the same, looks at its files, then answers. */
function recording(answer = ''): string {
  return `cp "$1" "$0.input"; cmp -s "$1" - || touch "$0.differs"
    stat -c %a:%s "$2" "$3" > "$0.files"; stat -c %a "$1" >> "$0.files"; pwd > "$0.cwd"
    ${answer}`;
}

function bench(context: TestContext, mode: Mode, answers: Story['answers'] = {}): Promise<Bench> {
  const scripts = Object.fromEntries(methodsUsed.map(method => [method, recording(answers[method])]));
  const hangs = (method: string) => answers[method]?.includes('sleep 30');
  const parameters = {
    ...(hangs('slaveRunTaskLabelDecorator') && { hook_slave_run_task_label_decorator_timeout: '5' }),
    ...(hangs('prepare') && { isolator_prepare_timeout: '5' }),
    isolator_watch_frequence: '30',
  };
  return setUp({ mode, scripts, parameters }).then(made => {
    context.after(() => made.close());
    return made;
  });
}

const calls = ({ calls }: Story) => calls.filter(call => typeof call !== 'string');
const read = <T>(type: MessageType<T>, { input }: Call, member: string): T => fromV0Json(type, input[member]);

/** Makes one recorded call through hook or isolator, as the agent would. */
async function replay({ hooks, isolator, metrics }: Bench, call: Call): Promise<void> {
  const id = () => read(ContainerID, call, 'container_id');
  const executor = () => read(ExecutorInfo, call, 'executor_info');
  const framework = () => read(FrameworkInfo, call, 'framework_info');
  switch (call.method) {
    case 'slaveRunTaskLabelDecorator': {
      const agent = read(AgentInfo, call, 'slave_info');
      await hooks.slaveRunTaskLabelDecorator(read(TaskInfo, call, 'task_info'), executor(), framework(), agent);
      return;
    }
    case 'slaveExecutorEnvironmentDecorator':
      await hooks.slaveExecutorEnvironmentDecorator(executor());
      return;
    case 'slaveRemoveExecutorHook':
      return hooks.slaveRemoveExecutorHook(framework(), executor());
    case 'prepare':
      await isolator.prepare!(id(), read(ContainerConfig, call, 'container_config'));
      return;
    case 'isolate':
      return isolator.isolate!(id(), call.input.pid as number);
    case 'watch': {
      const discard = new AbortController();
      const count = (what: string) => metrics.snapshot()[`modules/test/watch/${what}`]!;
      const before = count('calls');
      const watch = isolator.watch!(id(), discard.signal);
      await eventually('it has looked', () => count('calls') > before && count('in_flight') === 0);
      discard.abort();
      await watch;
      return;
    }
    case 'usage':
      await isolator.usage!(id());
      return;
    case 'cleanup':
      return isolator.cleanup!(id());
    default:
      throw new Error(call.method);
  }
}

const lives: [name: string, story: Story][] = [
  ['a command task', whole],
  ['a pod', pod],
];
for (const mode of modes) {
  for (const [name, story] of lives) {
    test(`${mode}: ${name}: every command is handed what the original handed it`, context =>
      handed(context, mode, story));
  }
}

async function handed(context: TestContext, mode: Mode, story: Story): Promise<void> {
  const made = await bench(context, mode);
  const script = (method: string, suffix: string) => join(made.directory, 'scripts', `${method}.${suffix}`);
  const cleaned = new Set<string>();
  for (const call of calls(story)) {
    const key = JSON.stringify(call.input.container_id);
    if (call.method === 'watch' && cleaned.has(key)) continue; // recorded: a last run that was under way
    await replay(made, call);
    if (call.method === 'cleanup') cleaned.add(key);
    const text = readFileSync(script(call.method, 'input'), 'utf8');
    assert.deepEqual(JSON.parse(text), call.input, call.method);
    assert.equal(text, JSON.stringify(call.input), `${call.method}: order of keys`);
    assert.equal(existsSync(script(call.method, 'differs')), false, `${call.method}: standard input`);
    if (mode === 'fork') assert.equal(readFileSync(script(call.method, 'files'), 'utf8'), '600:0\n600:0\n600\n');
    assert.equal(readFileSync(script(call.method, 'cwd'), 'utf8').trim(), process.cwd());
  }
}

const first = (method: string) => calls(whole).find(call => call.method === method)!;

/** Launches as the agent does; returns the message that its status update would have, undefined when it runs. */
async function launch(made: Bench): Promise<{ reason: string; message: string } | undefined> {
  const failed = (message: string, reason = 'REASON_CONTAINER_LAUNCH_FAILED') => ({ reason, message });
  const chain = new IsolatorChain([made.isolator], silentLogger());
  const id = read(ContainerID, first('prepare'), 'container_id');
  const discard = new AbortController();
  let watches = false;
  try {
    await replay(made, first('slaveRunTaskLabelDecorator'));
    await replay(made, first('slaveExecutorEnvironmentDecorator'));
    await chain.prepare(id, read(ContainerConfig, first('prepare'), 'container_config'));
    const limited = chain.watch(id, discard.signal);
    watches = true;
    const [limitation] = await Promise.all([
      Promise.race([
        limited,
        chain
          .isolate(id, 4711)
          .then(() => chain.usage(id))
          .then(() => undefined),
      ]),
    ]);
    if (limitation === undefined) return undefined;
    const message = `Failed to launch container: Container is being destroyed during isolating; ${limitation.message ?? ''}`;
    return failed(message, limitation.reason);
  } catch (error) {
    return failed(`Failed to launch container: ${(error as Error).message}`);
  } finally {
    // A watch that is discarded before its program has begun leaves no trace.
    if (watches) await eventually('the watch', () => existsSync(join(made.directory, 'scripts', 'watch.input')));
    discard.abort();
    await chain.cleanup(id).catch(error => cleanupFailures.push(error.message));
    await replay(made, first('slaveRemoveExecutorHook'));
  }
}

let cleanupFailures: string[] = [];

/** What was recorded, with our paths; the original's words for a time-out say nothing, ours do. */
const translate = (text: string, { command }: Bench) =>
  text
    .replace(/<scripts>\/(\w+)/g, (_, method) => command(method))
    .replace('Command execution error', `Command "${command('prepare')}" took too long to execute.`);

for (const mode of modes) {
  for (const [name, story] of Object.entries(stories)) {
    if (story !== pod) test(`${mode}: outcome: ${name}`, context => endsAs(context, mode, story));
  }
}

async function endsAs(context: TestContext, mode: Mode, story: Story): Promise<void> {
  cleanupFailures = [];
  const made = await bench(context, mode, story.answers);
  const outcome = await launch(made);
  const last = story.updates.at(-1)!;
  // A watch and an isolate that end at once: which is first is chance, here as there.
  if (last.reason === undefined) assert.equal(outcome, undefined);
  else if (outcome !== undefined) {
    assert.deepEqual(outcome, { reason: last.reason, message: translate(last.message ?? '', made) });
  } else assert.ok(story.answers.watch, 'only a watch may come too late');
  for (const line of story.log) checkWarning(line, made);
  for (const method of new Set(story.calls.map(call => (typeof call === 'string' ? call : call.method)))) {
    const chance = method === 'usage' || (method === 'watch' && story.answers.prepare !== undefined); // another container's
    if (!chance) assert.ok(existsSync(join(made.directory, 'scripts', `${method}.input`)), method);
  }
}

/** What the original warned of is in our log, in the same words, but for an empty answer, which is none. */
function checkWarning(line: string, made: Bench): void {
  const [, warning] = /manager\.cpp:\d+\] Agent (.*)$/.exec(line) ?? [];
  const [, cleanup] = /(Failed to clean up an isolator .*)$/.exec(line) ?? [];
  if (cleanup !== undefined) {
    assert.deepEqual(
      cleanupFailures.map(text => text.trim()),
      [translate(cleanup, made)],
    );
  }
  if (warning === undefined || warning.endsWith('No content to parse')) return;
  const words = warning.endsWith('Command execution error')
    ? warning.replace('Command execution error', 'Command "<scripts>/slaveRunTaskLabelDecorator" took too long')
    : warning;
  assert.ok(made.log().includes(translate(words, made)), `${words}\nis not in\n${made.log()}`);
}
