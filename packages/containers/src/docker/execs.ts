/**
 * Commands in running containers, for checks and for clients: debug containers, which are commands of the engine. The engine cannot end
 * one. Where its processes are on this machine they are killed; elsewhere one that is not wanted goes on, until its own end or that of
 * its container.
 */
import { open } from 'node:fs/promises';
import type { CommandInfo } from '@meseta/protocol';
import type { Clock } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import { type ContainerId, type ContainerKey, containerKey } from '../container-id.ts';
import type { ContainerIO } from '../container-io.ts';
import type { ContainerLaunch, LaunchOptions, LaunchResult, Termination } from '../containerizer.ts';
import { LaunchError } from '../errors.ts';
import { pause } from '../external/timing.ts';
import type { DockerContainer } from './docker-container.ts';
import type { AttachedStream, DockerEngine } from './engine/docker-engine.ts';
import { ExecIO } from './exec-io.ts';
import { overHere, overThere } from './exec-over.ts';
import { killCommand } from './exec-processes.ts';
import { ExecRecords } from './exec-records.ts';
import type { DockerParts } from './launcher.ts';
import { commandOf } from './plan/command.ts';

/** How often, and how many times, the engine is asked for the pid of a command that it is starting. */
const pidPauseMs = 50;
const pidLooks = 40;

interface Exec {
  readonly id: ContainerId;
  readonly parent: DockerContainer;
  /** In the engine; undefined before. */
  engineId: string | undefined;
  stream: AttachedStream | undefined;
  /** A client's; undefined of a check. */
  io: ExecIO | undefined;
  /** Of its first process, on the engine's machine; 0: not known. */
  pid: Promise<number> | undefined;
  /** Aborted when it is to end. */
  readonly over: AbortController;
  readonly ended: PromiseWithResolvers<Termination>;
  hasEnded: boolean;
  destroyed: boolean;
}

/** See the file's head. */
export class DockerExecs {
  readonly #engine: DockerEngine;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #records: ExecRecords;
  readonly #isLocal: boolean;
  readonly #execs = new Map<ContainerKey, Exec>();

  constructor({ engine, clock, log, flags }: Pick<DockerParts, 'engine' | 'clock' | 'log' | 'flags'>) {
    this.#engine = engine;
    this.#clock = clock;
    this.#log = log;
    this.#records = new ExecRecords(flags.runtime_dir, log);
    this.#isLocal = flags.docker_host_local ?? true;
  }

