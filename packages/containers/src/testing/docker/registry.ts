/** For tests: Debian's docker-registry, started on a port of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { needs } from '@meseta/system/testing';

/** Tests with a real registry need this. */
export const needsRegistry = needs.program('docker-registry', 'Debian package docker-registry');

/** A registry that runs. */
export interface DockerRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly origin: string;
  /** Its files: blobs are in `docker/registry/v2/blobs`. */
  readonly directory: string;
  stop(): Promise<void>;
}

/** Starts a registry, which ends with the test. @param auth the section `auth` of its configuration, in YAML. */
export async function startDockerRegistry(t: TestContext, auth = ''): Promise<DockerRegistry> {
  const directory = mkdtempSync(join(tmpdir(), 'registry-'));
  const configuration = join(directory, 'config.yml');
  writeFileSync(
    configuration,
    `version: 0.1
log: { level: info, formatter: json }
storage: { filesystem: { rootdirectory: ${directory} }, delete: { enabled: true } }
http: { addr: "127.0.0.1:0", secret: secret }
${auth}`,
  );
  const child = spawn('docker-registry', ['serve', configuration], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  t.after(async () => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const lines: string[] = [];
  const reader = createInterface(child.stderr);
  const port = await new Promise<string>((resolve, reject) => {
    reader.on('line', line => {
      lines.push(line);
      const [, found] = /listening on 127\.0\.0\.1:(\d+)/.exec(line) ?? [];
      if (found !== undefined) resolve(found);
    });
    reader.on('close', () => reject(new Error(`docker-registry did not start:\n${lines.join('\n')}`)));
  });
  const host = `127.0.0.1:${port}`;
  return { host, origin: `http://${host}`, directory, stop };
}

/** Returns a line of a password file for the registry; it takes bcrypt only. */
export function htpasswd(user: string, password: string): string {
  const script = 'use strict; my ($p) = @ARGV; print crypt($p, q($2y$05$) . q(abcdefghijklmnopqrstuu));';
  const { stdout } = spawnSync('perl', ['-e', script, password], { encoding: 'utf8' });
  return `${user}:${stdout}\n`;
}
