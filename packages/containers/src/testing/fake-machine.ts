/** The state that outlives a fake containerizer: its containers, which the next one on the same machine recovers. */
import { constants } from 'node:os';
import type { ContainerLimitation } from '@meseta/protocol';
import type { ContainerId, ContainerKey } from '../container-id.ts';
import type { ExitStatus } from '../exit-status.ts';

/**
 * How a container behaves. A step that is absent succeeds at once; without `run`, the container runs until it is ended.
 */
export interface FakeBehaviour {
  /** The launch is refused, for this reason. */
  readonly unsupported?: string;
  /** The first step of a launch. A rejection fails the launch; `destroy` waits for it, as it does for isolators. */
  readonly prepare?: () => Promise<void>;
  /** The second step. Like `prepare`, but `destroy` aborts it. */
  readonly fetch?: () => Promise<void>;
  /** The last step, after the caller's checkpoint. Like `fetch`. */
  readonly exec?: () => Promise<void>;
  /** The behaviour of its first process. */
  readonly run?: (container: FakeContainer) => void;
  /** Resolves when descendants that outlive the first process have ended. Default: there are none. */
  readonly descendants?: Promise<void>;
  /** Signals that are ignored. Default: none. */
  readonly ignores?: readonly NodeJS.Signals[];
  /** Called when its processes are gone, before `destroy` resolves. */
  readonly cleanup?: () => Promise<void>;
}

/** A container of a fake containerizer. */
export class FakeContainer {
  readonly id: ContainerId;
  readonly behaviour: FakeBehaviour;
  /** Resolves when its first process has ended. */
  readonly exited: Promise<ExitStatus>;
  pid: number | undefined;
  limitation: ContainerLimitation | undefined;
  /** Resolves when its launch has ended, successfully or not. */
  launching: Promise<void> = Promise.resolve();
  hasRun = false;
  #hasEnded = false;
  readonly #exit = Promise.withResolvers<ExitStatus>();
  readonly #abandoned = Promise.withResolvers<never>();

  constructor(id: ContainerId, behaviour: FakeBehaviour) {
    this.id = id;
    this.behaviour = behaviour;
    this.exited = this.#exit.promise;
    this.#abandoned.promise.catch(() => undefined); // of a launch that is over
  }

  get isRunning(): boolean {
    return this.hasRun && !this.#hasEnded;
  }

  /** Starts its program. */
  run(): void {
    this.hasRun = true;
    this.behaviour.run?.(this);
  }

  /** Ends its process. Idempotent. */
  end(exit: ExitStatus): void {
    this.#hasEnded = true;
    this.#exit.resolve(exit);
  }

  /** Delivers a signal, which ends the process unless it is ignored. */
  onSignal(signal: NodeJS.Signals): void {
    if (!this.hasRun) return this.end({ kind: 'not-started' });
    if (this.behaviour.ignores?.includes(signal)) return;
    this.end({ kind: 'signaled', signal: constants.signals[signal], core: false });
  }

  /** Fails its launch at the next step, or at once in a step that can be aborted. */
  abandon(error: Error): void {
    this.#abandoned.reject(error);
  }

  /** Runs a step of its launch. @throws the error of `abandon`. */
  async whileWanted(step: () => Promise<void> = async () => undefined): Promise<void> {
    await Promise.race([this.#abandoned.promise, Promise.resolve()]);
    await Promise.race([this.#abandoned.promise, step()]);
  }
}

/** The fake machine. See the top of this file. */
export class FakeMachine {
  readonly containers = new Map<ContainerKey, FakeContainer>();
  #pid = 5_000_000; // above Linux's maximum pid, so that no signal reaches a real process

  nextPid(): number {
    this.#pid += 1;
    return this.#pid;
  }
}
