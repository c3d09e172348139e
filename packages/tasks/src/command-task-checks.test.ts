/** The recorded statuses of tasks with checks, and the life of a task with hooks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newCommandTask, step } from './command-task.ts';
import type { CommandTaskEffect, CommandTaskInput, CommandTaskOptions } from './command-task-types.ts';
import { type KnownCommandTask, recoverCommandTask, recoverLostCommandTask } from './recover-command-task.ts';
import type { TaskEvent } from './task-event.ts';

const launched: CommandTaskInput = { type: 'launched' };
const begin: CommandTaskInput = { type: 'begin' };
const exit = (code: number): CommandTaskInput => ({ type: 'exited', exit: { kind: 'exited', code } });
const terminated: CommandTaskInput = { type: 'exited', exit: { kind: 'signaled', signal: 15, core: false } };
const kill = (nowMs: number, graceMs?: number): CommandTaskInput => ({
  type: 'kill',
  nowMs,
  ...(graceMs !== undefined && { graceMs }),
});
const health = (healthy: boolean, kills = false): CommandTaskInput => ({
  type: 'health',
  healthy,
  kill: kills,
  nowMs: 0,
});
const unhealthy: CommandTaskInput = {
  ...{ type: 'health', healthy: false, kill: false, nowMs: 0 },
  message: 'Health check failed: timed out after 2 s',
};
const code = (exit_code: number): CommandTaskInput => ({
  type: 'check',
  status: { type: 'COMMAND', command: { exit_code } },
});
const done = (event: TaskEvent, error?: string): CommandTaskInput => ({
  type: 'hooks-done',
  event,
  nowMs: 0,
  ...(error !== undefined && { error }),
});

/** An effect in a word or two; `+`/`-` is health, `[n]` the check's exit code. */
function show(effect: CommandTaskEffect): string {
  if (effect.type === 'fire-hooks') return effect.event;
  if (effect.type === 'signal') return effect.signal;
  if (effect.type === 'set-timer') return `${effect.timer} in ${effect.delayMs}`;
  if (effect.type !== 'update') return effect.type;
  const { state, message, reason, healthy, check_status } = effect.update;
  const check = check_status && `[${check_status.command?.exit_code ?? ''}]`;
  const words = [
    state.slice(5),
    reason?.slice(12, 18),
    message,
    healthy === undefined ? undefined : healthy ? '+' : '-',
  ];
  return [...words, check].filter(word => word !== undefined).join(' ');
}

const check = { type: 'COMMAND', command: { command: { value: 'exit 4' } } } as const;
const upToRunning = [begin, done('BeforeTaskStart'), launched, done('AfterTaskStart')];
const shownUpToRunning = ['STARTING', 'BeforeTaskStart', 'launch', 'AfterTaskStart', 'RUNNING'];
const terminating = ['checkpoint-kill', 'BeforeTerminate'];
const sigterm = ['SIGTERM', 'escalate in 3000'];
/** When BeforeTerminate is done, the time of SIGKILL is known. */
const afterHooks = ['checkpoint-kill', ...sigterm];

