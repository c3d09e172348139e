import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newCommandTask, step } from './command-task.ts';
import type {
  CommandTask,
  CommandTaskEffect,
  CommandTaskInput,
  CommandTaskOptions,
  KillRecord,
} from './command-task-types.ts';
import { recoverCommandTask } from './recover-command-task.ts';

const launched: CommandTaskInput = { type: 'launched' };
const exit = (code: number): CommandTaskInput => ({ type: 'exited', exit: { kind: 'exited', code } });
const died = (signal: number): CommandTaskInput => ({
  type: 'exited',
  exit: { kind: 'signaled', signal, core: false },
});
const kill = (nowMs: number, graceMs?: number): CommandTaskInput => ({
  type: 'kill',
  nowMs,
  ...(graceMs === undefined ? {} : { graceMs }),
});
const failed = (cause: 'exec' | 'destroyed' | 'other'): CommandTaskInput => ({
  type: 'launch-failed',
  cause,
  message: 'no',
});

const destroyed: CommandTaskInput = {
  type: 'destroyed',
  state: 'TASK_GONE',
  reason: 'REASON_CONTAINER_PREEMPTED',
  message: 'preempted',
};

/** An effect in a word or two. */
function show(effect: CommandTaskEffect): string {
  switch (effect.type) {
    case 'update': {
      const { state, message, reason, healthy, check_status } = effect.update;
      const health = healthy === undefined ? undefined : healthy ? 'healthy' : 'unhealthy';
      const check = check_status && `check ${JSON.stringify(check_status.command)}`;
      return [state.slice(5), reason?.slice(7), message, health, check].filter(part => part !== undefined).join(' | ');
    }
    case 'signal':
      return effect.signal;
    case 'set-timer':
      return `${effect.timer} in ${effect.delayMs}`;
    case 'fire-hooks':
      return `fire ${effect.event}`;
    default:
      return effect.type;
  }
}

function run(task: CommandTask, inputs: readonly CommandTaskInput[]): string[] {
  const shown: string[] = [];
  let current = task;
  for (const input of inputs) {
    const [next, effects] = step(current, input);
    shown.push(...effects.map(show));
    current = next;
  }
  return shown;
}

const started = ['STARTING', 'RUNNING'];
const cases: {
  name: string;
  options?: Partial<CommandTaskOptions>;
  inputs: CommandTaskInput[];
  effects: string[];
}[] = [
  {
    name: 'exit 0 is FINISHED',
    inputs: [launched, exit(0)],
    effects: [...started, 'clear-timers', 'FINISHED | Command exited with status 0'],
  },
  {
    name: 'any other exit is FAILED',
    inputs: [launched, exit(3)],
    effects: [...started, 'clear-timers', 'FAILED | Command exited with status 3'],
  },
  {
    name: 'exit 143 is no signal',
    inputs: [launched, exit(143)],
    effects: [...started, 'clear-timers', 'FAILED | Command exited with status 143'],
  },
  {
    name: 'destroyed by the agent',
    inputs: [launched, destroyed, died(9)],
    effects: [...started, 'clear-timers', 'GONE | CONTAINER_PREEMPTED | preempted'],
  },
  {
    name: 'destroyed by the agent during the launch',
    inputs: [destroyed, failed('destroyed')],
    effects: ['GONE | CONTAINER_PREEMPTED | preempted'],
  },
  {
    name: 'destroyed by the agent while it is killed',
    inputs: [launched, kill(0), destroyed],
    effects: [
      ...started,
      'checkpoint-kill',
      'KILLING',
      'SIGTERM',
      'escalate in 3000',
      'clear-timers',
      'GONE | CONTAINER_PREEMPTED | preempted',
    ],
  },
  {
    name: 'destroyed by the agent before its hooks have run',
    options: { hooks: true },
    inputs: [{ type: 'begin' }, destroyed, destroyed, { type: 'hooks-done', event: 'BeforeTerminate', nowMs: 0 }],
    effects: [
      'STARTING',
      'fire BeforeTaskStart',
      'clear-timers',
      'cancel-hooks',
      'fire BeforeTerminate',
      'GONE | CONTAINER_PREEMPTED | preempted',
    ],
  },
  {
    name: 'a signal is FAILED',
    inputs: [launched, died(11)],
    effects: [...started, 'clear-timers', 'FAILED | Command terminated with signal Segmentation fault'],
  },
  {
    name: 'kill: SIGTERM, and SIGKILL after 3 s',
    inputs: [launched, kill(0), { type: 'escalate' }, died(9)],
    effects: [
      ...started,
      'checkpoint-kill',
      'KILLING',
      'SIGTERM',
      'escalate in 3000',
      'SIGKILL',
      'clear-timers',
      'KILLED | Command terminated with signal Killed',
    ],
  },
  {
    name: 'a killed task that exits with 0 is KILLED',
    options: { reportsKilling: false, graceMs: 500 },
    inputs: [launched, kill(0), exit(0)],
    effects: [
      ...started,
      'checkpoint-kill',
      'SIGTERM',
      'escalate in 500',
      'clear-timers',
      'KILLED | Command exited with status 0',
    ],
  },
  {
    name: "the kill's grace comes before the task's",
    options: { reportsKilling: false, graceMs: 500 },
    inputs: [launched, kill(0, 7)],
    effects: [...started, 'checkpoint-kill', 'SIGTERM', 'escalate in 7'],
  },
  {
    name: 'a later kill may shorten the grace, never lengthen it',
    options: { reportsKilling: false },
    inputs: [launched, kill(0, 1000), kill(500, 600), kill(500, 100), { type: 'escalate' }, kill(700, 0)],
    effects: [
      ...started,
      'checkpoint-kill',
      'SIGTERM',
      'escalate in 1000',
      'checkpoint-kill',
      'escalate in 100',
      'SIGKILL',
    ],
  },
  {
    name: 'max_completion_time is FAILED, without TASK_KILLING, after the grace',
    options: { maxCompletionMs: 50 },
    inputs: [launched, { type: 'max-completion-reached', nowMs: 50 }, kill(60), died(15)],
    effects: [
      ...started,
      'max-completion-reached in 50',
      'checkpoint-kill',
      'SIGTERM',
      'escalate in 3000',
      'clear-timers',
      'FAILED | MAX_COMPLETION_TIME_REACHED | Command terminated with signal Terminated',
    ],
  },
  {
    name: 'max_completion_time does not matter to a task being killed',
    options: { reportsKilling: false, maxCompletionMs: 50 },
    inputs: [launched, kill(0, 9), { type: 'max-completion-reached', nowMs: 50 }],
    effects: [...started, 'max-completion-reached in 50', 'checkpoint-kill', 'SIGTERM', 'escalate in 9'],
  },
  {
    name: 'a program that cannot be executed looks like one that exits with 1',
    inputs: [failed('exec')],
    effects: [...started, 'FAILED | Command exited with status 1'],
  },
  {
    name: 'any other failure to launch is the container’s',
    inputs: [failed('other')],
    effects: ['FAILED | CONTAINER_LAUNCH_FAILED | no'],
  },
  {
    name: 'a kill while launching destroys the container, once',
    inputs: [kill(0), kill(0), failed('destroyed')],
    effects: [
      'destroy',
      'KILLED | TASK_KILLED_DURING_LAUNCH | A kill task request was received before the task was launched',
    ],
  },
  {
    name: 'a kill that comes just too late to prevent the launch',
    inputs: [kill(0), launched, died(9)],
    effects: ['destroy', ...started, 'clear-timers', 'KILLED | Command terminated with signal Killed'],
  },
  {
    name: 'nothing happens after the end',
    inputs: [failed('other'), kill(0), exit(0)],
    effects: ['FAILED | CONTAINER_LAUNCH_FAILED | no'],
  },
];

