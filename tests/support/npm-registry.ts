/** An npm registry with packages of the test's own making. */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';

/** A package of one file. */
export interface FakePackage {
  readonly name: string;
  readonly version: string;
  /** Path of its file in it. */
  readonly file: string;
  readonly content: string;
}

/** A text of that size that cannot be made smaller, in short lines that begin as given. */
export function padding(bytes: number, lineStart: string): string {
  const text = randomBytes((bytes * 3) / 4).toString('base64');
  return text.replaceAll(/.{1,99}/g, `${lineStart}$&\n`);
}

/** Serves until the test is over. */
export class NpmRegistry {
  /** Names of packages that were downloaded. */
  readonly downloads: string[] = [];
  /** While true, what is downloaded breaks off in the middle and the connection stays open. */
  stalls = false;
  readonly #packages = new Map<string, { readonly version: string; readonly tarball: Buffer }>();
  readonly #server = createServer((request, response) => this.#answer(request, response));

  static async start(t: TestContext, packages: readonly FakePackage[]): Promise<NpmRegistry> {
    const registry = new NpmRegistry();
    for (const each of packages) registry.#packages.set(each.name, { version: each.version, tarball: pack(each) });
    registry.#server.listen(0, '127.0.0.1');
    await once(registry.#server, 'listening');
    t.after(() => {
      registry.#server.close();
      registry.#server.closeAllConnections();
    });
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** As package-lock.json has it. */
  locked(name: string): { version: string; resolved: string; integrity: string } {
    const { version, tarball } = this.#package(name);
    return { version, resolved: `https://registry.npmjs.org/${name}/-/${name}.tgz`, integrity: integrity(tarball) };
  }

  #package(name: string): { readonly version: string; readonly tarball: Buffer } {
    const found = this.#packages.get(name);
    if (!found) throw new Error(`there is no package ${name}`);
    return found;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const [, name = '', isTarball] = (request.url ?? '').split('/');
    if (!this.#packages.has(name)) return void response.writeHead(404).end('{}');
    const { version, tarball } = this.#package(name);
    if (isTarball) {
      this.downloads.push(name);
      if (this.stalls) response.writeHead(200).write(tarball.subarray(0, tarball.length / 2));
      else response.end(tarball);
      return;
    }
    const dist = { tarball: `${this.url}${name}/-/${name}.tgz`, integrity: integrity(tarball) };
    const versions = { [version]: { name, version, dist } };
    response.end(JSON.stringify({ name, versions, 'dist-tags': { latest: version } }));
  }
}

const integrity = (tarball: Buffer) => `sha512-${createHash('sha512').update(tarball).digest('base64')}`;

function pack({ name, version, file, content }: FakePackage): Buffer {
  const directory = mkdtempSync(path.join(tmpdir(), 'package-'));
  try {
    const target = path.join(directory, 'package', file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, content, { mode: 0o755 });
    writeFileSync(
      path.join(directory, 'package/package.json'),
      JSON.stringify({ name, version, type: 'module', exports: './index.js' }),
    );
    execFileSync('tar', ['czf', 'package.tgz', 'package'], { cwd: directory });
    return readFileSync(path.join(directory, 'package.tgz'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
