import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, FakeClock } from '@meseta/system/testing';
import { silentLogger } from '@meseta/telemetry/testing';
import { collectImages, parseImageGcConfig } from './image-gc.ts';
import { ArchivePuller } from './pullers/archive-puller.ts';
import { removeTree } from './remove-tree.ts';
import { dockerArchive, makeImage } from './testing/image.ts';
import { key, testProvisioner } from './testing/store.ts';
import { file, tar } from './testing/tar.ts';

const hour = { nanoseconds: 3_600_000_000_000 };
const hourMs = 3_600_000;

test('images that nothing uses go when the disk is too full', async t => {
  const images = mkdtempSync(join(tmpdir(), 'images-'));
  t.after(() => removeTree(images));
  for (const name of ['used', 'excluded', 'unused']) {
    writeFileSync(join(images, `${name}.tar`), dockerArchive(makeImage([tar(file(name))])));
  }
  const { provisioner, directory } = testProvisioner(t, { puller: new ArchivePuller(images) });
  await provisioner.recover([]);
  for (const name of ['used', 'excluded', 'unused']) {
    await provisioner.provision(key(name), { type: 'DOCKER', docker: { name } });
    if (name !== 'used') await provisioner.destroy(key(name));
  }
  const store = join(directory, 'store');
  const layers = () => readdirSync(join(store, 'layers')).length;
  const collect = (headroom: number) => {
    const clock = new FakeClock();
    const config = { image_disk_headroom: headroom, image_disk_watch_interval: hour };
    const excluded_images = [{ type: 'DOCKER', docker: { name: 'excluded' } }];
    const settings = parseImageGcConfig({ ...config, excluded_images });
    t.after(collectImages(settings, { store, provisioner, clock, log: silentLogger() }));
    return clock;
  };
  const never = collect(0);
  never.advance(2 * hourMs);
  const always = collect(1);
  always.advance(hourMs - 1);
  assert.equal(layers(), 3);
  always.advance(1);
  await eventually('the unused one is removed', () => layers() === 2);
});

const wrong: readonly { value: unknown; says: RegExp }[] = [
  { value: {}, says: /image_disk_headroom/ },
  { value: { image_disk_headroom: 0.1 }, says: /image_disk_watch_interval/ },
  { value: { image_disk_headroom: -1, image_disk_watch_interval: hour }, says: /from 0.0 to 1.0/ },
  { value: { image_disk_headroom: 0.1, image_disk_watch_interval: { nanoseconds: 0 } }, says: /more than 0/ },
  {
    value: {
      ...{ image_disk_headroom: 0.1, image_disk_watch_interval: hour },
      excluded_images: [{ type: 'DOCKER', docker: { name: 'A' } }],
    },
    says: /invalid name/,
  },
];
for (const { value, says } of wrong) {
  test(`refuses ${JSON.stringify(value)}`, () => assert.throws(() => parseImageGcConfig(value), { message: says }));
}
