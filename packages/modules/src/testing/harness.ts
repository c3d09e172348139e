/** For tests: runs command modules with real scripts, in both modes. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Isolator } from '@meseta/containers/isolators';
import type { Clock } from '@meseta/system';
import { createLogger, Metrics } from '@meseta/telemetry';
import { methods } from '../command/methods.ts';
import type { HookManager } from '../hook-manager.ts';
import { loadModules, type ModuleRegistry } from '../modules.ts';

/** A mode of command modules. */
export type Mode = 'fork' | 'persistent';

/** The scripts and parameters of a module under test. */
export interface Setup {
  readonly mode: Mode;
  /** Bodies of shell scripts by method; in persistent mode a co-process runs them. */
  readonly scripts: Readonly<Record<string, string>>;
  /** More parameters of hook and isolator. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** The runtime directory of an earlier bench. */
  readonly directory?: string;
  readonly clock?: Clock;
}

/** A hook and an isolator under test. */
export interface Bench {
  readonly mode: Mode;
  readonly directory: string;
  readonly registry: ModuleRegistry;
  readonly hooks: HookManager;
  readonly isolator: Isolator;
  readonly metrics: Metrics;
  /** Returns the name of a method's command in error messages. */
  command(method: string): string;
  /** Returns the messages and errors that were logged so far. */
  log(): string;
  /** Returns the files of calls that are under way or were left behind. */
  files(): string[];
  close(): Promise<void>;
}

const bridge = new URL('./bridge.mjs', import.meta.url).pathname;

/** Writes the scripts and loads hook and isolator as a daemon does. */
export async function setUp({ mode, scripts, parameters = {}, directory: given, clock }: Setup): Promise<Bench> {
  const directory = given ?? mkdtempSync(join(tmpdir(), 'modules-'));
  mkdirSync(join(directory, 'scripts'), { recursive: true });
  const scriptOf = (method: string) => join(directory, 'scripts', method);
  for (const [method, body] of Object.entries(scripts)) writeScript(scriptOf(method), body);
  writeScript(scriptOf('bridge'), `exec '${process.execPath}' '${bridge}' '${join(directory, 'scripts')}'`);
  const command = (method: string) => scriptOf(mode === 'fork' ? method : 'bridge');
  const all: Record<string, string> = { mode, module_name: 'test', isolator_watch_frequence: '0.01' };
  for (const { name, key } of methods) if (scripts[name] !== undefined) all[`${key}_command`] = command(name);
  const list = Object.entries({ ...all, ...parameters }).map(([key, value]) => ({ key, value }));
  const names = ['com_criteo_mesos_CommandHook', 'com_criteo_mesos_CommandIsolator2'];
  const modules = {
    libraries: [{ name: 'command_modules', modules: names.map(name => ({ name, parameters: list })) }],
  };
  const lines: string[] = [];
  const log = createLogger({ program: 'test', format: 'json', stderr: { write: line => lines.push(line) } }, 'test');
  const metrics = new Metrics();
  const options = { runtimeDirectory: join(directory, 'runtime'), log, metrics, ...(clock && { clock }) };
  const registry = await loadModules({ modules }, options);
  const hooks = await registry.hooks(['com_criteo_mesos_CommandHook']);
  const isolator = (await registry.isolator('com_criteo_mesos_CommandIsolator2'))!;
  return {
    mode,
    directory,
    registry,
    hooks,
    isolator,
    metrics,
    command,
    log: () => lines.map(describeLine).join('\n'),
    files: () => readdirSync(join(directory, 'runtime', 'command_modules')),
    async close() {
      await registry.close();
      if (given === undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
}

function writeScript(path: string, body: string): void {
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

function describeLine(line: string): string {
  const { severity, message, error, text } = JSON.parse(line);
  return `${severity} ${message}${error ? `: ${error.message}` : ''}${text ? `: ${text}` : ''}`;
}

/** Tells whether the process whose pid is in the file is running: not while the file is empty. Zombies are not. */
export function isRunning(pidFile: string): boolean {
  try {
    const stat = readFileSync(`/proc/${Number(readFileSync(pidFile, 'utf8'))}/stat`, 'utf8');
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
  } catch {
    return false;
  }
}
