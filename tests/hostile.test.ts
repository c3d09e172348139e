/**
 * Wrong, huge, slow and lying input, while a framework that behaves keeps launching tasks: the daemons stay, nobody gets
 * an answer that blames the daemon (5xx), the framework is served, and memory stays small.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { AgentCall, ExecutorCall, MasterCall, SchedulerCall } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import {
  agentMessages,
  attack,
  calls,
  messages,
  random,
  rounds,
  schedulerMessages,
  toAgent,
} from './support/attack.ts';
import { everyOperation } from './support/every-operation.ts';
import { Framework } from './support/framework.ts';
import { peakMemory, scene } from './support/hostile-scene.ts';
import { HostileValues } from './support/hostile-values.ts';
import { converse, type RawRequest, render } from './support/raw-http.ts';

const megabyte = 1024 * 1024;

test('a framework is served while others attack', async t => {
  const { cluster, service, check, daemons } = await scene(t);
  const { master, agent } = cluster;
  const agentId = await cluster.registered(agent);
  const frameworkId = service.framework.info.id?.value ?? '';
  const values = new HostileValues(random);
  const knowing = new HostileValues(random, [agentId, 'service-1', '127.0.0.1']);
  const step = (name: string, act: () => Promise<unknown>) =>
    t.test(name, async () => {
      await act();
      await check();
    });

  const start = (name: string) => {
    const framework = new Framework(master.origin, { name, roles: ['enemy'], failover_timeout: 0 });
    t.after(() => framework.close());
    return framework.start();
  };

  await step('scheduler calls of strangers', () => attack(master, calls(SchedulerCall, '/api/v1/scheduler', values)));

  await step('scheduler calls of a subscribed framework', async () => {
    const enemy = await start('enemy');
    const { id = { value: '' } } = enemy.info;
    await enemy.call({ type: 'SUPPRESS' });
    const headers = { 'Mesos-Stream-Id': enemy.streamId };
    const keep = (type: string) => type !== 'SUBSCRIBE' && type !== 'TEARDOWN' && type !== 'REVIVE';
    const statuses = await attack(
      master,
      calls(SchedulerCall, '/api/v1/scheduler', knowing, { fixed: { framework_id: id }, headers, keep }),
    );
    assert.ok((statuses.get(202) ?? 0) > 0, 'none of them was well-formed');
    await enemy.teardown();
  });

  await step('calls that follow each other on one connection', async () => {
    const enemy = await start('pipeline');
    const headers = { Connection: 'keep-alive', 'Mesos-Stream-Id': enemy.streamId };
    const keep = (type: string) => !/^(SUBSCRIBE|TEARDOWN|REVIVE)$/.test(type);
    const fixed = { framework_id: enemy.info.id };
    const sent = [...calls(SchedulerCall, '/api/v1/scheduler', values, { fixed, headers, keep })];
    const conversation = converse(master.port);
    const answers = () => conversation.received.toString('latin1').match(/HTTP\/1\.1 \d{3} /g) ?? [];
    for (const request of sent) {
      const bytes = render(request);
      const cutAt = random.below(bytes.length);
      conversation.socket.write(bytes.subarray(0, cutAt));
      if (random.below(20) === 0) await new Promise(resolve => setImmediate(resolve));
      conversation.socket.write(bytes.subarray(cutAt));
    }
    await eventually(
      () => `${answers().length} of ${sent.length} answers`,
      () => answers().length >= sent.length,
    );
    assert.deepEqual(
      answers().filter(line => !/ (202|200|400|403|501) $/.test(line)),
      [],
    );
    assert.equal(answers().length, sent.length);
    for (const nonsense of [
      'POST /api/v1/scheduler HTTP/1.1\r\nMesos-Stream-Id: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
      'POST /api/v1/scheduler HTTP/1.1\r\nMesos-Stream-Id: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nx',
      'POST /api/v1/scheduler HTTP/1.1\r\nMesos-Stream-Id: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
      'POST /api/v1/scheduler HTTP/1.1\r\nMesos-Stream-Id: x\r\nContent-Length: 99999999\r\n\r\n{',
      `POST /api/v1/scheduler HTTP/1.1\r\nMesos-Stream-Id: ${'x'.repeat(megabyte)}\r\n\r\n`,
    ]) {
      const one = converse(master.port);
      one.socket.end(nonsense);
      await one.closed;
      assert.doesNotMatch(one.received.toString('latin1'), /^HTTP\/1\.1 [25]/);
    }
    conversation.socket.destroy();
    await enemy.teardown();
  });

  await step('a framework that launches anything', async () => {
    const enemy = await start('launcher');
    for (let round = 0; round < rounds * 6; round++) {
      const offer = await enemy.roomyOffer();
      const accept = values.spoil({
        offer_ids: [offer.id],
        operations: everyOperation(offer, `enemy-${round}`),
        filters: { refuse_seconds: 0 },
      });
      const body = values.stringify({ framework_id: enemy.info.id, type: 'ACCEPT', accept });
      const headers = { 'Content-Type': 'application/json', 'Mesos-Stream-Id': enemy.streamId };
      const statuses = await attack(master, [{ path: '/api/v1/scheduler', headers, body }]);
      if (statuses.has(202)) {
        enemy.offers.delete(offer.id.value);
        // The offer's id may have been spoilt, and the filter into one for a year.
        await enemy.call({ type: 'DECLINE', decline: { offer_ids: [offer.id], filters: { refuse_seconds: 0 } } });
        await enemy.call({ type: 'REVIVE' });
      }
    }
    const reached = () => enemy.updates.filter(({ state }) => state === 'TASK_FINISHED').length;
    await eventually(
      () => `more than ${rounds} tasks that finish: most operations are as they should be; there are ${reached()}`,
      () => reached() > rounds,
    );
    await enemy.teardown();
  });

  await step('executor calls', () => attack(agent, calls(ExecutorCall, '/api/v1/executor', knowing)));

  await step('operator calls about unknown things', async () => {
    // These take resources or the whole agent away from everybody, as they should.
    const harmful = /QUOTA|MARK_AGENT_GONE|DRAIN|DEACTIVATE|MAINTENANCE|RESERVE|VOLUME|TEARDOWN|SUBSCRIBE|WEIGHTS/;
    await attack(master, calls(MasterCall, '/api/v1', values, { keep: type => !/SUBSCRIBE|QUOTA|WEIGHTS/.test(type) }));
    await attack(master, calls(MasterCall, '/api/v1', knowing, { keep: type => !harmful.test(type) }));
    await attack(agent, calls(AgentCall, '/api/v1', knowing));
  });

  await step('messages of strangers', async () => {
    const values = new HostileValues(random, [agentId, frameworkId, 'service-1']);
    await attack(master, messages('master', [...agentMessages, ...schedulerMessages], values));
    await attack(agent, messages('slave(1)', toAgent, values));
  });

  await step('bodies', async () => {
    const json = { 'Content-Type': 'application/json' };
    const deep = '['.repeat(200_000);
    const nested = '{"a":'.repeat(100_000);
    const bomb = gzipSync(Buffer.alloc(256 * megabyte));
    const unary = Buffer.from('{"type":"TEARDOWN","teardown":{},"framework_id":{"value":"').toString();
    const bodies: [string, RawRequest][] = [
      ['deep arrays', { path: '', headers: json, body: deep }],
      ['deep objects', { path: '', headers: json, body: nested }],
      [
        'deep protobuf',
        { path: '', headers: { 'Content-Type': 'application/x-protobuf' }, body: Buffer.alloc(100_000, 0x0b) },
      ],
      ['bomb', { path: '', headers: { ...json, 'Content-Encoding': 'gzip' }, body: bomb }],
      ['no gzip', { path: '', headers: { ...json, 'Content-Encoding': 'gzip' }, body: 'plain' }],
      ['unknown coding', { path: '', headers: { ...json, 'Content-Encoding': 'br' }, body: '{}' }],
      ['giant id', { path: '', headers: json, body: `${unary}${'i'.repeat(megabyte)}"}}` }],
      ['numbers', { path: '', headers: json, body: `[${'1,'.repeat(megabyte)}1]` }],
      [
        'invalid UTF-8',
        { path: '', headers: json, body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]) },
      ],
      ['lone surrogate', { path: '', headers: json, body: '{"type":"\\ud800"}' }],
      ['NaN', { path: '', headers: json, body: '{"type":NaN}' }],
      ['large', { path: '', headers: json, body: Buffer.alloc(64 * megabyte, 0x20) }],
      [
        'prototype',
        {
          path: '',
          headers: json,
          body: '{"type":"TEARDOWN","__proto__":{"framework_id":{"value":"x"}},"constructor":1}',
        },
      ],
    ];
    for (const daemon of daemons) {
      for (const path of ['/api/v1', daemon === master ? '/api/v1/scheduler' : '/api/v1/executor']) {
        const statuses = await attack(
          daemon,
          bodies.map(([, request]) => ({ ...request, path })),
        );
        assert.deepEqual(
          [...statuses].filter(([status]) => status !== undefined && status < 400),
          [],
          path,
        );
      }
    }
  });

  await step('heads', async () => {
    const flood = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`X-${i}`, 'y'.repeat(20)]));
    for (const daemon of daemons) {
      await attack(daemon, [
        { method: 'GET', path: '/state', headers: flood },
        { method: 'GET', path: `/${'p'.repeat(megabyte)}` },
        { method: 'GET', path: '/state?jsonp=%0d%0aX:y' },
        { method: 'GET', path: '/%ff%fe/%00' },
        { method: 'GET', path: '/..//../../etc/passwd' },
        { method: 'BREW', path: '/state' },
        { method: 'POST', path: '/state', headers: { 'Transfer-Encoding': 'chunked' }, body: 'zzz\r\n' },
        { method: 'GET', path: '/metrics/snapshot?timeout=-5secs' },
        { method: 'GET', path: '/tasks?limit=-1&offset=1e9' },
        { method: 'POST', path: '/api/v1', headers: { Accept: '*/*;q=nan,,,;;' } },
        { method: 'POST', path: '/teardown', body: 'frameworkId=../../x' },
        { method: 'POST', path: '/reserve', body: 'slaveId=%ff&resources=[' },
        { method: 'PUT', path: '/weights', body: '[{"role":"*","weight":-1}]' },
        { method: 'POST', path: '/quota', body: '{"role":"a/../b"}' },
      ]);
      for (const bytes of [
        '\0'.repeat(5000),
        'GET / HTTP/9.9\r\n\r\n',
        'POST /master/x HTTP/1.1\r\nLibprocess-From: a@b:1\r\nContent-Length: 99999999999\r\n\r\n',
      ]) {
        const conversation = converse(daemon.port);
        conversation.socket.end(bytes);
        await conversation.closed;
      }
    }
  });

  await step('files', async () => {
    const paths = [
      '/etc/passwd',
      '/slave/log/../../etc/passwd',
      '..',
      '/',
      '%00',
      '/master/log',
      '/slave/log',
      'x'.repeat(9000),
      '/slave/log/',
      '//',
    ];
    const query = (path: string) => [
      `path=${encodeURIComponent(path)}`,
      `path=${encodeURIComponent(path)}&offset=-5&length=-9`,
      `path=${encodeURIComponent(path)}&offset=99999999999999999999&length=1e400`,
      `path=${encodeURIComponent(path)}&offset=abc`,
    ];
    for (const daemon of daemons) {
      const requests = ['browse', 'read', 'download', 'debug'].flatMap(call =>
        paths.flatMap(query).map(each => ({ method: 'GET', path: `/files/${call}?${each}` })),
      );
      await attack(daemon, requests);
    }
  });

  await step('a thousand idle, silent, slow and half-closed connections', async () => {
    const open = Array.from({ length: 1000 }, (_, index) => {
      const conversation = converse(random.pick(daemons).port);
      const { socket } = conversation;
      if (index % 4 === 1) socket.write('POST /api/v1 HTTP/1.1\r\nHost: 127.0.0.1\r\n');
      if (index % 4 === 2)
        socket.write(
          'POST /api/v1/scheduler HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
        );
      if (index % 4 === 3) socket.end('GET /state HTTP/1.1\r\n');
      return conversation;
    });
    await check();
    for (const { socket } of open) socket.write('x', () => {});
    await check();
    for (const { socket } of open) socket.destroy();
  });

  await step('a reader that does not read', async () => {
    const pipelined = converse(master.port);
    pipelined.socket.pause();
    const request = render({ method: 'GET', path: '/state', headers: { Connection: 'keep-alive' } });
    for (let i = 0; i < 5000; i++) pipelined.socket.write(request);
    const subscribers = Array.from({ length: 50 }, () => {
      const { socket } = converse(master.port);
      socket.pause();
      socket.write(
        render({
          path: '/api/v1',
          headers: { 'Content-Type': 'application/json', Connection: 'keep-alive' },
          body: '{"type":"SUBSCRIBE"}',
        }),
      );
      return socket;
    });
    await once(pipelined.socket, 'drain').catch(() => {});
    await check();
    for (const socket of [pipelined.socket, ...subscribers]) socket.destroy();
  });

  for (const daemon of daemons) {
    const peak = peakMemory(daemon.pid);
    t.diagnostic(`${daemon === master ? 'master' : 'agent'}: at most ${Math.round(peak / megabyte)} MiB`);
    assert.ok(peak < 1024 * megabyte, `${peak}`);
  }
});
