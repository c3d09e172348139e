/** The containers that a Docker containerizer has, and what the engine tells of each: its output, its terminal and its end. */
import { type ContainerId, type ContainerKey, containerKey } from '../container-id.ts';
import type { Termination } from '../containerizer.ts';
import { pause } from '../external/timing.ts';
import type { DockerContainer } from './docker-container.ts';
import type { ContainerInspect } from './engine/answers.ts';
import { EngineWatch } from './engine-watch.ts';
import { factsOf, outOfMemory } from './inspected.ts';
import type { DockerParts } from './launcher.ts';
import type { LogPosition } from './output/log-position.ts';
import { OutputFollower } from './output/output-follower.ts';
import { TaskTerminal } from './task-terminal.ts';
import { endOf, endOfMissing } from './termination.ts';

/** How long the engine may take to know of the end of a container whose terminal has ended. */
const knownMs = 2000;

/** See the file's head. */
export class ContainerSet {
  readonly #parts: DockerParts;
  readonly #all = new Map<ContainerKey, DockerContainer>();
  readonly #byEngineId = new Map<string, DockerContainer>();
  #watch: EngineWatch | undefined;
  #isClosed = false;

  constructor(parts: DockerParts) {
    this.#parts = parts;
  }

  get(id: ContainerId): DockerContainer | undefined {
    return this.#all.get(containerKey(id));
  }

  values(): Iterable<DockerContainer> {
    return this.#all.values();
  }

  /** Adds one, whose id in the engine may be unknown yet. */
  add(container: DockerContainer): void {
    this.#all.set(container.key, container);
  }

  forget(container: DockerContainer): void {
    if (this.#all.get(container.key) === container) this.#all.delete(container.key);
    if (container.engineId !== undefined) this.#byEngineId.delete(container.engineId);
  }

  /** Prepares for the start of one that the engine has made: from now on its end is heard of, and its terminal is connected. */
  async made(container: DockerContainer): Promise<void> {
    if (container.engineId !== undefined) this.#byEngineId.set(container.engineId, container);
    await this.connect(container);
  }

  /**
   * Begins to follow one whose launch has succeeded. It is inspected again only when something was heard of it meanwhile.
   *
   * @param inspected after its start: it may have ended by then.
   */
  began(container: DockerContainer, inspected: ContainerInspect): void {
    this.follow(container, undefined);
    if (!inspected.state.running) this.look(container, inspected);
    else if (container.mustBeLookedAt) this.look(container);
  }

  /**
   * Begins to follow one whose id in the engine is known: its output, if it has a sandbox, and its end.
   *
   * @param from how far its output is written.
   */
  follow(container: DockerContainer, from: LogPosition | undefined): void {
    const { engine, clock, log, logs, store } = this.#parts;
    const { id, key, directory, engineId, hasTerminal: tty } = container;
    if (engineId === undefined) return;
    this.#byEngineId.set(engineId, container);
    if (directory === undefined) return;
    container.output = new OutputFollower({
      ...{ engine, clock, log, from, tty, container: engineId },
      open: () => logs.open(id, directory),
      store: position => store.setOutput(key, position),
      onQuiet: () => this.look(container),
    });
    if (container.termination) container.output.end();
  }

  /** Watches the engine from now on. */
  watch(): void {
    if (this.#isClosed) return;
    this.#watch = new EngineWatch(this.#parts, {
      ended: engineId => {
        const container = this.#byEngineId.get(engineId);
        if (container) this.look(container);
      },
      look: () => {
        for (const container of this.#all.values()) this.look(container);
      },
    });
  }

  /** Finds out whether a container has ended. @param seen what the engine has just said of it; undefined: it is asked. */
  look(container: DockerContainer, seen?: ContainerInspect): void {
    if (!container.isStarted) container.mustBeLookedAt = container.engineId !== undefined;
    if (!container.isRunning || this.#isClosed) return;
    container.looking ??= this.#inspect(container, seen).finally(() => {
      container.looking = undefined;
    });
  }

  /** Never rejects: an engine that is away is asked again when it is back. */
  async #inspect(container: DockerContainer, seen: ContainerInspect | undefined): Promise<void> {
    const { engine, log } = this.#parts;
    const { engineId = container.name, key, name } = container;
    try {
      const inspected = seen ?? (await engine.containers.inspect(engineId));
      if (inspected === undefined) return await this.#end(container, endOfMissing(name));
      this.#found(container, inspected);
      const { state } = inspected;
      if (!state.running) {
        if (state.oomKilled) log.warning('A Docker container ran out of its memory', { container_id: key });
        await this.#end(container, endOf(state, container.isTask, container.foreign), outOfMemory(inspected));
      } else await this.connect(container);
    } catch (error) {
      if (!this.#isClosed) log.warning('Cannot inspect a Docker container', { error, container_id: key });
    }
  }

  /** Knows a container better: its addresses may have changed, and it may have been taken over while the engine was away. */
  #found(container: DockerContainer, inspected: ContainerInspect): void {
    if (inspected.state.running || container.facts === undefined) container.facts = factsOf(inspected);
    if (container.engineId !== undefined) return;
    container.engineId = inspected.id;
    container.networkMode ??= inspected.networkMode;
    this.follow(container, container.position);
  }

  /** Connects to the terminal of a container that has one, unless there is a connection. Before its start, none of its output is missed. */
  async connect(container: DockerContainer): Promise<void> {
    const { engine } = this.#parts;
    const { engineId, hasTerminal, terminal: before } = container;
    if (!hasTerminal || engineId === undefined || before !== undefined) return;
    const hasEnded = () => this.#hasEnded(container);
    const terminal = await TaskTerminal.connect({ engine, container: engineId, hasEnded });
    if (this.#isClosed) terminal.close();
    container.terminal = terminal;
    void terminal.ended.then(() => {
      if (!container.isRunning) return;
      container.terminal = undefined;
      this.look(container); // it connects again, or the next look does
    });
  }

  /** Tells whether a container has ended whose terminal has. The engine may know it a moment later. */
  async #hasEnded(container: DockerContainer): Promise<boolean> {
    this.look(container);
    await Promise.race([container.ended.promise, pause(this.#parts.clock, knownMs)]);
    return container.termination !== undefined;
  }

  async #end(container: DockerContainer, termination: Termination, lastWords?: string): Promise<void> {
    if (container.termination) return;
    const { clock, log, store } = this.#parts;
    container.endedMs = clock.now();
    const destroyed = container.destroying !== undefined;
    const end: Termination = { ...termination, ...(destroyed && { destroyed: true }) };
    container.termination = end;
    await store
      .setTermination(container.key, end)
      .catch(error => log.error('Failed to store the end of a container', { error, container_id: container.key }));
    this.resolve(container, end, lastWords);
  }

  /** Tells those who wait for it how a container has ended. @param lastWords a line that its standard error gets. */
  resolve(container: DockerContainer, termination: Termination, lastWords?: string): void {
    container.output?.end(lastWords);
    container.ended.resolve(termination);
  }

  /** Lets go of all. The containers go on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watch?.close();
    const all = [...this.#all.values()];
    for (const { over, terminal } of all) {
      over.abort();
      terminal?.close();
    }
    await Promise.all(all.map(({ output }) => output?.close()));
  }
}
