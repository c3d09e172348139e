/** Who watches the cluster and reads is not cut off because a few large events come at once. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordDecoder } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import { shellTask } from './support/framework.ts';

test('eight tasks with labels of 1 MB', async t => {
  const cluster = await Cluster.start(t);
  const framework = await cluster.framework();
  const stream = await fetch(`${cluster.master.origin}/api/v1`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify({ type: 'SUBSCRIBE' }),
  });
  const added: string[] = [];
  let ended = false;
  const read = async () => {
    const decoder = new RecordDecoder();
    for await (const piece of stream.body ?? []) {
      for (const record of decoder.push(Buffer.from(piece))) {
        const event = JSON.parse(record.toString());
        if (event.type === 'TASK_ADDED') added.push(event.task_added.task.task_id.value);
      }
    }
  };
  const reading = read().finally(() => {
    ended = true;
  });
  reading.catch(() => undefined); // the cluster ends first
  const ids = Array.from({ length: 8 }, (_, index) => `t${index}`);
  const labels = { labels: [{ key: 'large', value: 'x'.repeat(1_000_000) }] };
  const resources = [
    { name: 'cpus', type: 'SCALAR' as const, scalar: { value: 0.1 } },
    { name: 'mem', type: 'SCALAR' as const, scalar: { value: 32 } },
  ];
  await framework.run(...ids.map(id => ({ ...shellTask(id, 'sleep 600'), labels, resources })));
  for (const id of ids) await framework.reaches(id, 'TASK_RUNNING');
  await eventually('all tasks in the stream', () => added.length === ids.length || ended);
  assert.deepEqual(added.toSorted(), ids);
  assert.equal(ended, false);
  await framework.teardown();
});
