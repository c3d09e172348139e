import type { ProcessId } from '@meseta/system';
import type { ContainerKey } from '../../container-id.ts';
import type { ExitStatus } from '../../exit-status.ts';
import type { Shim } from '../../shim/shim.ts';
import type { LaunchSpec } from '../launcher.ts';
import type { Spawner } from '../spawner.ts';

/**
 * What a launcher knows of a container, as promises for the four things that happen to it in this order:
 *
 * ```text
 * ready ──▶ started ──▶ exit ──▶ drained
 *   └──────────┴─ rejected with a LaunchError: nothing ran
 * ```
 */
export class ShimContainer {
  readonly id: ContainerKey;
  /** Undefined once the program runs: environments may be large. */
  spec: LaunchSpec | undefined;
  /** Forked, waits for its `go`: `shim` and `task` are set. */
  readonly ready = Promise.withResolvers<void>();
  /** The program runs. */
  readonly started = Promise.withResolvers<void>();
  readonly exit = Promise.withResolvers<ExitStatus>();
  /** No process is left. */
  readonly drained = Promise.withResolvers<void>();
  shim: Shim | undefined;
  task: ProcessId | undefined;
  /** The running spawner whose child the shim is, which would tell of its death; without one it has to be polled. */
  spawner: Spawner | undefined;
  hasStarted = false;
  hasExited = false;
  isDrained = false;
  /** Somebody wants it destroyed. */
  doomed = false;
  /** The shim was found dead. */
  lost = false;
  readonly recovered: boolean;
  /** The latest signal being sent: they are sent one after the other. */
  signalling: Promise<unknown> = Promise.resolve();
  destroying: Promise<void> | undefined;

  /** @param spec undefined for one that an earlier agent launched. */
  constructor(id: ContainerKey, spec?: LaunchSpec) {
    this.id = id;
    this.spec = spec;
    this.recovered = spec === undefined;
    for (const { promise } of [this.ready, this.started]) promise.catch(() => {}); // not everybody waits for them
  }

  onReady(shim: Shim, task: ProcessId): void {
    this.shim = shim;
    this.task = task;
    this.ready.resolve();
  }

  onStarted(): void {
    this.hasStarted = true;
    this.spec = undefined;
    this.started.resolve();
  }

  onFailed(error: Error): void {
    this.ready.reject(error);
    this.started.reject(error);
  }

  onExit(status: ExitStatus): void {
    this.hasExited = true;
    this.exit.resolve(status);
  }

  onDrained(): void {
    this.isDrained = true;
    this.drained.resolve();
  }
}
