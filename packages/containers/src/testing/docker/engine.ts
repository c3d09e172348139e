/** For tests: a Docker engine of their own, Debian's dockerd, with nothing of it left afterwards. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { all, eventually, freePort, needs } from '@meseta/system/testing';
import type { DockerEngine } from '../../docker/engine/docker-engine.ts';
import { createDockerEngine } from '../../docker/engine/engine-client.ts';

/** Tests with a real Docker engine need this. */
export const needsDocker = all(
  needs.root('a Docker engine runs as root'),
  needs.mounting('a Docker engine mounts images'),
  needs.program('dockerd', 'Debian package docker.io'),
  needs.package('busybox-static', '/bin/busybox'),
);

/** How the engine is started. */
export interface TestEngineOptions {
  /**
   * - `none`: containers have the host's network or none, and the engine is in that of the tests.
   * - `own`: a bridge, in a network of the engine's own; see `inNetwork`. The host's network of containers is this one.
   * - `shared`: a bridge in the network of the tests, which has to be one of their own (`testInOwnNetwork`).
   */
  readonly network?: 'none' | 'own' | 'shared';
  /** Containers survive the engine. */
  readonly liveRestore?: boolean;
  /** Listens with TLS on a port of 127.0.0.1 as well; the directory has ca.pem, server-cert.pem and server-key.pem. */
  readonly tls?: string;
  /** Listens without TLS on a port of 127.0.0.1 as well. */
  readonly tcp?: boolean;
  /** More options of dockerd. */
  readonly options?: readonly string[];
}

/** An engine that runs. */
export interface TestEngine {
  /** Its files; `log` is that of dockerd. */
  readonly directory: string;
  readonly socket: string;
  /** For `--docker_host`: `unix://…`. */
  readonly host: string;
  /** Of 127.0.0.1; 0 when it does not listen there. */
  readonly port: number;
  /** Closed with the engine. */
  readonly client: DockerEngine;
  /** Of dockerd. */
  readonly pid: number;
  /** The cgroup, in each hierarchy, with the cgroups of containers. */
  readonly cgroupParent: string;
  /** The beginning of a command that shall run in the engine's network: `nsenter …`. */
  readonly inNetwork: readonly string[];
  /** Kills dockerd with SIGKILL. Its containers go on until it is started again, or longer with `liveRestore`. */
  kill(): Promise<void>;
  /** Starts dockerd again, and waits until it answers. */
  start(): Promise<void>;
  /** Ends dockerd with SIGTERM, and its containers without `liveRestore`. */
  end(): Promise<void>;
  /** Stops dockerd with SIGSTOP: connections are accepted, and nothing is answered. */
  pause(): void;
  resume(): void;
  /** Removes all containers. */
  empty(): Promise<void>;
  /** Ends everything, and removes all files. */
  stop(): Promise<void>;
}

/** The image that every engine has: busybox with all of its commands; its command is sh. */
export const busybox = 'busybox:latest';

const guard = fileURLToPath(new URL('engine-guard.sh', import.meta.url));

/**
 * Returns a function that returns the engine of a test file: started when it is first wanted, stopped after the tests of
 * the file.
 */
export function sharedEngine(options: TestEngineOptions = {}): () => Promise<TestEngine> {
  let engine: Promise<TestEngine> | undefined;
  after(async () => {
    await (await engine)?.stop();
  });
  return () => {
    engine ??= startDockerEngine(options);
    return engine;
  };
}

/** Starts an engine. It takes a second or two. The caller has to stop it; it ends with this process in any case. */
export async function startDockerEngine(options: TestEngineOptions = {}): Promise<TestEngine> {
  const { network = 'none' } = options;
  const directory = mkdtempSync(join(tmpdir(), 'engine-'));
  const port = options.tls !== undefined || options.tcp ? await freePort() : 0;
  const group = `meseta-test-${randomBytes(6).toString('hex')}`;
  writeFileSync(join(directory, 'daemon.json'), '{}');
  const namespaces = ['--mount', '--propagation=slave', ...(network === 'own' ? ['--net'] : [])];
  const argv = [guard, directory, group, ...dockerdOptions(directory, group, port, options)];
  const child = spawn('unshare', [...namespaces, 'sh', ...argv], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true, // what ends the tests' process group must not end it
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: directory, TMPDIR: directory },
  });
  const engine = new GuardedEngine(directory, group, port, child);
  try {
    await engine.start();
    await engine.client.images.import(busyboxRoot(directory), busybox, { changes: ['CMD ["sh"]'] });
  } catch (error) {
    const log = readFileSync(join(directory, 'log'), 'utf8').slice(-4000);
    await engine.stop();
    throw new Error(`dockerd did not start:\n${log}`, { cause: error });
  }
  return engine;
}

