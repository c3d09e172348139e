/**
 * A program for `--containerizers=external`, to start from: a container is a process group.
 *
 * Each container has a directory in the agent's work directory, and a supervisor, which is the parent of the container's
 * first process, because only a parent gets the wait status. The supervisor outlives `launch` and the agent.
 *
 * | file | |
 * |---|---|
 * | `supervisor` | its pid and start time |
 * | `pid` | the pid of the first process, which is the id of the group too, and its start time |
 * | `resources` | those of the container, as JSON |
 * | `status` | how the first process ended, as in wait(2); written last |
 */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import {
  ContainerizerContainers,
  ContainerizerDestroy,
  ContainerizerLaunch,
  ContainerizerTermination,
  ContainerizerUpdate,
  ContainerizerUsage,
  ContainerizerWait,
  checkId,
  decode,
  encode,
  type MessageType,
  type Resource,
  ResourceStatistics,
} from '@meseta/protocol';
import { allPids, isAlive, lookupUser, type ProcessId, readProcess } from '@meseta/system';

const { MESOS_WORK_DIRECTORY: workDirectory = '.' } = process.env;
const root = join(workDirectory, 'process-groups');
const keptMs = 60 * 60 * 1000;
const pageSize = 4096;
const ticksPerSecond = 100;

const commands: Readonly<Record<string, () => void | Promise<void>>> = {
  async launch() {
    const { container_id, executor_info, directory = '.', user, task_info } = receive(ContainerizerLaunch);
    const state = stateOf(container_id.value);
    mkdirSync(state, { recursive: true });
    write(state, 'resources', JSON.stringify(executor_info?.resources ?? task_info?.resources ?? []));
    const { command = {} } = executor_info ?? {};
    const argv = command.shell === false ? (command.arguments ?? []) : ['sh', '-c', command.value ?? ''];
    const file = command.shell === false ? (command.value ?? '') : '/bin/sh';
    const variables = (command.environment?.variables ?? []).map(({ name, value = '' }) => [name, value]);
    const env = { ...forContainer(process.env), ...Object.fromEntries(variables) };
    await startSupervisor(state, { file, argv, directory, env, user });
  },

  update() {
    const { container_id, resources = [] } = receive(ContainerizerUpdate);
    write(stateOf(container_id.value), 'resources', JSON.stringify(resources));
  },

  usage() {
    const { container_id } = receive(ContainerizerUsage);
    const state = stateOf(container_id.value);
    const { pid: group } = readId(state, 'pid');
    const members = allPids()
      .flatMap(pid => readProcess(pid) ?? [])
      .filter(({ session }) => session === group);
    const sum = (of: (member: (typeof members)[number]) => number) =>
      members.reduce((total, each) => total + of(each), 0);
    const resources = JSON.parse(read(state, 'resources')) as Resource[];
    const total = (name: string) =>
      resources.filter(each => each.name === name).reduce((sum, { scalar }) => sum + (scalar?.value ?? 0), 0);
    send(ResourceStatistics, {
      timestamp: Date.now() / 1000,
      cpus_user_time_secs: sum(each => each.user + each.childrenUser) / ticksPerSecond,
      cpus_system_time_secs: sum(each => each.system + each.childrenSystem) / ticksPerSecond,
      cpus_limit: total('cpus'),
      mem_rss_bytes: sum(each => each.rssPages) * pageSize,
      mem_limit_bytes: total('mem') * 1024 * 1024,
    });
  },

  async wait() {
    const state = stateOf(receive(ContainerizerWait).container_id.value);
    if (!existsSync(state)) throw new Error('there is no such container');
    await until(state, () => existsSync(join(state, 'status')) || !isSupervised(state));
    const status = existsSync(join(state, 'status')) ? Number(read(state, 'status')) : undefined;
    if (status === undefined && isAlive(readId(state, 'pid'))) killGroup(state);
    const message = status === undefined ? 'The supervisor of the container was killed' : '';
    send(ContainerizerTermination, { killed: false, message, ...(status !== undefined && { status }) });
  },

  async destroy() {
    const state = stateOf(receive(ContainerizerDestroy).container_id.value);
    if (!isSupervised(state)) return;
    killGroup(state); // the supervisor is the leader's parent, so the pid is no other process's
    await until(state, () => !isSupervised(state));
  },

  containers() {
    const active = list().filter(id => isSupervised(stateOf(id)));
    send(ContainerizerContainers, { containers: active.map(value => ({ value })) });
  },

  /** Ended containers are kept for an hour, because a new agent may ask for their status again. */
  recover() {
    for (const state of list().map(stateOf)) {
      if (!isSupervised(state) && Date.now() - statSync(state).mtimeMs > keptMs) rmSync(state, { recursive: true });
    }
  },

  supervise,
};

