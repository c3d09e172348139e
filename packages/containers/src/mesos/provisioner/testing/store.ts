/** For tests: a provisioner with everything it needs, below a directory that is removed with the test. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock } from '@meseta/system';
import { Metrics } from '@meseta/telemetry';
import { silentLogger } from '@meseta/telemetry/testing';
import type { ContainerKey } from '../../../container-id.ts';
import type { Backend } from '../backends/backend.ts';
import { CopyBackend } from '../backends/copy.ts';
import { dockerAccounts } from '../docker/docker-config.ts';
import { Provisioner } from '../provisioner.ts';
import type { Puller } from '../pullers/puller.ts';
import { RegistryPuller } from '../pullers/registry-puller.ts';
import { removeTree } from '../remove-tree.ts';
import { ImageStore } from '../store/image-store.ts';
import { layerLimits } from '../unpack/unpack.ts';

/** What differs from a provisioner that copies layers of a registry. */
export interface TestProvisionerOptions {
  readonly puller: Puller;
  readonly backend?: Backend;
  /** The contents of a config.json. */
  readonly accounts?: unknown;
  /** The directory of an earlier one. */
  readonly directory?: string;
}

/** A provisioner below a directory. */
export interface TestProvisioner {
  readonly directory: string;
  readonly provisioner: Provisioner;
  readonly store: ImageStore;
}

/** Creates a provisioner, not recovered yet. It is closed with the test. */
export function testProvisioner(t: TestContext, options: TestProvisionerOptions): TestProvisioner {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'provisioner-'));
  const backend = options.backend ?? new CopyBackend();
  const accounts = dockerAccounts(options.accounts ?? { auths: {} });
  mkdirSync(join(directory, 'store'), { recursive: true });
  const store = new ImageStore({
    directory: join(directory, 'store'),
    overlay: backend.name === 'overlay',
    limits: layerLimits,
    puller: options.puller,
    accounts,
    onWarning: message => t.diagnostic(message),
  });
  const provisioner = new Provisioner({
    directory: join(directory, 'work'),
    store,
    backend,
    log: silentLogger(),
    metrics: new Metrics(),
  });
  t.after(async () => {
    await provisioner.close();
    if (options.directory === undefined) await removeTree(directory);
  });
  return { directory, provisioner, store };
}

/** Creates a puller of a registry. */
export function testPuller(registry: string, stallTimeoutMs = 20_000): RegistryPuller {
  return new RegistryPuller({
    registry,
    stallTimeoutMs,
    clock: { ...systemClock, after: (_, f) => systemClock.after(1, f) },
  });
}

/** Makes a key of a container. */
export const key = (text: string): ContainerKey => text as ContainerKey;
