/**
 * Loaded into agents before everything else, by `NODE_OPTIONS`: counts the steps of an agent (changes on disk, and writes to
 * its helpers and peers) once it is armed, and does harm at one of them. See `faults.ts`.
 */
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import { type Fault, faultNames, type Plan, possible, takesRoom } from './plan.ts';

type Callable = (...args: never[]) => unknown;

const { closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } = fs;
const { FAULTS_DIRECTORY: directory = '' } = process.env;
/** Where the plan is, and where the step that was reached is written. */
const file = (name: string) => `${directory}/${name}`;

const key = 'meseta-faults';
const shared = isMainThread
  ? new Int32Array(new SharedArrayBuffer(24))
  : (getEnvironmentData(key) as unknown as Int32Array); // undefined in a thread of what is no agent
const [counted, planned, fault, after, searched, plans] = [0, 1, 2, 3, 4, 5] as const;

/** Whether this thread is in a step: what a function calls itself is part of it. */
let inside = false;

function note(name: string, line: string): void {
  const fd = openSync(file(name), 'a');
  writeSync(fd, `${line}\n`);
  closeSync(fd);
}

/** Reads the plan; the count begins anew. */
function arm(): void {
  const plan = JSON.parse(readFileSync(file('plan'), 'utf8')) as Plan;
  shared[counted] = 0;
  shared[fault] = faultNames.indexOf(plan.fault ?? 'none');
  shared[after] = plan.after ? 1 : 0;
  shared[searched] = plan.at === undefined ? 0 : 1;
  shared[planned] = plan.step;
  Atomics.add(shared, plans, 1);
  writeFileSync(file('spared'), runningNow().join(' '));
  writeFileSync(file('armed'), String(process.pid));
}

/** What the plan's step matches, as this thread has read it. */
let pattern: { readonly of: number; readonly at: RegExp } | undefined;

/** Makes a step the one of the plan when it is the first that matches. */
function search(number: number, what: string): void {
  if (shared[searched] !== 1 || number < (shared[planned] ?? 0)) return;
  const of = shared[plans] ?? 0;
  if (pattern?.of !== of)
    pattern = { of, at: new RegExp((JSON.parse(readFileSync(file('plan'), 'utf8')) as Plan).at ?? '') };
  if (!pattern.at.test(what) || Atomics.compareExchange(shared, searched, 1, 0) !== 1) return;
  shared[planned] = number;
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // it has ended
  }
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

const below = (pid: number): number[] => childrenOf(pid).flatMap(child => [child, ...below(child)]);

/** What helps an agent, and what it runs, by how a process is named. */
const helpers: Partial<Record<Fault, (name: string) => boolean>> = {
  spawner: name => name.startsWith('meseta-spawner'),
  shim: name => name.startsWith('meseta-shim'),
  task: name => name !== '' && !/^(meseta-|\/usr\/bin\/perl|perl)/.test(name),
};

/** Returns the tasks that run, and their shims. */
function runningNow(): number[] {
  const isIt = (fault: 'shim' | 'task', pid: number) => helpers[fault]?.(nameOf(pid)) ?? false;
  return below(process.pid).filter(
    pid => isIt('task', pid) || (isIt('shim', pid) && below(pid).some(each => isIt('task', each))),
  );
}

/** Returns what an agent has started, and may be killed: not what ran before the launch, in which it launches others. */
function victims(): number[] {
  const spared = new Set(readFileSync(file('spared'), 'utf8').split(' ').map(Number));
  return below(process.pid).filter(pid => !spared.has(pid));
}

/** Kills with -9 what an agent has started: the latest of it. */
function killBelow(isIt: (name: string) => boolean): void {
  const victim = victims().findLast(pid => isIt(nameOf(pid)));
  if (victim === undefined) return;
  note('reached', `killed ${victim} ${nameOf(victim).replaceAll('\0', ' ').slice(0, 60)}`);
  process.kill(victim, 'SIGKILL');
}

/** Returns which of them there are now. */
function helpersNow(): string {
  const names = victims().map(nameOf);
  const there = Object.entries(helpers).filter(([, isIt]) => names.some(isIt));
  return there.map(([fault]) => fault).join() || '-';
}

function kill(fault: Fault): void {
  const isIt = helpers[fault];
  if (fault === 'agent') process.kill(process.pid, 'SIGKILL');
  else if (isIt) killBelow(isIt);
}

