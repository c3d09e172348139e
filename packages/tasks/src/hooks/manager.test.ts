import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskEvent } from '../task-event.ts';
import { type Hook, LocalMemory } from './hook.ts';
import { HookManager } from './manager.ts';

const info = { name: 't', task_id: { value: 't' }, agent_id: { value: 'a' } };
const newTask = () => ({ info, sandbox: '/', environment: {}, memory: new LocalMemory() });
const quiet = () => new AbortController().signal;

/** Hooks `a`, `b`, `c`; `fails` names those that fail, `a AfterTaskHealthy`. */
function setUp(...fails: string[]) {
  const log: string[] = [];
  const hooks = ['a', 'b', 'c'].map(
    (name): Hook => ({
      name,
      handle: async event => {
        log.push(`${name} ${event}`);
        if (fails.includes(`${name} ${event}`)) throw new Error('no');
        return { LAST: name, [name]: event };
      },
    }),
  );
  const problems: string[] = [];
  const manager = new HookManager(hooks, { timeoutMs: 5000, onProblem: ({ message }) => problems.push(message) });
  const task = newTask();
  return { log, problems, fire: (event: TaskEvent) => manager.fire(event, task, quiet()) };
}

test('in order, the later variable wins; BeforeTerminate in reverse', async () => {
  const { fire, log } = setUp();
  assert.deepEqual(await fire('BeforeTaskStart'), {
    LAST: 'c',
    ...{ a: 'BeforeTaskStart', b: 'BeforeTaskStart', c: 'BeforeTaskStart' },
  });
  assert.deepEqual(await fire('BeforeTerminate'), {});
  assert.deepEqual(log.slice(3), ['c BeforeTerminate', 'b BeforeTerminate', 'a BeforeTerminate']);
});

test('a failure undoes those before it, once', async () => {
  const { fire, log } = setUp('c AfterTaskHealthy');
  await assert.rejects(fire('AfterTaskHealthy'), { code: 'HOOK', message: "Hook 'c' failed on AfterTaskHealthy: no" });
  await fire('BeforeTerminate');
  assert.deepEqual(log.slice(3), ['b BeforeTerminate', 'a BeforeTerminate', 'c BeforeTerminate']);
});

test('errors of BeforeTerminate are reported and stop nothing', async () => {
  const { fire, log, problems } = setUp('b BeforeTerminate');
  await fire('BeforeTerminate');
  assert.equal(log.length, 3);
  assert.deepEqual(problems, ["Hook 'b' failed on BeforeTerminate: no"]);
});

test('one that hangs is cut off; what ends the task comes after it', async () => {
  const log: string[] = [];
  const hook: Hook = {
    name: 'slow',
    handle: async (event, _, signal) => {
      if (event !== 'AfterTaskStart') return void log.push(event);
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  };
  const task = newTask();
  const manager = new HookManager([hook], { timeoutMs: 20, onProblem: assert.fail });
  await assert.rejects(
    manager.fire('AfterTaskStart', task, quiet()),
    /'slow' failed on AfterTaskStart: not done after 0.02 s/,
  );
  const abort = new AbortController();
  const cut = manager.fire('AfterTaskStart', task, abort.signal);
  abort.abort(new Error('the task is being ended'));
  const last = manager.fire('BeforeTerminate', task, quiet());
  await assert.rejects(cut, /the task is being ended/);
  await last;
  assert.deepEqual(log, ['BeforeTerminate']);
});

test('closing cuts short what runs, and undoes nothing', async () => {
  const log: string[] = [];
  const reached = Promise.withResolvers<void>();
  const quick: Hook = { name: 'quick', handle: async event => void log.push(event) };
  const slow: Hook = {
    name: 'slow',
    handle: (event, _, signal) => {
      if (event === 'BeforeTerminate') reached.resolve();
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  };
  const manager = new HookManager([quick, slow], { timeoutMs: 60_000, onProblem: assert.fail });
  const fired = [
    manager.fire('AfterTaskStart', newTask(), quiet()),
    manager.fire('BeforeTerminate', newTask(), quiet()),
  ];
  const outcomes = Promise.allSettled(fired);
  await reached.promise;
  await manager.close();
  for (const { status } of await outcomes) assert.equal(status, 'rejected');
  assert.deepEqual(log, ['AfterTaskStart']);
});
