/**
 * One container of the Docker containerizer.
 *
 * ```text
 * FETCHING ──▶ PULLING ──▶ MOUNTING ──▶ RUNNING ──▶ (ended)
 *     └───────────┴────────────┴───── destroy ─────▶ DESTROYING
 * ```
 *
 * @see Mesos src/slave/containerizer/docker.hpp, Container::State
 */
import type { ContainerId, ContainerKey } from '../container-id.ts';
import type { Termination } from '../containerizer.ts';
import { LaunchError } from '../errors.ts';
import type { ContainerInspect } from './engine/answers.ts';
import { type ContainerFacts, factsOf } from './inspected.ts';
import type { LogPosition } from './output/log-position.ts';
import type { OutputFollower } from './output/output-follower.ts';
import type { TaskTerminal } from './task-terminal.ts';

/**
 * - `FETCHING`: the URIs of its command are fetched into its sandbox
 * - `PULLING`: its image is pulled
 * - `MOUNTING`: the engine makes it, with its volumes
 * - `RUNNING`: it was started; `termination` says whether it still runs
 * - `DESTROYING`: it is being ended
 */
export type DockerState = 'FETCHING' | 'PULLING' | 'MOUNTING' | 'RUNNING' | 'DESTROYING';

/** What is known of a container from its beginning. */
export type ContainerFields = Pick<DockerContainer, 'id' | 'key' | 'name' | 'directory' | 'isTask'> & {
  readonly hasTerminal?: boolean | undefined;
  readonly networkMode?: string | undefined;
};

/** See the file's head. */
export class DockerContainer {
  readonly id: ContainerId;
  readonly key: ContainerKey;
  /** In the engine. */
  readonly name: string;
  /** The sandbox; undefined of an orphan. */
  readonly directory: string | undefined;
  /** A command task's. */
  readonly isTask: boolean;
  readonly hasTerminal: boolean;
  /** `host`, `none`, `bridge`, `container:ID`, or the name of a network; undefined of one that an earlier version launched, at first. */
  networkMode: string | undefined;
  state: DockerState = 'FETCHING';
  /** Aborted when it is being ended before it runs. */
  readonly over = new AbortController();
  /** Resolves when the launch has ended, successfully or not. */
  launching: Promise<void> = Promise.resolve();
  /** The id that the engine gave it; undefined before. */
  engineId: string | undefined;
  /** The engine was asked to make it, and may do so yet: its answer is not known. */
  mayAppear = false;
  /** Its program has been started. */
  isStarted = false;
  /** As it was last inspected while it ran. */
  facts: ContainerFacts | undefined;
  /** The engine's words for `TaskStatus.data`, until they are taken. They may have megabytes. */
  description: ContainerInspect['json'] | undefined;
  readonly ended = Promise.withResolvers<Termination>();
  termination: Termination | undefined;
  destroying: Promise<void> | undefined;
  output: OutputFollower | undefined;
  /** The connection to its terminal; undefined: it has none, or the engine is away. */
  terminal: TaskTerminal | undefined;
  /** How far an earlier agent has written its output. */
  position: LogPosition | undefined;
  /** Looking at it in the engine: one look at a time. */
  looking: Promise<void> | undefined;
  /** Something was heard of it, such as its end, while its start was not known to have succeeded. */
  mustBeLookedAt = false;
  /** Why its image may not run on the engine's kind of machine. */
  foreign: string | undefined;
  /** Its processors are limited by this agent; not by its parameters. */
  hasQuota = false;
  /** It was signalled, as a kill does it. */
  isSignalled = false;
  /** When it ended, in milliseconds since 1970. */
  endedMs = 0;

  constructor(fields: ContainerFields) {
    this.id = fields.id;
    this.key = fields.key;
    this.name = fields.name;
    this.directory = fields.directory;
    this.isTask = fields.isTask;
    this.hasTerminal = fields.hasTerminal ?? false;
    this.networkMode = fields.networkMode;
  }

  /** It runs and is to be removed, or did not come to its end by itself. */
  get isAborted(): boolean {
    const { destroyed, exit } = this.termination ?? { destroyed: true };
    return this.isSignalled || destroyed === true || exit?.kind === 'not-started';
  }

  get isRunning(): boolean {
    return this.isStarted && this.termination === undefined;
  }

  /** Notes that its program has been started, and what the engine said of it then. */
  started(inspected: ContainerInspect): void {
    this.state = 'RUNNING';
    this.isStarted = true;
    this.facts = factsOf(inspected);
    this.networkMode ??= inspected.networkMode;
    if (this.isTask) this.description = inspected.json;
  }

  /** Goes on to the next step of a launch. @throws {LaunchError} it is being ended. */
  enter(state: DockerState): void {
    this.mustBeWanted();
    this.state = state;
  }

  /** @throws {LaunchError} `DESTROYED` when it is being ended. */
  mustBeWanted(): void {
    if (this.destroying !== undefined || this.over.signal.aborted)
      throw new LaunchError('DESTROYED', `Container ${this.key} was destroyed while it was launched`);
  }
}
