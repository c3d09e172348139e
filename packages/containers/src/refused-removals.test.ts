/** What is stored of containers that are gone, and the disk does not let go at first. */
import assert from 'node:assert/strict';
import { existsSync, rmdirSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkId } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import type { Logger } from '@meseta/telemetry';
import { keepingLogger } from '@meseta/telemetry/testing';
import type { ContainerKey } from './container-id.ts';
import { ExecRecords } from './docker/exec-records.ts';
import { DockerLogs } from './docker/output/docker-logs.ts';
import { KeptEnvironments } from './mesos/kept-environments.ts';
import { KeptFilters } from './mesos/kept-filters.ts';

interface Kept {
  add(key: ContainerKey): Promise<void>;
  remove(key: ContainerKey): Promise<void>;
  close(): void | Promise<void>;
}

const rotated = { maxBytes: 4096, kept: 1, compress: 'no' } as const;

const all: { name: string; directory: string; make: (runtimeDirectory: string, log: Logger) => Kept; end?: string }[] =
  [
    {
      name: 'environments',
      directory: 'environments',
      make(runtimeDirectory, log) {
        const kept = new KeptEnvironments(runtimeDirectory, log);
        const add = (key: ContainerKey) => kept.write(key, { environment: { A: 'b' }, workingDirectory: '/' });
        return { add, remove: key => kept.remove(key), close: () => kept.close() };
      },
    },
    {
      name: 'filters',
      directory: 'seccomp',
      make(runtimeDirectory, log) {
        const kept = new KeptFilters(runtimeDirectory, message => log.warning(message));
        return { add: key => kept.write(key, 'filter'), remove: key => kept.remove(key), close: () => kept.close() };
      },
    },
    {
      name: 'commands in Docker containers',
      directory: 'docker-execs',
      make(runtimeDirectory, log) {
        const kept = new ExecRecords(runtimeDirectory, log);
        const add = (key: ContainerKey) => kept.add(key, { engineId: 'e', container: 'd' });
        return { add, remove: key => kept.remove(key), close: () => kept.close() };
      },
    },
    {
      name: 'settings of the loggers of Docker containers',
      directory: 'docker-logs',
      end: '.json',
      make(runtimeDirectory, log) {
        const streams = { stdout: rotated, stderr: rotated };
        const settings = { destination: 'logrotate', prefix: 'L_', journal: '', labels: {}, ...streams } as const;
        const kept = new DockerLogs({ runtimeDirectory, settings, log });
        const add = (key: ContainerKey) => kept.add(key, { command_info: {}, directory: '/' });
        return { add, remove: key => kept.remove(key), close: () => kept.close() };
      },
    },
  ];

async function temporary(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'removals-'));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

for (const { name, directory, make, end = '' } of all) {
  test(`${name}: what the disk does not let go is removed when it does`, async t => {
    const runtimeDirectory = await temporary(t);
    const { log, lines } = keepingLogger();
    const kept = make(runtimeDirectory, log);
    t.after(() => kept.close());
    const path = (key: ContainerKey) => join(runtimeDirectory, directory, `${key}${end}`);
    const refused = async (key: ContainerKey) => {
      await kept.add(key);
      await rm(path(key));
      await mkdir(path(key)); // which cannot be removed as a file is
      await kept.remove(key);
      rmdirSync(path(key));
    };
    const [gone, again] = [checkId<'containerKey'>('gone'), checkId<'containerKey'>('again')];
    await refused(again);
    await refused(gone);
    writeFileSync(path(gone), '');
    await kept.add(again); // of another container of that id
    assert.equal(lines.length, 2);
    await eventually('its end', () => !existsSync(path(gone)));
    assert.ok(existsSync(path(again)));
  });
}
