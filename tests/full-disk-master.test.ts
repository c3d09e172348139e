/** The disk of a master fills up while it leads. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { needsZooKeeper } from '@meseta/storage/testing';
import { all } from '@meseta/system/testing';
import { Daemon } from './support/daemon.ts';
import { ElectionScene } from './support/high-availability.ts';
import { SmallDisk } from './support/small-disk.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'full-master-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const weigh = ({ origin }: Daemon, role: string) =>
  fetch(`${origin}/weights`, { method: 'PUT', body: JSON.stringify([{ role, weight: 2 }]) }).then(
    ({ status }) => status,
    () => 'no answer',
  );

async function weights({ origin }: Daemon): Promise<string[]> {
  const all = (await (await fetch(`${origin}/weights`)).json()) as { role: string }[];
  return all.map(({ role }) => role);
}

test(
  'with its registry on the disk, a master promises nothing more and ends; with room, it has all',
  SmallDisk.need,
  async t => {
    const disk = new SmallDisk(t, path.join(directory, 'zookeeper'), 4);
    const flags = { work_dir: path.join(disk.path, 'm') };
    const master = await Daemon.start({ kind: 'master', name: 'master', directory, flags });
    t.after(() => master.kill());
    assert.equal(await weigh(master, 'kept'), 200);
    disk.fill();
    const answers = [];
    for (let count = 0; count < 50 && master.running; count++) answers.push(await weigh(master, `role-${count}`));
    assert.equal(await master.ended, 'code 1');
    assert.match(master.log, /^F.*The master cannot go on.*free some/m);
    disk.empty();
    await master.start();
    const promised = answers.flatMap((answer, count) => (answer === 200 ? [`role-${count}`] : []));
    const stored = await weights(master);
    assert.deepEqual(
      ['kept', ...promised].filter(role => !stored.includes(role)),
      [],
    );
  },
);

test(
  'with its registry in ZooKeeper, a master needs no room on its disk',
  all(SmallDisk.need, needsZooKeeper),
  async t => {
    const disk = new SmallDisk(t, path.join(directory, 'disk'), 4);
    const masterFlags = { work_dir: disk.path };
    const scene = await ElectionScene.start(t, { masters: 1, servers: 1, masterFlags });
    const leader = await scene.leader();
    disk.fill();
    assert.equal(await weigh(leader, 'role'), 200);
    await leader.kill();
    await scene.startAgain(leader);
    assert.deepEqual(await weights(await scene.leader()), ['role']);
  },
);
