/** Runs one task of the executor: performs the effects of the state machine in `@meseta/tasks`. */
import { readFileSync } from 'node:fs';
import type { ExitStatus } from '@meseta/containers/shim';
import type { CommandInfo, TaskInfo } from '@meseta/protocol';
import { type Clock, switchTo } from '@meseta/system';
import type { CommandTask, CommandTaskEffect, CommandTaskInput, CommandTaskUpdate, TaskEvent } from '@meseta/tasks';
import {
  HookFiring,
  LocalMemory,
  newCommandTask,
  stepCommandTask,
  TaskChecks,
  type TaskHooks,
  type Variables,
} from '@meseta/tasks';
import { taskEnvironment } from '../config/configuration.ts';
import type { Settings } from '../config/settings.ts';
import { labelOf } from '../hooks/task-labels.ts';
import type { ServiceLog } from '../service-log/service-log.ts';
import { runCommand } from '../supervision/run-command.ts';
import { type ProcessSpec, TaskProcess } from '../supervision/task-process.ts';
import { type OwnWords, type Program, program, taskProgram } from './task-command.ts';

const nanosecondsPerMs = 1_000_000;
/** How long, in milliseconds, to wait for a task's last output after its processes are gone. */
const outputMs = 1000;

/** What a task needs of its executor. */
export interface SupervisedTaskHost {
  readonly settings: Settings;
  /** The executor's environment, without its settings and secrets. */
  readonly environment: Variables;
  readonly sandbox: string;
  readonly own: OwnWords;
  /** What is run in place of the task's command. */
  readonly override: Program | undefined;
  readonly clock: Clock;
  readonly hooks: TaskHooks;
  /** The executor's environment as hooks get it. */
  readonly hookEnvironment: Variables;
  readonly reportsKilling: boolean;
  /** The address of HTTP and TCP health checks, when it is not the loopback address. */
  readonly checkAddress: string | undefined;
  /** Returns undefined when the task does not ask for log scraping. */
  makeServiceLog(task: TaskInfo): Promise<ServiceLog | undefined>;
  onUpdate(task: SupervisedTask, update: CommandTaskUpdate): void;
  onProblem(message: string, error?: unknown): void;
}

/** One task: its hooks, its process, its health checks, and its status updates. */
export class SupervisedTask {
  readonly info: TaskInfo;
  readonly #host: SupervisedTaskHost;
  readonly #checks: TaskChecks;
  readonly #hooks: HookFiring;
  readonly #timers = new Map<string, () => void>();
  readonly #killedHard = Promise.withResolvers<void>();
  #task: CommandTask;
  #process: TaskProcess | undefined;
  #certificateEndMs: number | undefined;
  #hookVariables: Variables = {};
  #serviceLog: ServiceLog | undefined;
  #logClosed: Promise<void> | undefined;

