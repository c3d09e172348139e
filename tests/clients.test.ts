/** Requests as clients of the field write them: empty path parts, absolute targets, parameters of media types. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster } from './support/cluster.ts';
import { type RawRequest, render, statusOf } from './support/raw-http.ts';

const get = (path: string): RawRequest => ({ method: 'GET', path });
const call = (path: string, type: string, contentType: string): RawRequest => ({
  path,
  headers: { 'Content-Type': contentType, Accept: 'Application/JSON; charset=utf-8, */*;q=0.1' },
  body: `{"type":"${type}","framework_id":{"value":"x"},"executor_id":{"value":"x"}}`,
});
const types = ['application/json; charset=utf-8', 'Application/Json;charset="UTF-8"', 'application/json ;'];

test('paths, targets and media types in every form', async t => {
  const firewall_rules = '{"disabled_endpoints":{"paths":["/files/debug"]}}';
  const { master, agent } = await Cluster.start(t, { master: { firewall_rules }, agents: [{ firewall_rules }] });
  for (const [daemon, id] of [
    [master, 'master'],
    [agent, 'slave(1)'],
  ] as const) {
    const expected: [request: RawRequest, status: number][] = [
      [get('//state'), 200],
      [get(`/${id}//state`), 200],
      [get(`http://${daemon.address}//state?x=y`), 200],
      [get(`http://${daemon.address}/nope`), 404],
      [get('//nope'), 404],
      [get(`/${id}//nope`), 404],
      [get('//files//debug'), 403],
      [get(`http://localhost/files/debug`), 403],
      [get('http://evil.example/state'), 403],
      ...types.map((type): [RawRequest, number] => [call(`//${id}//api/v1`, 'GET_HEALTH', type), 200]),
      [call('/api/v1', 'GET_HEALTH', 'text/plain'), 415],
    ];
    for (const [request, status] of expected) {
      assert.equal(
        await statusOf(daemon.port, render(request)),
        status,
        `${request.path} ${JSON.stringify(request.headers)}`,
      );
    }
  }
  for (const type of types) {
    // 400: the framework is not known; the type of the body is.
    assert.equal(await statusOf(master.port, render(call('//api/v1/scheduler', 'REVIVE', type))), 400, type);
    assert.equal(await statusOf(agent.port, render(call('//api/v1/executor', 'HEARTBEAT', type))), 202, type);
  }
});
