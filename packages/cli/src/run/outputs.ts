import type { Offer, TaskInfo, TaskStatus, WireId } from '@meseta/protocol';
import { sandboxOf } from '../find-task.ts';
import type { Job, Place } from './job.ts';
import { OutputStreams } from './output-streams.ts';

/** The output of the tasks of a run. The tasks of a group have a sandbox that is known when they run. */
export class Outputs {
  readonly #place: Place;
  readonly #job: Job;
  readonly #streams = new Map<WireId<'task'>, OutputStreams>();
  /** Opens the output of a task of a group, when it is known where that is. */
  readonly #waiting = new Map<WireId<'task'>, (status: TaskStatus) => OutputStreams | undefined>();

  constructor(place: Place, job: Job) {
    this.#place = place;
    this.#job = job;
  }

  /** The tasks are launched on an offer. */
  open(frameworkId: string, offer: Offer, tasks: readonly TaskInfo[]): void {
    const { filesOf, inputUri } = this.#place;
    const { launch, reporter } = this.#job;
    const framework_id = { value: frameworkId };
    for (const info of tasks) {
      const id = info.task_id.value;
      const executor = launch.executor ?? info.executor;
      const task = { ...info, framework_id, state: 'TASK_STAGING' as const };
      const located = { ...task, ...(executor && { executor_id: executor.executor_id }) };
      if (!launch.executor) {
        const files = filesOf(offer);
        const hidden = inputUri && `Fetched ${inputUri}\n`;
        if (!files) continue;
        const streams = new OutputStreams(files, sandboxOf(located), reporter, hidden);
        this.#streams.set(id, streams);
        if (info.container?.type === 'DOCKER') streams.start(); // the progress of its image's pull is in it
        continue;
      }
      const printer = tasks.length > 1 ? reporter.ofTask(id, info.name) : reporter;
      this.#waiting.set(id, status => {
        const files = filesOf(offer);
        return files && new OutputStreams(files, sandboxOf({ ...located, statuses: [status] }), printer);
      });
    }
  }

  /** A task has a new status. */
  update(status: TaskStatus): void {
    const id = status.task_id.value;
    const open = this.#waiting.get(id);
    if (open && status.container_status?.container_id?.parent) {
      this.#waiting.delete(id);
      const opened = open(status);
      if (opened) this.#streams.set(id, opened);
    }
    if (status.state === 'TASK_RUNNING') this.#streams.get(id)?.start();
  }

  /** Prints the rest of a task's output. */
  async finish(id: WireId<'task'>): Promise<void> {
    await this.#streams.get(id)?.finish();
  }

  /** Prints the rest of all. */
  async finishAll(): Promise<void> {
    await Promise.all([...this.#streams.keys()].map(id => this.finish(id)));
  }

  /** Skips the rest. */
  stop(): void {
    for (const streams of this.#streams.values()) streams.stop();
  }

  /** Stops printing. */
  async close(): Promise<void> {
    await Promise.all([...this.#streams.values()].map(streams => streams.close()));
  }
}
