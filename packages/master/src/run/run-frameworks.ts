import type { FrameworkId, WireId } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Framework } from '../state/framework.ts';
import { frameworkIdOf, generationOf } from './identity.ts';
import { FrameworkRefusedError, RunFramework, TooManyWaitingError } from './run-framework.ts';

/** How many built-in frameworks there may be: principals are made up by who signs tokens. */
export const maxFrameworks = 1000;
/** How many tasks of all principals may wait: each may be as large as a request. */
const maxWaitingInAll = 10_000;

/**
 * The built-in frameworks of a master: one for each principal, made for its first task. Those of masters before are taken over when an
 * agent reports them.
 */
export class RunFrameworks {
  readonly #context: MasterContext;
  readonly #frameworks = new Map<FrameworkId, RunFramework>();
  #stopped = false;

  /** To be made before the registry is read. */
  constructor(context: MasterContext) {
    this.#context = context;
    context.cluster.observe({
      frameworkAdded: framework => {
        if (framework.recovered && generationOf(framework.info) !== undefined) {
          // Observers must not change the cluster.
          setImmediate(() => this.#adopt(framework));
        }
      },
      taskRemoved: (_task, { id }) => this.#frameworks.get(id)?.lookForIdleRoles(),
    });
  }

  /** All of them, those that were torn down lately included. */
  get all(): Iterable<RunFramework> {
    return this.#frameworks.values();
  }

  get(id: WireId<'framework'>): RunFramework | undefined {
    return this.#frameworks.get(id as FrameworkId);
  }

  /**
   * Returns the framework of a principal, which is registered by its first task.
   *
   * @throws {FrameworkRefusedError} when there are too many.
   */
  of(principal: string | undefined): RunFramework {
    const { cluster } = this.#context;
    const own = [...this.#frameworks.values()].filter(each => each.principal === principal);
    // Of those that were torn down, the last one is kept, and with it what it says of its tasks.
    for (const gone of own.slice(0, -1)) if (!gone.framework) this.#frameworks.delete(gone.id);
    for (let generation = 1; ; generation++) {
      const id = frameworkIdOf(principal, generation);
      const there = cluster.frameworks.get(id);
      // Not one that a framework of another principal has subscribed with.
      const isTaken = there ? there.info.principal !== principal : cluster.findFramework(id) || this.#wasRemoved(id);
      if (isTaken) continue;
      const known = this.#frameworks.get(id);
      if (known) return known;
      if (this.#frameworks.size >= maxFrameworks) this.#forgetGone();
      if (this.#frameworks.size >= maxFrameworks) {
        throw new FrameworkRefusedError(`${maxFrameworks} principals run tasks by this master already`);
      }
      return this.#make(id, principal);
    }
  }

  /** Checks that so many more tasks may wait. @throws {TooManyWaitingError} */
  demandRoom(asked: number): void {
    const waiting = this.#frameworks.values().reduce((sum, { tasks }) => sum + tasks.waiting.length, 0);
    if (waiting + asked > maxWaitingInAll) throw new TooManyWaitingError({ waiting, most: maxWaitingInAll, asked });
  }

  /** Ends them with the term of the master. */
  close(): void {
    this.#stopped = true;
    for (const framework of this.#frameworks.values()) framework.stop();
  }

  /** Forgets those that the master does not have: nothing of theirs waits. */
  #forgetGone(): void {
    for (const each of this.#frameworks.values()) if (!each.framework) this.#frameworks.delete(each.id);
  }

  /** A framework that had subscribed and is not there any more. */
  #wasRemoved(id: FrameworkId): boolean {
    const known = this.#frameworks.get(id);
    return known !== undefined && !known.framework && known.wasSubscribed;
  }

  #make(id: FrameworkId, principal: string | undefined): RunFramework {
    const made = new RunFramework(this.#context, id, principal);
    this.#frameworks.set(id, made);
    return made;
  }

  #adopt(framework: Framework): void {
    const { log, cluster } = this.#context;
    const { id, info } = framework;
    if (this.#stopped || !framework.recovered || cluster.frameworks.get(id) !== framework) return;
    const own = this.#frameworks.get(id) ?? this.#make(id, info.principal);
    try {
      own.adopt(framework);
    } catch (error) {
      // Its tasks go on; their statuses wait until the next task is taken.
      log.error('Cannot take over the built-in framework of an earlier master', { framework_id: id, error });
    }
  }
}