  constructor(info: TaskInfo, host: SupervisedTaskHost) {
    this.info = info;
    this.#host = host;
    const { settings, reportsKilling, clock, checkAddress } = host;
    const grace = info.kill_policy?.grace_period?.nanoseconds;
    const longest = info.max_completion_time?.nanoseconds;
    this.#task = newCommandTask({
      ...{ hooks: true, reportsKilling, unhealthyState: 'TASK_FAILED', healthCheck: info.health_check !== undefined },
      graceMs: grace === undefined ? settings.KILL_POLICY_GRACE_PERIOD : grace / nanosecondsPerMs,
      ...(longest !== undefined && { maxCompletionMs: longest / nanosecondsPerMs }),
      ...(info.check && { check: info.check }),
    });
    const { hooks, hookEnvironment: environment, sandbox } = host;
    this.#hooks = new HookFiring({
      hooks,
      task: { info, environment, sandbox, memory: new LocalMemory() },
      now: () => clock.steady(),
      feed: input => this.#feed(input),
      onProblem: error => host.onProblem(`Task ${info.task_id.value}`, error),
      run: (event, fire) => this.#runHooks(event, fire),
    });
    this.#checks = new TaskChecks(info, {
      clock,
      ...(checkAddress && { address: checkAddress }),
      runCommand: (command, signal) => this.#runCheck(command, signal),
      onHealth: report => this.#feed({ type: 'health', ...report, nowMs: clock.steady() }),
      onCheck: status => this.#feed({ type: 'check', status }),
      onProblem: problem => host.onProblem(problem),
    });
  }

  get ended(): boolean {
    return this.#task.phase === 'ended';
  }

  /** Sends the last log lines. To be called when the task has ended. */
  async close(): Promise<void> {
    await (this.#logClosed ?? this.#serviceLog?.close());
  }

  start(): void {
    this.#feed({ type: 'begin' });
  }

  kill(graceMs?: number): void {
    this.#feed({ type: 'kill', nowMs: this.#host.clock.steady(), ...(graceMs !== undefined && { graceMs }) });
  }

  #feed(input: CommandTaskInput): void {
    const [next, effects] = stepCommandTask(this.#task, input);
    this.#task = next;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: CommandTaskEffect): void {
    const { clock, onProblem } = this.#host;
    switch (effect.type) {
      case 'update':
        return this.#host.onUpdate(this, effect.update);
      case 'fire-hooks':
        return this.#hooks.fire(effect.event);
      case 'cancel-hooks':
        return this.#hooks.cancel();
      case 'launch':
        void this.#launch();
        return;
      case 'signal':
        if (effect.signal === 'SIGKILL') this.#killedHard.resolve();
        this.#signal(effect.signal).catch(error => onProblem(`${effect.signal} could not be sent`, error));
        return;
      case 'set-timer':
        this.#timers.get(effect.timer)?.();
        this.#timers.set(
          effect.timer,
          clock.after(effect.delayMs, () => this.#feed({ type: effect.timer, nowMs: clock.steady() })),
        );
        return;
      case 'clear-timers':
        for (const cancel of this.#timers.values()) cancel();
        return this.#timers.clear();
      case 'start-checks':
        return this.#checks.start();
      case 'stop-checks':
        return this.#checks.stop();
      case 'destroy':
        return; // the launch is under way; the grace period starts after it
      case 'checkpoint-kill':
        return; // there is nothing to store: the executor's tasks end with it
      default:
        throw new Error(`unhandled effect ${effect satisfies never}`);
    }
  }

  async #runHooks(event: TaskEvent, fire: () => Promise<Variables>): Promise<void> {
    if (event === 'BeforeTaskStart') await this.#prepare();
    const variables = await fire();
    if (event === 'BeforeTaskStart') this.#hookVariables = variables;
  }

  /** Does what precedes the first hooks: log scraping and the certificate. */
  async #prepare(): Promise<void> {
    const { settings, clock } = this.#host;
    if (labelOf(this.info, 'validate-certificate') === 'true') {
      const { certificateEndMs } = await import('./certificate.ts');
      const pem = this.#environment().CERTIFICATE;
      this.#certificateEndMs = certificateEndMs(pem, settings.RANDOM_EXPIRATION_RANGE, clock.now(), clock.random());
    }
    this.#serviceLog = await this.#host.makeServiceLog(this.info);
  }

  /** Ends the task before its certificate expires. Called after the start: before it there is no process to end. */
  #watchCertificate(): void {
    if (this.#certificateEndMs === undefined) return;
    const { clock } = this.#host;
    const expire = () => this.#feed({ type: 'certificate-expired', nowMs: clock.steady() });
    this.#timers.set('certificate', clock.after(this.#certificateEndMs - clock.now(), expire));
  }

  /** Merges the variables of the agent, of hooks and of the task; later ones take precedence. */
  #environment(): Record<string, string> {
    const { command, executor } = this.info;
    // The variables of the executor's command are for the executor and for the task: the task gets those that are not
    // settings.
    const own = command ? variablesOf(command) : taskEnvironment(variablesOf(executor?.command));
    return { ...this.#host.environment, ...this.#hookVariables, ...own };
  }

  async #launch(): Promise<void> {
    try {
      const started = await this.#start();
      this.#process = started;
      this.#serviceLog?.attach(started.stdout, started.stderr);
      this.#feed({ type: 'launched' });
      this.#watchCertificate();
      await this.#watch(started);
    } catch (error) {
      this.#feed({ type: 'launch-failed', cause: 'exec', message: (error as Error).message });
    }
  }

  async #start(): Promise<TaskProcess> {
    const { own, override } = this.#host;
    return TaskProcess.start({
      ...(override ?? taskProgram(this.info, own)),
      ...(await this.#surroundings(this.info.command?.user)),
      output: this.#serviceLog ? 'pipe' : 'inherit',
      shimName: `meseta-task ${this.info.task_id.value}`,
    });
  }

  async #surroundings(
    user: string | undefined,
  ): Promise<Pick<ProcessSpec, 'environment' | 'workingDirectory' | 'user' | 'limits'>> {
    const { sandbox } = this.#host;
    const { rlimit_info: limits } = this.info.container ?? {};
    const other = user === undefined ? undefined : await switchTo(user);
    return {
      environment: this.#environment(),
      workingDirectory: sandbox,
      ...(other && { user: other }),
      ...(limits && { limits: (await import('./limits.ts')).limitOptions(limits) }),
    };
  }

  async #watch(started: TaskProcess): Promise<void> {
    const exit = await started.exited;
    // A killed task has ended when its last process has: that process gets the grace period as well.
    if (this.#task.phase === 'killing') await Promise.race([started.drained, this.#killedHard.promise]);
    await started.destroy();
    await this.#serviceLog?.drained(outputMs);
    this.#logClosed = this.#serviceLog?.close();
    this.#feed({ type: 'exited', exit });
  }

  async #signal(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const spared = signal === 'SIGTERM' ? this.#host.settings.SIGTERM_EXCLUDE_PROCESSES : [];
    await this.#process?.signal(signal, spared.length > 0 ? ({ pid }) => isNamed(pid, spared) : undefined);
  }

  async #runCheck(command: CommandInfo, signal: AbortSignal): Promise<ExitStatus> {
    const surroundings = await this.#surroundings(command.user ?? this.info.command?.user);
    const environment = { ...surroundings.environment, ...variablesOf(command) };
    const spec = {
      ...program(command),
      ...surroundings,
      environment,
      output: 'inherit',
      shimName: 'meseta-check',
    } as const;
    return runCommand(spec, { signal });
  }
}

function variablesOf(command: CommandInfo | undefined): Record<string, string> {
  const variables = (command?.environment?.variables ?? []).flatMap(({ name, value, type }) =>
    type === 'SECRET' || value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(variables);
}

/** The number of characters of a process's name that the kernel keeps. */
const keptOfName = 15;

/** Compares names of programs without regard to case, as allegro's executor did. */
function isNamed(pid: number, names: readonly string[]): boolean {
  try {
    const kept = readFileSync(`/proc/${pid}/comm`, 'utf8').replace(/\n$/, '').toLowerCase();
    return names.some(name => name.slice(0, keptOfName).toLowerCase() === kept);
  } catch {
    return false; // the process has ended
  }
}
