/** The disk of a master, or of ZooKeeper, fills up while the master leads, takes no more files, or is read-only. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { needsZooKeeper } from '@meseta/storage/testing';
import { all, eventually } from '@meseta/system/testing';
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

test(
  'with its registry on a disk that takes no more files, or is read-only, a master does not start, and says why',
  SmallDisk.need,
  async t => {
    const disk = new SmallDisk(t, path.join(directory, 'no-files'), 4);
    const known = path.join(disk.path, 'known');
    const master = await Daemon.start({ kind: 'master', name: 'no-files', directory, flags: { work_dir: known } });
    t.after(() => master.kill());
    assert.equal(await weigh(master, 'kept'), 200);
    await master.kill('SIGTERM');
    const refused = async (work_dir: string, ...expected: RegExp[]) => {
      const before = master.log.length;
      master.spawn({ work_dir });
      assert.equal(await master.ended, 'code 1');
      const line = master.log.slice(before).match(/^F.*Could not start.*$/m)?.[0] ?? master.log;
      for (const each of expected) assert.match(line, each);
    };
    disk.takeInodes();
    const full = /no space left on device \(ENOSPC\)/;
    // SQLite needs a second file, and does not say what the system answers.
    await refused(known, /Could not open '\S+known\/registry.db'/, full, /room for files/);
    await refused(path.join(disk.path, 'new'), /Cannot use --work_dir '\S+new'/, full, /room for files/);
    await refused(disk.path, /Could not make '\S+registry.db'/, full, /room for files/);
    disk.giveInodes();
    disk.makeReadOnly();
    const readOnly = /read-only file system \(EROFS\)/;
    await refused(known, /Could not make '\S+known\/registry.db'/, readOnly, /can be written/);
    await refused(path.join(disk.path, 'new'), /Cannot use --work_dir '\S+new'/, readOnly, /writable/);
    disk.makeWritable();
    await master.start();
    assert.deepEqual(await weights(master), ['kept']);
  },
);

test(
  'with its registry in ZooKeeper, a master leads on a disk that takes no more files, or is read-only, and says so once',
  all(SmallDisk.need, needsZooKeeper),
  async t => {
    const disk = new SmallDisk(t, path.join(directory, 'noted'), 4);
    const masterFlags = { work_dir: disk.path };
    const scene = await ElectionScene.start(t, { masters: 1, servers: 1, masterFlags });
    const leader = await scene.leader();
    const count = (words: RegExp) => leader.log.match(words)?.length ?? 0;
    const file = path.join(disk.path, 'registry.revision');
    const noted = (): number => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).revision : 0);
    assert.equal(await weigh(leader, 'before'), 200);
    await eventually('a note', () => noted() > 0);
    disk.takeInodes();
    const last = noted();
    for (let round = 0; round < 10; round++) assert.equal(await weigh(leader, `role-${round}`), 200);
    await eventually('the warning', () => count(/cannot be noted: make room.*ENOSPC/g) > 0);
    assert.equal(noted(), last);
    disk.giveInodes();
    assert.equal(await weigh(leader, 'after'), 200);
    await eventually('the end of the warning', () => count(/is noted again/g) > 0);
    assert.ok(noted() > last + 10);
    assert.equal(count(/cannot be noted/g), 1);
    await leader.kill();
    disk.makeReadOnly();
    await scene.startAgain(leader);
    assert.equal((await weights(await scene.leader())).length, 12);
    assert.equal(await weigh(leader, 'read-only'), 200);
    await eventually('the warning', () => count(/cannot be noted: .*or make it writable.*EROFS/g) > 0);
    assert.equal(count(/cannot be noted/g), 2);
  },
);

test(
  'with its registry in a ZooKeeper whose disk is full, a master promises nothing more and ends; with room, the next one has all',
  all(SmallDisk.need, needsZooKeeper),
  async t => {
    const disk = new SmallDisk(t, path.join(directory, 'zookeeper-data'), 6);
    const scene = await ElectionScene.start(t, { masters: 1, servers: 1, settings: [`dataDir=${disk.path}`] });
    const leader = await scene.leader();
    const server = scene.zookeeper.server(0);
    disk.fill();
    const promised: string[] = [];
    for (let count = 0; leader.running; count++) {
      if ((await weigh(leader, `role-${count}`)) === 200) promised.push(`role-${count}`);
    }
    assert.equal(await leader.ended, 'code 1');
    await eventually('the end of ZooKeeper', () => !server.running);
    disk.empty();
    await server.restart();
    await scene.startAgain(leader);
    const stored = await weights(await scene.leader());
    assert.deepEqual(
      promised.filter(role => !stored.includes(role)),
      [],
    );
  },
);
