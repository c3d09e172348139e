import type { FileHandle } from 'node:fs/promises';
import type { ProcessId } from '@meseta/system';
import type { ContainerKey } from '../../container-id.ts';
import type { ExitStatus } from '../../exit-status.ts';
import type { Shim } from '../../shim/shim.ts';
import type { LaunchStep } from '../launch-steps.ts';
import type { LaunchSpec } from '../launcher.ts';
import type { Spawner } from '../spawner.ts';

/**
 * The state of a container in a launcher, with promises for four events, which happen in this order:
 *
 * ```text
 * ready ──▶ started ──▶ exit ──▶ drained
 *   └──────────┴─ rejected with a LaunchError: nothing ran
 * ```
 */
export class ShimContainer {
  readonly id: ContainerKey;
  /** Undefined when the program runs, to free memory: environments may be large. */
  spec: LaunchSpec | undefined;
  /** The steps of its launch, by which a failed one is named. */
  steps: readonly LaunchStep[] = [];
  /** Its first process leads a session that no other process was in. */
  ownsSession = true;
  /** Forked, and waiting for `go`: `shim` and `task` are set. */
  readonly ready = Promise.withResolvers<void>();
  /** The program runs. */
  readonly started = Promise.withResolvers<void>();
  readonly exit = Promise.withResolvers<ExitStatus>();
  /** No process is left. */
  readonly drained = Promise.withResolvers<void>();
  shim: Shim | undefined;
  task: ProcessId | undefined;
  /**
   * The running spawner whose child the shim is, and which reports its death. Without one, the shim has to be polled.
   */
  spawner: Spawner | undefined;
  /** Its checkpoint, when that was removed from the runtime directory while it ran. */
  record: FileHandle | undefined;
  hasStarted = false;
  hasExited = false;
  isDrained = false;
  /** Nothing runs of its launch: it failed, or was given up. */
  hasFailed = false;
  /** It is to be destroyed. */
  doomed = false;
  /** Its checkpoint is damaged: what its processes are is unknown, and `task` is the shim. */
  isDamaged = false;
  /** The shim was found to have ended. */
  lost = false;
  /** The shim has no child left: nothing is there to be killed, unless a process has left it. Resolves when that is known. */
  emptied: Promise<void> | undefined;
  readonly recovered: boolean;
  /** The latest signal that is being sent. Signals are sent one after another. */
  signalling: Promise<unknown> = Promise.resolve();
  destroying: Promise<void> | undefined;
  /** Its shim was asked to end it. */
  toldToEnd = false;

  #isLate = false;

  /** @param spec undefined for a container that an earlier agent launched. */
  constructor(id: ContainerKey, spec?: LaunchSpec) {
    this.id = id;
    this.spec = spec;
    this.recovered = spec === undefined;
    for (const { promise } of [this.ready, this.started]) promise.catch(() => {}); // a rejection that no caller waits for is no error
  }

  /** There is no program and nothing to hold for others: the shim stands for the first process, see `shim.pl`. */
  get isShimAlone(): boolean {
    return !this.isDamaged && this.task !== undefined && this.task.pid === this.shim?.pid;
  }

  onReady(shim: Shim, task: ProcessId): void {
    this.shim = shim;
    this.task = task;
    this.ready.resolve();
  }

  /** The program runs in another process than the one that was set up for it. */
  onMoved(task: ProcessId): void {
    this.task = task;
  }

  onStarted(): void {
    this.hasStarted = true;
    this.spec = undefined;
    this.steps = [];
    this.started.resolve();
  }

  onFailed(error: Error): void {
    this.hasFailed = true;
    this.ready.reject(error);
    this.started.reject(error);
  }

  onExit(status: ExitStatus): void {
    this.hasExited = true;
    this.exit.resolve(status);
  }

  /** Its end meets a problem (no file can be opened), and is tried again until none is left. The first problem is reported. */
  endsLate(problem: Error, onWarning: (message: string) => void): void {
    if (!this.#isLate) onWarning(`Container ${this.id} cannot be ended yet, it is tried again: ${problem.message}`);
    this.#isLate = true;
  }

  onDrained(): void {
    this.isDrained = true;
    this.drained.resolve();
  }
}
