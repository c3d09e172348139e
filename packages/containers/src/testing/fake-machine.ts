/** What outlives a fake containerizer: its containers, which the next one on the same machine recovers. */
import { constants } from 'node:os';
import type { ContainerLimitation } from '@meseta/protocol';
import type { ContainerId, ContainerKey } from '../container-id.ts';
import type { ExitStatus } from '../exit-status.ts';

/** How a container behaves. What is absent happens at once, and well; `run` absent: it runs until it is ended. */
export interface FakeBehaviour {
  /** The launch is refused, for this reason. */
  readonly unsupported?: string;
  /** First step of a launch. A rejection fails the launch; `destroy` waits for it, as it does for isolators. */
  readonly prepare?: () => Promise<void>;
  /** Second step. As `prepare`, but `destroy` puts an end to it. */
  readonly fetch?: () => Promise<void>;
  /** Last step, after the caller's checkpoint. As `fetch`. */
  readonly exec?: () => Promise<void>;
  /** What its first process does. */
  readonly run?: (container: FakeContainer) => void;
  /** Resolves when what outlives its first process has ended. Default: nothing does. */
  readonly descendants?: Promise<void>;
  /** Signals that change nothing. Default: none. */
  readonly ignores?: readonly NodeJS.Signals[];
  /** What is done when its processes are gone, before `destroy` resolves. */
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
  /** Resolves when its launch is over, whatever came of it. */
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

  /** Its program begins to run. */
  run(): void {
    this.hasRun = true;
    this.behaviour.run?.(this);
  }

  /** Its process ends. Idempotent. */
  end(exit: ExitStatus): void {
    this.#hasEnded = true;
    this.#exit.resolve(exit);
  }

  /** Its process gets a signal, which ends it unless it is ignored. */
  onSignal(signal: NodeJS.Signals): void {
    if (!this.hasRun) return this.end({ kind: 'not-started' });
    if (this.behaviour.ignores?.includes(signal)) return;
    this.end({ kind: 'signaled', signal: constants.signals[signal], core: false });
  }

  /** Its launch fails at the next step, and at once in one that can be put an end to. */
  abandon(error: Error): void {
    this.#abandoned.reject(error);
  }

  /** Does a step of its launch. @throws what it was abandoned with. */
  async whileWanted(step: () => Promise<void> = async () => undefined): Promise<void> {
    await Promise.race([this.#abandoned.promise, Promise.resolve()]);
    await Promise.race([this.#abandoned.promise, step()]);
  }
}

/** See the file's head. */
export class FakeMachine {
  readonly containers = new Map<ContainerKey, FakeContainer>();
  #pid = 5_000_000; // above what Linux gives to processes: no signal meets a real one

  nextPid(): number {
    this.#pid += 1;
    return this.#pid;
  }
}
