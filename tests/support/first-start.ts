/** A checkout in which nothing is installed, whose packages come from a registry of the test's own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { NpmRegistry, padding } from './npm-registry.ts';

const root = path.resolve(import.meta.dirname, '../..');
const megabyte = 2 ** 20;
const [, nodeVersion = ''] =
  /^node_version=(\S+)/m.exec(readFileSync(path.join(root, 'scripts/setup.sh'), 'utf8')) ?? [];
const nodePackage = `node-${process.platform}-${process.arch}`;

/** How a start ended. */
export interface Outcome {
  /** 128 and the signal's number, where a signal ended it: as a shell has it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A start that is under way. */
export interface RunningStart {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
}

/** Its Node.js and its one dependency have 3 MB each; both work only when they are whole. */
export class FirstStart {
  readonly checkout: string;
  readonly registry: NpmRegistry;
  readonly #environment: NodeJS.ProcessEnv;

  /** @param directory where the checkout is made. @param outside what is not the checkout's, npm's cache for one. */
  static async prepare(t: TestContext, directory: string, outside: string): Promise<FirstStart> {
    const registry = await NpmRegistry.start(t, [
      { name: nodePackage, version: nodeVersion, file: 'bin/node', content: fakeNode() },
      { name: 'pad', version: '1.0.0', file: 'index.js', content: fakeDependency() },
    ]);
    return new FirstStart(directory, outside, registry);
  }

  private constructor(directory: string, outside: string, registry: NpmRegistry) {
    this.checkout = path.join(directory, 'checkout');
    this.registry = registry;
    this.#writeCheckout();
    const bin = path.join(outside, 'bin');
    mkdirSync(bin, { recursive: true });
    // Too old for the checkout, and good enough for npm.
    const old = `#!/bin/sh\n[ "$1" = -p ] && echo 18 && exit\nexec ${process.execPath} "$@"\n`;
    writeFileSync(path.join(bin, 'node'), old, { mode: 0o755 });
    this.#environment = {
      ...process.env,
      PATH: `${bin}:${process.env.PATH}`,
      npm_config_cache: path.join(outside, 'cache'),
      npm_config_registry: registry.url,
      npm_config_fetch_retries: '0',
    };
  }

  /** Begins a start in a process group of its own. @param more its environment; undefined takes a variable away. */
  begin(more: NodeJS.ProcessEnv = {}): RunningStart {
    const env = { ...this.#environment, ...more };
    const child = spawn(path.join(this.checkout, 'meseta'), [], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exit = new Promise<number>(resolve =>
      child.on('exit', (code, signal) => resolve(code ?? 128 + (signal === 'SIGKILL' ? 9 : 2))),
    );
    const all = Promise.all([exit, text(child.stdout), text(child.stderr)]);
    return { child, outcome: all.then(([code, stdout, stderr]) => ({ code, stdout, stderr })) };
  }

  /** Starts it. */
  start(more: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    return this.begin(more).outcome;
  }

  #writeCheckout(): void {
    const write = (file: string, content: string) => {
      mkdirSync(path.dirname(path.join(this.checkout, file)), { recursive: true });
      writeFileSync(path.join(this.checkout, file), content);
    };
    const self = { name: 'meseta', version: '1.0.0', dependencies: { pad: '1.0.0' } };
    const packages = { '': self, 'node_modules/pad': this.registry.locked('pad') };
    write('package.json', JSON.stringify(self));
    write('package-lock.json', JSON.stringify({ ...self, lockfileVersion: 3, requires: true, packages }));
    write('packages/cli/bin/meseta.mjs', "import { state } from 'pad';\nconsole.log(state);\n");
    mkdirSync(path.join(this.checkout, 'scripts'));
    for (const file of ['meseta', 'scripts/setup.sh', 'scripts/install.sh', 'scripts/install-errors.sh'])
      copyFileSync(path.join(root, file), path.join(this.checkout, file));
  }
}

const fakeNode = () => `#!/bin/sh
${padding(3 * megabyte, '# ')}
[ "$*" = '-p process.version' ] && echo v${nodeVersion} && exit
exec ${process.execPath} "$@"
`;
const fakeDependency = () => `${padding(3 * megabyte, '// ')}export const state = 'whole';\n`;
