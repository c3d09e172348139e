/** For tests: a process that provisions an image, and that can be killed. Arguments: DIRECTORY REGISTRY IMAGE */
import { join } from 'node:path';
import { systemClock } from '@meseta/system';
import { Metrics } from '@meseta/telemetry';
import { silentLogger } from '@meseta/telemetry/testing';
import type { ContainerKey } from '../../../container-id.ts';
import { CopyBackend } from '../backends/copy.ts';
import { Provisioner } from '../provisioner.ts';
import { RegistryPuller } from '../pullers/registry-puller.ts';
import { ImageStore } from '../store/image-store.ts';
import { layerLimits } from '../unpack/unpack.ts';

const [directory = '', registry = '', name = ''] = process.argv.slice(2);
const store = new ImageStore({
  directory: join(directory, 'store'),
  overlay: false,
  limits: layerLimits,
  puller: new RegistryPuller({ registry, stallTimeoutMs: 60_000, clock: systemClock }),
  accounts: () => undefined,
  onWarning: message => process.stderr.write(`${message}\n`),
});
const parts = { log: silentLogger(), metrics: new Metrics() };
const provisioner = new Provisioner({
  ...{ directory: join(directory, 'work'), store, backend: new CopyBackend() },
  ...parts,
});
await provisioner.recover([]);
await provisioner.provision('container' as ContainerKey, { type: 'DOCKER', docker: { name } });
process.stdout.write('provisioned\n');
setInterval(() => undefined, 60_000); // until it is killed