  /** Ends what clients of an earlier agent have left. Never rejects: what an engine that is away has, the next agent ends. */
  async recover(): Promise<void> {
    for (const [name, record] of await this.#records.all()) {
      try {
        const { running = false, pid = 0 } = (record && (await this.#engine.execs.inspect(record.engineId))) ?? {};
        if (record && running && this.#isLocal) await killCommand(pid, record.container);
        await this.#records.remove(name);
      } catch {
        return; // the engine is away
      }
    }
  }

  /**
   * Starts a command. Its output goes to the client, if it is attached; otherwise to the file of the launch for standard error, if
   * there is one.
   */
  async launch(
    id: ContainerId,
    parent: DockerContainer | undefined,
    { config }: ContainerLaunch,
    { io }: LaunchOptions,
  ): Promise<LaunchResult> {
    if (config.container_class !== 'DEBUG') return { unsupported: 'Docker containers have no containers in them' };
    const isAttached = io === 'attached';
    const tty = config.container_info?.tty_info;
    if (tty !== undefined && !isAttached)
      return { unsupported: 'A command in a Docker container has a terminal only while a client is attached to it' };
    const key = containerKey(id);
    if (this.#execs.has(key)) throw new LaunchError('EXISTS', `Container ${key} was launched before`);
    if (!parent?.isRunning || parent.destroying || parent.engineId === undefined)
      throw new LaunchError('DESTROYED', `The container around ${key} does not run`);
    const cmd = argvOf(config.command_info, isAttached);
    if (cmd.length === 0) throw new LaunchError('INVALID', "The command has no 'value': which program is to run?");
    const exec: Exec = {
      ...{ id, parent, engineId: undefined, stream: undefined, hasEnded: false, destroyed: false },
      ...{ io: undefined, pid: undefined, over: new AbortController() },
      ended: Promise.withResolvers<Termination>(),
    };
    this.#execs.set(key, exec);
    try {
      const env = (config.command_info.environment?.variables ?? []).map(({ name, value = '' }) => `${name}=${value}`);
      const { user } = config.command_info;
      // The user of the task is not in the image; one that the client names is to be.
      const asUser = isAttached && config.user !== undefined && user !== undefined ? { user } : {};
      const wanted = { cmd, env, tty: tty !== undefined, stdin: isAttached, ...asUser };
      const engineId = await this.#engine.execs.create(parent.engineId, wanted);
      exec.engineId = engineId;
      if (isAttached) await this.#records.add(key, { engineId, container: parent.engineId });
      if (exec.destroyed) throw new LaunchError('DESTROYED', `Container ${key} was destroyed while it was launched`);
      const stream = await this.#engine.execs.start(engineId, { tty: tty !== undefined });
      exec.stream = stream;
      if (isAttached) {
        const setSize = (rows: number, columns: number) => this.#engine.execs.resize(engineId, rows, columns);
        exec.io = new ExecIO({
          stream,
          clock: this.#clock,
          setSize: tty && setSize,
          isOver: await this.#overOf(parent),
        });
        exec.pid = this.#pidOf(exec);
        if (tty?.window_size) exec.io.resize(tty.window_size.rows, tty.window_size.columns);
        void this.#attended(exec, exec.io);
      } else void this.#watch(exec, stream, io?.stderr);
    } catch (cause) {
      this.#execs.delete(key);
      if (isAttached) await this.#records.remove(key);
      if (cause instanceof LaunchError) throw cause;
      if (!parent.isRunning) throw new LaunchError('DESTROYED', `The container around ${key} has ended`, { cause });
      throw new LaunchError('EXEC', (cause as Error).message, { cause });
    }
    if (exec.destroyed) await this.destroy(id);
    return { pid: undefined };
  }

  /** Returns what tells whether a container has ended, although the engine may not know. */
  async #overOf(parent: DockerContainer): Promise<() => Promise<boolean>> {
    const isOver = this.#isLocal ? await overHere(parent) : await overThere(parent, this.#engine, this.#clock);
    return async () => {
      if (!(await isOver())) return false;
      const { key } = parent;
      this.#log.info('Left a client that reads nothing: the container of its command has ended', { container_id: key });
      return true;
    };
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
    await this.#ended(exec);
  }

  /** Never rejects. */
  async #attended(exec: Exec, io: ExecIO): Promise<void> {
    await io.pass();
    await this.#ended(exec);
  }

  /** Never rejects. */
  async #ended(exec: Exec): Promise<void> {
    const code = await this.#codeOf(exec).catch(() => undefined); // nothing is known
    this.#end(exec, code === undefined ? { exit: { kind: 'unknown' } } : { exit: { kind: 'exited', code } });
  }

  /** Returns the status of a command whose output has ended: mostly it has ended, too, but it may have closed its output. */
  async #codeOf({ engineId = '', parent, destroyed, over: { signal } }: Exec): Promise<number | undefined> {
    const { engine, container } = { engine: this.#engine, container: parent.engineId ?? parent.name };
    const first = await engine.execs.inspect(engineId);
    if (!first?.running || destroyed || !parent.isRunning) return first?.exitCode;
    const filters = { type: ['container'], container: [container], event: ['exec_die', 'die'] };
    const events = await engine.events({ filters, signal });
    try {
      const second = await engine.execs.inspect(engineId, { signal });
      if (!second?.running) return second?.exitCode;
      for await (const { action, attributes } of events) if (action === 'die' || attributes.execID === engineId) break;
    } finally {
      events.close();
    }
    return (await engine.execs.inspect(engineId))?.exitCode;
  }

  #end(exec: Exec, termination: Termination): void {
    exec.hasEnded = true;
    const isOver = exec.destroyed || !exec.parent.isRunning || exec.parent.destroying !== undefined;
    exec.ended.resolve({ ...termination, ...(isOver && { destroyed: true }) });
  }

  wait(id: ContainerId): Promise<Termination> | undefined {
    return this.#execs.get(containerKey(id))?.ended.promise;
  }

  /** Returns input and output of a command that a client runs. */
  attach(id: ContainerId): ContainerIO | undefined {
    return this.#execs.get(containerKey(id))?.io;
  }

  async destroy(id: ContainerId): Promise<void> {
    const exec = this.#execs.get(containerKey(id));
    if (exec === undefined) return;
    if (exec.hasEnded) return this.#killRest(exec);
    exec.destroyed = true;
    if (exec.stream === undefined) return; // its launch sees to it
    exec.pid ??= this.#pidOf(exec);
    await this.#killRest(exec);
    exec.over.abort();
    exec.io?.close();
    exec.stream.close();
    await exec.ended.promise;
  }

  /** Kills what there is of a command, if it is on this machine. */
  async #killRest({ pid, parent }: Exec): Promise<void> {
    if (!this.#isLocal) return;
    if (pid !== undefined && parent.engineId !== undefined) await killCommand(await pid, parent.engineId);
  }

  /** Returns the pid of the first process; 0 when it has ended, or is not known. The engine has it a moment after the start. */
  async #pidOf({ engineId = '' }: Exec): Promise<number> {
    for (let look = 0; look < pidLooks; look++) {
      const inspected = await this.#engine.execs.inspect(engineId).catch(() => undefined); // it is left
      if (inspected === undefined) return 0;
      if (inspected.pid > 0 || !inspected.running) return inspected.pid;
      await pause(this.#clock, pidPauseMs);
    }
    return 0;
  }

  async remove(id: ContainerId): Promise<void> {
    const key = containerKey(id);
    await this.destroy(id);
    if (this.#execs.get(key)?.io) await this.#records.remove(key);
    this.#execs.delete(key);
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
    for (const { io, over, stream } of this.#execs.values()) {
      over.abort();
      io?.close();
      stream?.close();
    }
    this.#records.close();
  }
}

/** @param isClients as everywhere but in Docker tasks and their checks, the arguments of clients begin with the program's name. */
function argvOf(command: CommandInfo, isClients: boolean): string[] {
  const { shell = true, arguments: words = [] } = command;
  const own = isClients && !shell ? { ...command, arguments: words.slice(1) } : command;
  const { Entrypoint = [], Cmd = [] } = commandOf(own);
  return [...Entrypoint, ...Cmd];
}
