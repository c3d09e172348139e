/**
 * Commands in running containers, for checks: debug containers, which are commands of the engine. The engine cannot end one. Where
 * its processes are on this machine they are killed; elsewhere one that is not wanted goes on, until its own end or that of its
 * container.
 */
import { open, readFile } from 'node:fs/promises';
import { type ContainerId, type ContainerKey, containerKey } from '../container-id.ts';
import type { ContainerLaunch, LaunchOptions, LaunchResult, Termination } from '../containerizer.ts';
import { LaunchError } from '../errors.ts';
import type { DockerContainer } from './docker-container.ts';
import type { AttachedStream, DockerEngine } from './engine/docker-engine.ts';
import { commandOf } from './plan/command.ts';

interface Exec {
  readonly id: ContainerId;
  readonly parent: DockerContainer;
  /** In the engine; undefined before. */
  engineId: string | undefined;
  stream: AttachedStream | undefined;
  readonly ended: PromiseWithResolvers<Termination>;
  hasEnded: boolean;
  destroyed: boolean;
}

/** See the file's head. */
export class DockerExecs {
  readonly #engine: DockerEngine;
  readonly #execs = new Map<ContainerKey, Exec>();

  constructor(engine: DockerEngine) {
    this.#engine = engine;
  }

  has(id: ContainerId): boolean {
    return this.#execs.has(containerKey(id));
  }

  /** Starts a command. Its output goes to the file of the launch for standard error, if there is one. */
  async launch(
    id: ContainerId,
    parent: DockerContainer | undefined,
    { config }: ContainerLaunch,
    { io }: LaunchOptions,
  ): Promise<LaunchResult> {
    if (config.container_class !== 'DEBUG') return { unsupported: 'Docker containers have no containers in them' };
    if (io === 'attached' || config.container_info?.tty_info !== undefined)
      return { unsupported: 'Input and output of commands in Docker containers are not built yet' };
    const key = containerKey(id);
    if (this.#execs.has(key)) throw new LaunchError('EXISTS', `Container ${key} was launched before`);
    if (!parent?.isRunning || parent.destroying || parent.engineId === undefined)
      throw new LaunchError('DESTROYED', `The container around ${key} does not run`);
    const { Entrypoint = [], Cmd = [] } = commandOf(config.command_info);
    const exec: Exec = {
      ...{ id, parent, engineId: undefined, stream: undefined, hasEnded: false, destroyed: false },
      ended: Promise.withResolvers<Termination>(),
    };
    this.#execs.set(key, exec);
    try {
      const env = (config.command_info.environment?.variables ?? []).map(({ name, value = '' }) => `${name}=${value}`);
      exec.engineId = await this.#engine.execs.create(parent.engineId, { cmd: [...Entrypoint, ...Cmd], env });
      const stream = await this.#engine.execs.start(exec.engineId, { tty: false });
      exec.stream = stream;
      void this.#watch(exec, stream, io?.stderr);
    } catch (cause) {
      this.#execs.delete(key);
      if (!parent.isRunning) throw new LaunchError('DESTROYED', `The container around ${key} has ended`, { cause });
      throw new LaunchError('EXEC', (cause as Error).message, { cause });
    }
    if (exec.destroyed) await this.destroy(id);
    return { pid: undefined };
  }

  /** Never rejects. */
  async #watch(exec: Exec, stream: AttachedStream, file: string | undefined): Promise<void> {
    const output = file === undefined ? undefined : await open(file, 'a').catch(() => undefined); // it was removed
    try {
      for await (const { data } of stream) await output?.appendFile(data).catch(() => undefined); // the disk is full
    } catch {
      // The engine is away, or this was closed. Its status says what is known.
    } finally {
      await output?.close();
    }
    const inspected = await this.#engine.execs.inspect(exec.engineId ?? '').catch(() => undefined); // nothing is known
    const code = inspected?.exitCode;
    this.#end(exec, code === undefined ? { exit: { kind: 'unknown' } } : { exit: { kind: 'exited', code } });
  }

  #end(exec: Exec, termination: Termination): void {
    exec.hasEnded = true;
    const isOver = exec.destroyed || !exec.parent.isRunning || exec.parent.destroying !== undefined;
    exec.ended.resolve({ ...termination, ...(isOver && { destroyed: true }) });
  }

  wait(id: ContainerId): Promise<Termination> | undefined {
    return this.#execs.get(containerKey(id))?.ended.promise;
  }

  async destroy(id: ContainerId): Promise<void> {
    const exec = this.#execs.get(containerKey(id));
    if (exec === undefined || exec.hasEnded) return;
    exec.destroyed = true;
    if (exec.stream === undefined) return; // its launch sees to it
    await this.#kill(exec);
    exec.stream.close();
    await exec.ended.promise;
  }

  /** Kills the first process of a command, if it is on this machine. */
  async #kill({ engineId, parent }: Exec): Promise<void> {
    const { pid = 0 } = (await this.#engine.execs.inspect(engineId ?? '').catch(() => undefined)) ?? {}; // it is left
    if (pid <= 1 || parent.engineId === undefined) return;
    // The pid is of the engine's machine: here it may be of any process.
    const cgroups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => ''); // there is no such process here
    if (!cgroups.includes(parent.engineId)) return;
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has just ended
    }
  }

  async remove(id: ContainerId): Promise<void> {
    await this.destroy(id);
    this.#execs.delete(containerKey(id));
  }

  /** Removes all commands in a container. */
  async removeOf(parent: DockerContainer): Promise<void> {
    const own = [...this.#execs.values()].filter(exec => exec.parent === parent);
    await Promise.all(own.map(({ id }) => this.remove(id)));
  }

  *ids(): Iterable<ContainerId> {
    for (const { id } of this.#execs.values()) yield id;
  }

  /** Ends the connections to all. */
  close(): void {
    for (const { stream } of this.#execs.values()) stream?.close();
  }
}