/** The error that a step has in place of its effect. @param onDisk it is a change on disk. */
function errorAt(planned: Fault | 'EBUSY', onDisk: boolean, what: string): Error | undefined {
  if (!onDisk || !/^E[A-Z]+$/.test(planned)) return undefined;
  // Nothing says of a file that is there that it is not.
  const name = planned === 'ENOENT' && within(() => existsSync(what.replace(/^\S+ /, ''))) ? 'EIO' : planned;
  return Object.assign(new Error(`${name}: injected, ${what}`), { code: name, syscall: what });
}

/** Counts a step, and does harm when it is the one. @throws the error it is to have. */
function step<T>(what: string, onDisk: boolean, act: () => T): T {
  if (shared[planned] === 0 || inside) return act();
  const number = Atomics.add(shared, counted, 1) + 1;
  const name = faultNames[shared[fault] ?? 0] ?? 'none';
  if (name === 'none') note('steps', `${number} ${helpersNow()} ${what}`);
  search(number, what);
  if (shared[searched] === 1) return within(act);
  const plannedAt = shared[planned] ?? 0;
  if (number === plannedAt) note('reached', `step ${number}: ${what}`);
  // A full disk stays full until somebody makes room. What takes none works.
  const isIt = name === 'ENOSPC' ? number >= plannedAt && takesRoom(what) : number === plannedAt;
  if (!isIt) return within(act);
  const error = errorAt(possible(name, what), onDisk, what);
  if (error) throw error;
  if (!shared[after]) kill(name);
  try {
    return within(act);
  } finally {
    if (shared[after]) kill(name);
  }
}

function within<T>(act: () => T): T {
  inside = true;
  try {
    return act();
  } finally {
    inside = false;
  }
}

const changes = (flags: unknown) => typeof flags === 'number' || (typeof flags === 'string' && /[wa+]/.test(flags));

/** Functions that change something on disk: all calls, or those that open for writing. */
const functions = {
  sync: [
    'chmodSync',
    'chownSync',
    'mkdirSync',
    'renameSync',
    'rmSync',
    'rmdirSync',
    'symlinkSync',
    'unlinkSync',
    'utimesSync',
    'writeFileSync',
    'writeSync',
    'fsyncSync',
    'linkSync',
    'fdatasync',
  ],
  promises: [
    'chmod',
    'chown',
    'cp',
    'link',
    'mkdir',
    'mkdtemp',
    'rename',
    'rm',
    'rmdir',
    'symlink',
    'unlink',
    'utimes',
    'writeFile',
  ],
};

function wrap(target: Record<string, unknown>, name: string, counts: (args: readonly unknown[]) => boolean): void {
  const original = target[name] as Callable;
  if (typeof original !== 'function') return;
  target[name] = (...args: never[]) => {
    const [path, ...rest] = args as readonly unknown[];
    if (!counts(args) || String(path).startsWith('/proc/')) return original(...args);
    const last = rest.at(-1);
    const what = `${name} ${typeof path === 'number' ? '(file)' : path}`;
    try {
      return step(what, true, () => original(...args));
    } catch (error) {
      if (target === (promises as never)) return Promise.reject(error);
      if (name.endsWith('Sync') || typeof last !== 'function') throw error;
      return setImmediate(() => (last as (error: unknown) => void)(error));
    }
  };
}

function install(): void {
  if (isMainThread) setEnvironmentData(key, shared as never);
  for (const name of functions.sync) wrap(fs as never, name, () => true);
  for (const name of functions.promises) wrap(promises as never, name, () => true);
  wrap(fs as never, 'openSync', ([, flags]) => changes(flags));
  wrap(promises as never, 'open', ([, flags]) => changes(flags));
  syncBuiltinESMExports();
  Socket.prototype.write = function (this: Socket, ...args: never[]) {
    const what = this.remotePort === undefined ? 'write to a helper' : 'write to a peer';
    return step(what, false, () => (Duplex.prototype.write as Callable).apply(this, args)) as boolean;
  } as Socket['write'];
  if (!isMainThread) return;
  process.on('SIGUSR2', arm);
  if (existsSync(file('plan'))) arm();
}

const isAgent = isMainThread ? process.argv[2] === 'agent' : shared !== undefined;
if (isAgent && directory !== '') install();