for (const { name, options, inputs, effects } of cases) {
  test(name, () => assert.deepEqual(run(newCommandTask({ reportsKilling: true, ...options }), inputs), effects));
}

/** The steady clock of the process that recovers. */
const nowMs = 7;

test('a recovered task goes on where it was', () => {
  const options = { reportsKilling: true, maxCompletionMs: 100, graceMs: 20 };
  const [running, effects] = recoverCommandTask(options, { starting: true, running: 1000 }, { timeMs: 1030, nowMs });
  assert.deepEqual(effects.map(show), ['max-completion-reached in 70']);
  assert.deepEqual(run(running, [exit(0)]), ['clear-timers', 'FINISHED | Command exited with status 0']);
});

test('a clock that was set back does not let a recovered task run for longer', () => {
  const known = { starting: true, running: 3_600_000 };
  const moment = { timeMs: 1030, nowMs };
  const [, effects] = recoverCommandTask({ reportsKilling: true, maxCompletionMs: 100 }, known, moment);
  assert.deepEqual(effects.map(show), ['max-completion-reached in 100']);
});

const kills: { name: string; kill: Partial<KillRecord>; effects: string[] }[] = [
  { name: 'before SIGTERM has the whole grace', kill: {}, effects: ['checkpoint-kill', 'SIGTERM', 'escalate in 20'] },
  {
    name: 'about to get SIGTERM gets it, and what is left of the grace',
    kill: { escalateAtMs: 1037 },
    effects: ['SIGTERM', 'escalate in 7'],
  },
  {
    name: 'that got SIGTERM gets no second one',
    kill: { escalateAtMs: 1037, signalled: true },
    effects: ['escalate in 7'],
  },
  {
    name: 'whose grace is over is ended',
    kill: { escalateAtMs: 1000, signalled: true },
    effects: ['escalate in 0'],
  },
  {
    name: 'has no more than its grace, whatever the clock says',
    kill: { escalateAtMs: 9000, signalled: true },
    effects: ['escalate in 20'],
  },
];
for (const { name, kill: stored, effects } of kills) {
  test(`a recovered task that was being killed and ${name}, without a second TASK_KILLING`, () => {
    const record: KillRecord = { verdict: { state: 'TASK_KILLED' }, graceMs: 20, ...stored };
    const known = { starting: true, running: 1000, kill: record };
    const [killing, made] = recoverCommandTask({ reportsKilling: true }, known, { timeMs: 1030, nowMs });
    assert.deepEqual(made.map(show), effects);
    assert.deepEqual(run(killing, [kill(nowMs, 20)]), [], 'a further kill does not lengthen what is left');
    assert.deepEqual(run(killing, [exit(0)]), ['clear-timers', 'KILLED | Command exited with status 0']);
  });
}

for (const [starting, made] of [
  [false, started],
  [true, ['RUNNING']],
] as const) {
  test(`updates are made up for when the agent ended ${starting ? 'between the first two' : 'before them'}`, () => {
    const [, effects] = recoverCommandTask(
      { reportsKilling: true },
      { starting, running: undefined },
      { timeMs: 0, nowMs },
    );
    assert.deepEqual(effects.map(show), made);
  });
}