const cases: {
  name: string;
  options?: Partial<CommandTaskOptions>;
  inputs: CommandTaskInput[];
  effects: string[];
}[] = [
  {
    name: 'unhealthy twice, as recorded: KILLED, with TASK_KILLING saying nothing of health',
    options: { healthCheck: true, reportsKilling: true },
    inputs: [launched, health(false), health(false, true), terminated],
    effects: [
      ...['STARTING', 'RUNNING', 'start-checks', 'RUNNING HEALTH -', 'RUNNING HEALTH -', 'checkpoint-kill'],
      ...['KILLING', 'stop-checks', ...sigterm, 'clear-timers', 'stop-checks'],
      'KILLED Command terminated with signal Terminated -',
    ],
  },
  {
    name: 'what was seen of a task that is not healthy',
    options: { healthCheck: true },
    inputs: [launched, unhealthy, health(true)],
    effects: [
      ...['STARTING', 'RUNNING', 'start-checks', 'RUNNING HEALTH Health check failed: timed out after 2 s -'],
      'RUNNING HEALTH +',
    ],
  },
  {
    name: 'a check, as recorded: every status says that there is one',
    options: { check },
    inputs: [launched, code(4), exit(0)],
    effects: [
      ...['STARTING []', 'RUNNING []', 'start-checks', 'RUNNING CHECK_ [4]', 'clear-timers', 'stop-checks'],
      'FINISHED Command exited with status 0 []',
    ],
  },
  {
    name: 'health and check updates carry what the other one knows',
    options: { check, healthCheck: true },
    inputs: [launched, health(true), code(4), health(false)],
    effects: [
      'STARTING []',
      'RUNNING []',
      'start-checks',
      'RUNNING HEALTH + []',
      'RUNNING CHECK_ + [4]',
      'RUNNING HEALTH - [4]',
    ],
  },
  {
    name: 'a killed task is not asked for its health any more',
    options: { healthCheck: true },
    inputs: [launched, kill(0), health(false, true), health(true)],
    effects: ['STARTING', 'RUNNING', 'start-checks', 'checkpoint-kill', 'stop-checks', ...sigterm],
  },
  {
    name: 'hooks: a whole life',
    options: { hooks: true, graceMs: 3000 },
    inputs: [...upToRunning, done('AfterTaskHealthy'), exit(0), done('BeforeTerminate')],
    effects: [
      ...[...shownUpToRunning, 'AfterTaskHealthy', 'clear-timers', 'BeforeTerminate'],
      'FINISHED Command exited with status 0',
    ],
  },
  {
    name: 'hooks: AfterTaskHealthy waits for the first passed check, healthy is told after it',
    options: { hooks: true, healthCheck: true },
    inputs: [...upToRunning, health(false), health(true), health(true), done('AfterTaskHealthy'), health(true)],
    effects: [
      ...[...shownUpToRunning, 'start-checks', 'RUNNING HEALTH -', 'AfterTaskHealthy', 'RUNNING HEALTH +'],
      'RUNNING HEALTH +',
    ],
  },
  {
    name: 'hooks: BeforeTaskStart fails',
    options: { hooks: true },
    inputs: [begin, done('BeforeTaskStart', 'no'), done('BeforeTerminate')],
    effects: ['STARTING', 'BeforeTaskStart', 'clear-timers', 'BeforeTerminate', 'FAILED no'],
  },
  {
    name: 'hooks: AfterTaskStart fails',
    options: { hooks: true, reportsKilling: true },
    inputs: [...upToRunning.slice(0, 3), done('AfterTaskStart', 'no'), done('BeforeTerminate', 'ignored'), terminated],
    effects: [...[...shownUpToRunning.slice(0, 4), ...terminating, ...afterHooks, 'clear-timers'], 'FAILED no'],
  },
  {
    name: 'hooks: AfterTaskHealthy fails',
    options: { hooks: true, reportsKilling: true },
    inputs: [...upToRunning, done('AfterTaskHealthy', 'no'), done('BeforeTerminate'), terminated],
    effects: [
      ...[...shownUpToRunning, 'AfterTaskHealthy', 'checkpoint-kill', 'KILLING', 'BeforeTerminate', ...afterHooks],
      ...['clear-timers', 'FAILED no'],
    ],
  },
  {
    name: 'hooks: a task that ends during AfterTaskStart gets no RUNNING',
    options: { hooks: true },
    inputs: [...upToRunning.slice(0, 3), exit(1), done('AfterTaskStart'), done('BeforeTerminate')],
    effects: [
      ...[...shownUpToRunning.slice(0, 4), 'clear-timers', 'cancel-hooks', 'BeforeTerminate'],
      'FAILED Command exited with status 1',
    ],
  },
  {
    name: 'hooks: kills while BeforeTaskStart runs make one KILLED, and cut it short',
    options: { hooks: true },
    inputs: [begin, kill(0), kill(0), done('BeforeTaskStart'), done('BeforeTerminate')],
    effects: [
      ...['STARTING', 'BeforeTaskStart', 'clear-timers', 'cancel-hooks', 'BeforeTerminate'],
      'KILLED KILLED A kill task request was received before the task was launched',
    ],
  },
  {
    name: 'hooks: a kill while it is being launched, that comes too late to prevent it, has the whole grace',
    options: { hooks: true },
    inputs: [begin, done('BeforeTaskStart'), kill(0, 900), launched, done('BeforeTerminate'), exit(0)],
    effects: [
      ...[
        'STARTING',
        'BeforeTaskStart',
        'launch',
        'destroy',
        ...terminating,
        'checkpoint-kill',
        'SIGTERM',
        'escalate in 900',
      ],
      ...['clear-timers', 'KILLED Command exited with status 0'],
    ],
  },
  {
    name: 'hooks: a later kill shortens the wait, also while BeforeTerminate runs',
    options: { hooks: true },
    inputs: [...upToRunning, kill(0, 900), kill(0, 500), kill(0, 700), done('BeforeTerminate'), kill(0, 100)],
    effects: [
      ...[...shownUpToRunning, 'AfterTaskHealthy', 'checkpoint-kill', 'cancel-hooks', 'BeforeTerminate'],
      ...['checkpoint-kill', 'checkpoint-kill', 'SIGTERM', 'escalate in 500'], // shortened once, then with its time
      ...['checkpoint-kill', 'escalate in 100'],
    ],
  },
  {
    name: 'hooks: the task ends while BeforeTerminate of a kill runs',
    options: { hooks: true, reportsKilling: true },
    inputs: [...upToRunning, done('AfterTaskHealthy'), kill(0), exit(0), done('BeforeTerminate')],
    effects: [
      ...[...shownUpToRunning, 'AfterTaskHealthy', 'checkpoint-kill', 'KILLING', 'BeforeTerminate', 'clear-timers'],
      'KILLED Command exited with status 0',
    ],
  },
  {
    name: 'hooks: unhealthy is FAILED where the host wants that',
    options: { hooks: true, healthCheck: true, unhealthyState: 'TASK_FAILED' },
    inputs: [...upToRunning, health(false, true), done('BeforeTerminate'), terminated],
    effects: [
      ...[...shownUpToRunning, 'start-checks', 'RUNNING HEALTH -', 'checkpoint-kill', 'stop-checks'],
      ...['BeforeTerminate', ...afterHooks],
      ...['clear-timers', 'stop-checks', 'FAILED Command terminated with signal Terminated -'],
    ],
  },
  {
    name: 'an expired certificate',
    inputs: [launched, { type: 'certificate-expired', nowMs: 0 }, terminated],
    effects: [
      ...['STARTING', 'RUNNING', 'checkpoint-kill', ...sigterm, 'clear-timers', 'KILLED Certificate expired -'],
    ],
  },
];

