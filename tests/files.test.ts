/** What a task can leave in its sandbox, and what readers of sandboxes get of it. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import type { Daemon } from './support/daemon.ts';
import { converse } from './support/raw-http.ts';

const script = `
mkfifo fifo
mknod device c 1 5
mknod disk b 7 0
ln -s /etc/passwd passwd
ln -s / root
ln -s .. up
ln -s loop loop
ln -s /proc/self/mem mem
ln -s stdout inside
mkdir directory
echo secret > directory/file
printf forged > "$(printf 'a\\r\\nX-Forged: yes\\r\\n\\r\\nb')"
printf odd > "$(printf 'bad-\\377-utf8')"
printf quoted > 'quote".txt'
truncate -s 10G sparse
i=0; while [ $i -lt 2000 ]; do : > many-$i; i=$((i+1)); done
python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.bind("socket")' 2>/dev/null || perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un("socket"))'
echo ready
exec sleep 1000`;

interface Reply {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: Buffer;
}

function request(daemon: Daemon, url: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    get(daemon.origin + url, { agent: false }, response => {
      const pieces: Buffer[] = [];
      response.on('data', piece => pieces.push(piece)).on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) }),
      );
    }).on('error', reject);
  });
}

test('a sandbox with everything in it that is no file', async t => {
  const cluster = await Cluster.start(t);
  const framework = await cluster.framework();
  await framework.launch(await framework.roomyOffer(), [
    { task_id: { value: 'odd' }, command: { shell: true, value: script } },
  ]);
  await framework.reaches('odd', 'TASK_RUNNING');
  const { agent } = cluster;
  const agentId = await cluster.registered(agent);
  const sandbox = path.join(
    cluster.directory,
    'agent-1/slaves',
    agentId,
    'frameworks',
    framework.info.id?.value ?? '',
    'executors/odd/runs/latest',
  );
  await eventually('the task to be ready', () => readFileSync(path.join(sandbox, 'stdout'), 'utf8').includes('ready'));
  const ask = (call: string, name: string, more = '') =>
    request(agent, `/files/${call}?path=${encodeURIComponent(path.join(sandbox, name))}${more}`);
  const api = async (body: object) => {
    const answer = await fetch(`${agent.origin}/api/v1`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, text: await answer.text() };
  };

  for (const name of [
    'fifo',
    'device',
    'disk',
    'socket',
    'passwd',
    'root/etc/passwd',
    'up/../../../../../../../../etc/passwd',
    '../../../../../../../../../../etc/passwd',
    'loop',
    'mem',
    'directory/../../../../../../../../../meta/boot_id',
    'nothing',
    'stdout/x',
    'directory\\file',
    'a\0b',
  ]) {
    await t.test(`does not open ${JSON.stringify(name)}`, async () => {
      for (const call of ['read', 'download']) {
        const { status, body } = await ask(call, name, '&offset=0&length=100');
        assert.ok(status >= 400 && status < 500, `${call}: ${status} ${body.subarray(0, 200)}`);
        assert.doesNotMatch(body.toString(), /root:/);
      }
      const { status, text } = await api({
        type: 'READ_FILE',
        read_file: { path: path.join(sandbox, name), offset: 0, length: 100 },
      });
      assert.ok(status >= 400 && status < 500, `${status} ${text}`);
      assert.doesNotMatch(text, /root:|cm9vd/);
    });
  }

  await t.test('follows a link that stays inside', async () => {
    assert.match((await ask('download', 'inside')).body.toString(), /ready/);
  });

  await t.test('lists everything, as JSON', async () => {
    const { status, body } = await ask('browse', '');
    assert.equal(status, 200);
    const listed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as {
      path: string;
      size: number;
      mode: string;
    }[];
    const names = new Map(listed.map(entry => [path.posix.basename(entry.path), entry]));
    assert.equal(names.get('fifo')?.mode[0], 'p');
    assert.equal(names.get('sparse')?.size, 10 * 1024 ** 3);
    assert.ok(listed.length > 2000);
    for (const name of ['root', 'up', 'passwd', 'fifo'])
      assert.match(String((await ask('browse', name)).status), /^40/);
    assert.equal((await api({ type: 'LIST_FILES', list_files: { path: sandbox } })).status, 200);
  });

  await t.test('headers of a download are not what its name says', async () => {
    for (const name of ['a\r\nX-Forged: yes\r\n\r\nb', 'quote".txt']) {
      const { status, headers, body } = await ask('download', name);
      assert.equal(status, 200);
      assert.equal(headers['x-forged'], undefined);
      assert.match(body.toString(), /^(forged|quoted)$/);
    }
  });

  await t.test('reads a piece of a large file, never all of it', async () => {
    const { status, body } = await ask('read', 'sparse', `&offset=${5 * 1024 ** 3}`);
    assert.equal(status, 200);
    assert.ok(body.length < 2 * 1024 ** 2);
    const far = await ask('read', 'sparse', `&offset=${20 * 1024 ** 3}&length=10`);
    assert.equal(JSON.parse(far.body.toString()).data, '');
  });

  await t.test('readers who do not read, or leave, keep nobody from reading', async () => {
    const url = `/files/download?path=${encodeURIComponent(path.join(sandbox, 'sparse'))}`;
    const readers = Array.from({ length: 50 }, () => {
      const { socket } = converse(agent.port);
      socket.pause();
      socket.write(`GET ${url} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
      return socket;
    });
    for (let round = 0; round < 20; round++) assert.equal((await ask('read', 'stdout', '&offset=0')).status, 200);
    for (const socket of readers) socket.destroy();
    assert.ok(agent.running);
  });
});