/** What the supervisor is to start. */
interface Start {
  readonly file: string;
  readonly argv: readonly string[];
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly user: string | undefined;
}

/** Starts the supervisor in a session of its own. Resolves when the container's first process runs. */
async function startSupervisor(state: string, start: Start): Promise<void> {
  const [node, script = ''] = process.argv;
  const supervisor = spawn(node ?? 'node', [...process.execArgv, script, 'supervise', state], {
    detached: true,
    stdio: ['pipe', 'inherit', 'inherit', 'ipc'], // the output of `launch` is that of the container
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  supervisor.once('message', problem => (problem === '' ? resolve() : reject(new Error(String(problem)))));
  supervisor.once('exit', () => reject(new Error('the supervisor ended')));
  supervisor.stdin?.end(JSON.stringify(start));
  await promise.catch(error => {
    rmSync(state, { recursive: true, force: true });
    throw error;
  });
  supervisor.disconnect();
  supervisor.unref();
}

/** The supervisor: runs the container and writes down how it ended. */
async function supervise(): Promise<void> {
  const [, , , state = ''] = process.argv;
  const { file, argv, directory, env, user } = JSON.parse(readFileSync(0, 'utf8')) as Start;
  writeId(state, 'supervisor', process.pid);
  const [first = file, ...rest] = argv.length > 0 ? argv : [file];
  const child = spawn(file, rest, {
    ...{ argv0: first, cwd: directory, env, detached: true, stdio: ['ignore', 'inherit', 'inherit'] },
    ...(user !== undefined && process.getuid?.() === 0 && (await lookupUser(user))),
  });
  child.once('error', error => {
    process.send?.(error.message, () => process.exit(1));
  });
  child.once('spawn', () => {
    if (child.pid !== undefined) writeId(state, 'pid', child.pid);
    process.send?.('');
  });
  process.once('disconnect', () => {}); // `launch` has ended
  child.once('exit', (code, signal) => {
    killGroup(state); // the container ends with its first process
    write(state, 'status', String(signal === null ? (code ?? 0) << 8 : constants.signals[signal]));
  });
}

/** The variables of executors; the others are the agent's. */
function forContainer(all: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => /^(MESOS_|LIBPROCESS_|PATH$|HOME$|LANG$)/.test(name)),
  );
}

function killGroup(state: string): void {
  try {
    process.kill(-readId(state, 'pid').pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function isSupervised(state: string): boolean {
  if (!existsSync(join(state, 'supervisor')) || existsSync(join(state, 'status'))) return false;
  return isAlive(readId(state, 'supervisor'));
}

/** Waits for files of a container; once a second it looks again, because a killed supervisor changes none. */
async function until(state: string, done: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = () => done() && resolve();
  const watcher = watch(state, look);
  const timer = setInterval(look, 1000);
  look();
  await promise;
  watcher.close();
  clearInterval(timer);
}

function list(): string[] {
  return existsSync(root) ? readdirSync(root) : [];
}

function stateOf(id: string): string {
  return join(root, checkId(id));
}

function read(state: string, file: string): string {
  return readFileSync(join(state, file), 'utf8');
}

/** A pid alone may be another process's by now. */
function readId(state: string, file: string): ProcessId {
  const [pid = 0, start = 0] = read(state, file).split(' ').map(Number);
  return { pid, start };
}

function writeId(state: string, file: string, pid: number): void {
  write(state, file, `${pid} ${readProcess(pid)?.start ?? 0}`);
}

/** Writes a file as a whole, so that no reader sees half of it. */
function write(state: string, file: string, text: string): void {
  writeFileSync(join(state, `${file}.new`), text);
  renameSync(join(state, `${file}.new`), join(state, file));
}

/** A message is preceded by its length, in 4 bytes of the machine's order (here: little endian). */
function receive<T>(type: MessageType<T>): T {
  const bytes = readFileSync(0);
  const length = bytes.length < 4 ? 0 : bytes.readUInt32LE();
  if (length === 0 || bytes.length < 4 + length) throw new Error(`expected a ${type.name} message on standard input`);
  return decode(type, bytes.subarray(4, 4 + length));
}

function send<T>(type: MessageType<T>, message: T): void {
  const body = encode(type, message);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  process.stdout.write(Buffer.concat([length, body]));
}

const name = process.argv[2] ?? '';
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
try {
  if (!command) throw new Error(`give one of ${Object.keys(commands).join(', ')}`);
  await command();
} catch (error) {
  console.error(`process-groups ${name}: ${(error as Error).message}`);
  process.exitCode = 1;
}