for (const { name, options, inputs, effects } of cases) {
  test(name, () => {
    let task = newCommandTask({ reportsKilling: false, ...options });
    const shown: string[] = [];
    for (const input of inputs) {
      const [next, more] = step(task, input);
      shown.push(...more.map(show));
      task = next;
    }
    assert.deepEqual(shown, effects);
  });
}

const recoveries: {
  name: string;
  options?: Partial<CommandTaskOptions>;
  known: Partial<KnownCommandTask>;
  inputs?: CommandTaskInput[];
  effects: string[];
}[] = [
  {
    name: 'checks begin again; hooks that ran before do not run again',
    options: { healthCheck: true },
    known: { running: 1, fired: new Set(['AfterTaskHealthy']) },
    inputs: [health(true)],
    effects: ['start-checks', 'RUNNING HEALTH +'],
  },
  {
    name: 'not healthy yet',
    options: { healthCheck: true },
    known: { running: 1 },
    inputs: [health(true), done('AfterTaskHealthy')],
    effects: ['start-checks', 'AfterTaskHealthy', 'RUNNING HEALTH +'],
  },
  { name: 'hooks were cut short after RUNNING', known: { running: 1 }, effects: ['AfterTaskHealthy'] },
  {
    name: 'hooks were cut short before RUNNING',
    known: {},
    inputs: [done('AfterTaskStart')],
    effects: ['AfterTaskStart', 'RUNNING', 'AfterTaskHealthy'],
  },
  {
    name: 'hooks were cut short, and the task ended meanwhile',
    known: { running: 1, ended: true },
    inputs: [exit(0), done('BeforeTerminate')],
    effects: ['clear-timers', 'BeforeTerminate', 'FINISHED Command exited with status 0'],
  },
  {
    name: 'killed, BeforeTerminate was cut short',
    known: { running: 1, kill: { verdict: { state: 'TASK_KILLED' }, graceMs: 3000 } },
    inputs: [done('BeforeTerminate'), terminated],
    effects: [...terminating, ...afterHooks, 'clear-timers', 'KILLED Command terminated with signal Terminated'],
  },
  {
    name: 'killed, BeforeTerminate has run',
    known: {
      running: 1,
      kill: { verdict: { state: 'TASK_KILLED' }, graceMs: 3000 },
      fired: new Set(['BeforeTerminate']),
    },
    inputs: [terminated],
    effects: ['checkpoint-kill', ...sigterm, 'clear-timers', 'KILLED Command terminated with signal Terminated'],
  },
  {
    name: 'being stopped for a hook that failed',
    known: {
      running: 1,
      kill: { verdict: { state: 'TASK_FAILED', message: 'no' }, graceMs: 3000 },
      fired: new Set(['BeforeTerminate']),
    },
    inputs: [terminated],
    effects: ['checkpoint-kill', ...sigterm, 'clear-timers', 'FAILED no'],
  },
  {
    name: 'killed before RUNNING',
    known: { kill: { verdict: { state: 'TASK_KILLED' }, graceMs: 3000 } },
    inputs: [done('BeforeTerminate'), terminated],
    effects: [...terminating, ...afterHooks, 'clear-timers', 'KILLED Command terminated with signal Terminated'],
  },
  {
    name: 'ended, BeforeTerminate has run, its last update was not made',
    known: { running: 1, fired: new Set(['BeforeTerminate']) },
    inputs: [exit(0)],
    effects: ['clear-timers', 'FINISHED Command exited with status 0'],
  },
];

for (const { name, options, known, inputs = [], effects } of recoveries) {
  test(`recovered with hooks: ${name}`, () => {
    const all = { starting: true, running: undefined, ...known };
    const moment = { timeMs: 5, nowMs: 5 };
    let [task, todo] = recoverCommandTask({ reportsKilling: false, hooks: true, ...options }, all, moment);
    const shown = todo.map(show);
    for (const input of inputs) {
      [task, todo] = step(task, input);
      shown.push(...todo.map(show));
    }
    assert.deepEqual(shown, effects);
  });
}

for (const fired of [[], ['BeforeTerminate']] as const) {
  test(`recovered with hooks: the container is gone, ${fired} ran before`, () => {
    const lost = recoverLostCommandTask({ reportsKilling: false, hooks: true }, new Set(fired));
    const [task, todo] = step(lost, { type: 'lost', message: 'gone' });
    const [, more] = step(task, done('BeforeTerminate'));
    const expected =
      fired.length > 0
        ? ['clear-timers', 'FAILED TOR_TE gone']
        : ['clear-timers', 'BeforeTerminate', 'FAILED TOR_TE gone'];
    assert.deepEqual([...todo, ...more].map(show), expected);
  });
}