function dockerdOptions(directory: string, group: string, port: number, options: TestEngineOptions): string[] {
  const { network = 'none', liveRestore, tls, options: more = [] } = options;
  const at = (name: string) => join(directory, name);
  const certificates =
    tls === undefined
      ? []
      : [
          '--tlsverify',
          `--tlscacert=${join(tls, 'ca.pem')}`,
          `--tlscert=${join(tls, 'server-cert.pem')}`,
          `--tlskey=${join(tls, 'server-key.pem')}`,
        ];
  return [
    `--host=unix://${at('docker.sock')}`,
    ...(port === 0 ? [] : [`--host=tcp://127.0.0.1:${port}`]),
    ...certificates,
    `--config-file=${at('daemon.json')}`,
    `--data-root=${at('data')}`,
    `--exec-root=${at('exec')}`,
    `--pidfile=${at('pid')}`,
    `--cgroup-parent=/${group}/containers`,
    '--exec-opt=native.cgroupdriver=cgroupfs',
    '--storage-driver=overlay2',
    '--log-level=warn',
    ...(network === 'none' ? ['--bridge=none', '--iptables=false'] : ['--bip=172.30.0.1/24']),
    ...(liveRestore ? ['--live-restore'] : []),
    ...more,
  ];
}

/** Returns a tar archive of a root file system. */
function busyboxRoot(directory: string): Buffer {
  const root = join(directory, 'busybox');
  for (const name of ['bin', 'tmp', 'etc', 'root']) mkdirSync(join(root, name), { recursive: true });
  cpSync('/bin/busybox', join(root, 'bin/busybox'));
  const names = execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n');
  for (const name of names) if (name !== 'busybox') symlinkSync('busybox', join(root, 'bin', name));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n');
  const archive = execFileSync('tar', ['--create', '--owner=0', '--group=0', '--directory', root, '.'], {
    maxBuffer: 64 * 1024 * 1024,
  });
  rmSync(root, { recursive: true });
  return archive;
}

class GuardedEngine implements TestEngine {
  readonly directory: string;
  readonly socket: string;
  readonly host: string;
  readonly port: number;
  readonly client: DockerEngine;
  readonly cgroupParent: string;
  readonly inNetwork: readonly string[];
  readonly #guard: ChildProcess;
  readonly #answers: Interface;
  readonly #ended: Promise<unknown>;
  #pid = 0;

  constructor(directory: string, group: string, port: number, child: ChildProcess) {
    this.directory = directory;
    this.socket = join(directory, 'docker.sock');
    this.host = `unix://${this.socket}`;
    this.port = port;
    this.client = createDockerEngine({ kind: 'unix', socketPath: this.socket });
    this.cgroupParent = `${group}/containers`;
    this.inNetwork = ['nsenter', `--net=/proc/${child.pid}/ns/net`];
    this.#guard = child;
    this.#ended = once(child, 'exit');
    if (child.stdout === null) throw new Error('the guard has no output');
    this.#answers = createInterface(child.stdout);
  }

  get pid(): number {
    return this.#pid;
  }

  async start(): Promise<void> {
    this.#pid = Number(await this.#ask('start', 'started'));
    const answers = () =>
      this.client.ping().then(
        () => true,
        () => false,
      );
    await eventually(`dockerd (${join(this.directory, 'log')})`, answers);
  }

  async kill(): Promise<void> {
    process.kill(this.#pid, 'SIGKILL');
    await this.#ask('wait', 'ended');
  }

  async end(): Promise<void> {
    process.kill(this.#pid, 'SIGTERM');
    await this.#ask('wait', 'ended');
  }

  pause(): void {
    process.kill(this.#pid, 'SIGSTOP');
    // A thread that runs on another processor stops a little later.
    while (!isStopped(this.#pid));
  }

  resume(): void {
    process.kill(this.#pid, 'SIGCONT');
  }

  async empty(): Promise<void> {
    const { containers } = this.client;
    const all = await containers.list({ all: true });
    await Promise.all(all.map(({ id }) => containers.remove(id, { force: true })));
  }

  async stop(): Promise<void> {
    await this.client.close();
    this.#guard.stdin?.end();
    await this.#ended;
  }

  async #ask(command: string, answer: string): Promise<string> {
    const line = once(this.#answers, 'line');
    this.#guard.stdin?.write(`${command}\n`);
    const gone = this.#ended.then(() => {
      throw new Error('the guard of the Docker engine has ended');
    });
    const [text] = (await Promise.race([line, gone])) as [string];
    const [word, value = ''] = text.split(' ');
    if (word !== answer) throw new Error(`the guard of the Docker engine answered '${text}' to ${command}`);
    return value;
  }
}

function isStopped(pid: number): boolean {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.every(thread => /^State:\s*T/m.test(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')));
}
