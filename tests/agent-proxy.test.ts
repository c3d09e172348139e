/** Agents through the master: clients that attack agents, or the master, and agents that attack clients. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { SimulatedAgent } from '@meseta/master/testing';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import { answers, type Behaviour, type EvilAgent, registerEvilAgent } from './support/evil-agent.ts';
import { type Conversation, converse, headOf, statusIn } from './support/raw-http.ts';

interface Scene {
  readonly cluster: Cluster;
  readonly agent: EvilAgent;
  readonly port: number;
}

async function start(t: TestContext, behave?: Behaviour, master = {}): Promise<Scene> {
  const cluster = await Cluster.start(t, { agents: [], master });
  const slaves = () => cluster.slaves();
  const agent = await registerEvilAgent(t, { master: cluster.master, slaves }, behave);
  return { cluster, agent, port: cluster.master.port };
}

const raw = (line: string, ...headers: string[]) =>
  Buffer.from([`${line} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, 'Connection: close', '', ''].join('\r\n'));
const codeIn = (head: string) => /^Meseta-Error: (\w+)/m.exec(head)?.[1];

/** What clients ask for, `ID` being the agent's id, and the first line that the agent gets; undefined: none. */
const targets: { target: string; status: number; code?: string; line?: string }[] = [
  { target: '/agents/ID/state', status: 200, line: 'GET /state' },
  { target: '/master/agents/ID/state', status: 200, line: 'GET /state' },
  { target: '/agents/ID/./state', status: 404, code: 'ROUTE_NOT_FOUND' },
  { target: '/agents/ID/../state', status: 404, code: 'ROUTE_NOT_FOUND' },
  { target: '/agents/ID/state/../../../api/v1/executor', status: 404, code: 'ROUTE_NOT_FOUND' },
  { target: '/agents/ID/%2e%2e/state', status: 404, code: 'ROUTE_NOT_FOUND' },
  { target: '/agents/ID%2f..%2fx/state', status: 404, code: 'ROUTE_NOT_FOUND' },
  { target: '/agents/ID%2fstate', status: 200, line: 'GET /state' },
  { target: '/agents//ID//files///read?path=/a', status: 200, line: 'GET /files/read?path=%2Fa' },
  { target: '/agents/ID/files%2Fread?path=/a', status: 200, line: 'GET /files/read?path=%2Fa' },
  { target: '/agents/ID/state/', status: 404, code: 'ROUTE_NOT_FOUND' },
  { target: '/agents/ID/state%00', status: 404, code: 'ROUTE_NOT_FOUND' },
  { target: '/agents/ID/state%20HTTP/1.1%0d%0aX:%20y', status: 404, code: 'ROUTE_NOT_FOUND' },
  { target: '/agents/ID/state%3fpath=/a', status: 404, code: 'ROUTE_NOT_FOUND' },
  { target: '/agents/ID/slave(1)/state', status: 404, code: 'ROUTE_NOT_FOUND' },
  { target: '/agents/ID/logging/toggle?level=3&duration=1hrs', status: 404, code: 'ROUTE_NOT_FOUND' },
  { target: '/agents/ID/agents/ID/state', status: 404, code: 'ROUTE_NOT_FOUND' },
  { target: '/agents/ID/api/v1', status: 405, code: 'METHOD_NOT_ALLOWED' },
  { target: '/agents/ID', status: 404, code: 'ROUTE_NOT_FOUND' },
  { target: '/agents', status: 404, code: 'ROUTE_NOT_FOUND' },
  { target: '/agents/none/state', status: 404, code: 'AGENT_NOT_FOUND' },
  { target: '/agents/127.0.0.1:1/state', status: 404, code: 'AGENT_NOT_FOUND' },
  { target: '/agents/@127.0.0.1/state', status: 404, code: 'AGENT_NOT_FOUND' },
  { target: '/agents/__proto__/state', status: 404, code: 'AGENT_NOT_FOUND' },
  {
    target: '/agents/ID/files/read?path=/a&path=/b&jsonp=&x=%0d%0aX:y&offset=1',
    status: 200,
    line: 'GET /files/read?path=%2Fa&offset=1',
  },
  {
    target: '/agents/ID/files/read?path=/a%26path=/b%23%0d%0aX:y',
    status: 200,
    line: 'GET /files/read?path=%2Fa%26path%3D%2Fb%23%0D%0AX%3Ay',
  },
  {
    target: '/agents/ID/files/read?path=/frameworks/a/../../etc/passwd',
    status: 200,
    line: 'GET /files/read?path=%2Fetc%2Fpasswd',
  },
  { target: '/agents/ID/files/read?path=etc/passwd', status: 400, code: 'PARAMETER_INVALID' },
  { target: '/agents/ID/files/read', status: 400, code: 'PARAMETER_MISSING' },
  { target: 'http://127.0.0.1/agents/ID/state', status: 200, line: 'GET /state' },
  { target: 'http://169.254.169.254/agents/ID/state', status: 200, line: 'GET /state' },
  { target: 'http://evil.example/agents/ID/state', status: 403, code: 'HOST_UNKNOWN' },
];

test('only what is in the table gets to an agent, as it is in the table', async t => {
  const { agent, port } = await start(t);
  for (const { target, status, code, line } of targets) {
    const before = agent.heads.length;
    const head = await headOf(port, raw(`GET ${target.replaceAll('ID', agent.id)}`));
    assert.deepEqual([statusIn(head), codeIn(head)], [status, code], `${target}: ${head}`);
    assert.deepEqual(
      agent.heads.slice(before).map(each => each.split(' HTTP/1.1')[0]),
      line ? [line] : [],
      target,
    );
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH']) {
    const head = await headOf(port, raw(`${method} /agents/${agent.id}/state`, 'Content-Length: 0'));
    assert.equal(statusIn(head), 405, `${method}: ${head}`);
  }
});

test('of the headers of a client, those about the answer get to an agent', async t => {
  const { agent, port } = await start(t);
  const target = `GET /agents/${agent.id}/files/download?path=/a`;
  const secrets = ['Authorization: Basic c2VjcmV0', 'Cookie: session=secret', 'Proxy-Authorization: Basic c2VjcmV0'];
  const others = ['X-Forwarded-For: 10.0.0.1', 'TE: trailers', 'Keep-Alive: timeout=1', 'Libprocess-From: x@1.1.1.1:1'];
  await headOf(port, raw(target, ...secrets, ...others, 'Range: bytes=0-1', 'Accept: */*', 'Accept-Encoding: gzip'));
  await headOf(port, raw(target, ...secrets, 'Connection: Accept, range', 'Range: bytes=0-1', 'Accept: */*'));
  const sent = agent.heads.map(head =>
    head
      .split('\r\n')
      .slice(1)
      .filter(line => !/^(host|connection):/i.test(line)),
  );
  assert.deepEqual(sent, [['accept: */*', 'accept-encoding: gzip', 'range: bytes=0-1'], []]);
  for (const ambiguous of [
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Content-Length: 5', 'Content-Length: 6'],
    ['Transfer-Encoding: chunked, identity'],
  ]) {
    const head = await headOf(port, raw(target, ...ambiguous));
    assert.equal(statusIn(head), 400, `${ambiguous}: ${head}`);
  }
  assert.equal(agent.heads.length, 2);
});

test('calls that read are written anew, others stay here', async t => {
  const { agent, port } = await start(t);
  const bodies: string[] = [];
  agent.behave = (socket, head) => {
    bodies.push(head);
    answers('200 OK', '{"type":"GET_HEALTH"}', 'Content-Type: application/json')(socket, head);
  };
  const post = async (body: string, type = 'application/json', ...headers: string[]) => {
    const given = [`Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body)}`, ...headers];
    const bytes = Buffer.concat([raw(`POST /agents/${agent.id}/api/v1`, ...given), Buffer.from(body)]);
    const head = await headOf(port, bytes);
    return [statusIn(head), codeIn(head)];
  };
  assert.deepEqual(await post('{"type":"GET_HEALTH"}'), [200, undefined]);
  assert.deepEqual(await post('{"type":"KILL_CONTAINER","kill_container":{"container_id":{"value":"x"}}}'), [
    ...[403, 'CALL_NOT_PROXIED'],
  ]);
  assert.deepEqual(await post('{"type":"SET_LOGGING_LEVEL"}'), [403, 'CALL_NOT_PROXIED']);
  assert.deepEqual(await post('{"type":"NONE"}'), [403, 'CALL_NOT_PROXIED']);
  assert.deepEqual(await post('{}'), [403, 'CALL_NOT_PROXIED']);
  assert.deepEqual(await post('{'), [400, 'BODY_MALFORMED']);
  assert.deepEqual(await post('{"type":"READ_FILE","read_file":{}}'), [400, 'BODY_MALFORMED']);
  assert.deepEqual(await post(`{"type":"GET_HEALTH","x":"${'x'.repeat(70_000)}"}`), [413, 'BODY_TOO_LARGE']);
  assert.deepEqual(await post('type=GET_HEALTH', 'application/x-www-form-urlencoded'), [
    415,
    'CONTENT_TYPE_UNSUPPORTED',
  ]);
  assert.deepEqual(await post('{"type":"GET_HEALTH"}', 'application/json', 'Origin: http://evil.example'), [
    ...[403, 'ORIGIN_FOREIGN'],
  ]);
  assert.equal(bodies.length, 1);
});

/** What agents answer, and what clients get. */
const tricks: { name: string; behave: Behaviour; status: number; code?: string; not?: RegExp; body?: RegExp }[] = [
  {
    name: 'fails',
    behave: answers('500 Internal Server Error', 'it broke', 'Content-Type: text/plain'),
    status: 500,
    body: /^it broke$/,
  },
  {
    name: 'asks for a password',
    behave: answers('401 Unauthorized', '', 'WWW-Authenticate: Basic realm="yours"'),
    status: 502,
    code: 'AGENT_ASKS_WHO',
    not: /WWW-Authenticate/i,
    body: /--agent_proxy_key/,
  },
  {
    name: 'sends a page with a script, and a cookie',
    behave: answers('200 OK', '<script>', 'Content-Type: text/html', 'Set-Cookie: a=b', 'Refresh: 0;url=http://evil'),
    status: 200,
    not: /text\/html|Set-Cookie|Refresh/i,
  },
  { name: 'has a status of its own', behave: answers('299 Fine', ''), status: 502, code: 'AGENT_ANSWER_UNUSABLE' },
  {
    name: 'answers with less than a body',
    behave: answers('204 No Content', ''),
    status: 502,
    code: 'AGENT_ANSWER_UNUSABLE',
  },
  {
    name: 'is no HTTP server',
    behave: socket => void socket.write('SSH-2.0-x\r\n\r\n'),
    status: 502,
    code: 'AGENT_ANSWER_UNUSABLE',
  },
  { name: 'hangs up', behave: socket => socket.destroy(), status: 502, code: 'AGENT_UNREACHABLE' },
  {
    name: 'changes the protocol',
    behave: socket =>
      void socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
    status: 502,
  },
  {
    name: 'has two lengths',
    behave: answers('200 OK', 'ab', 'Content-Length: 1'),
    status: 502,
    code: 'AGENT_ANSWER_UNUSABLE',
  },
  {
    name: 'smuggles a second answer',
    behave: answers('200 OK', '', 'X: y\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'),
    status: 200,
    not: /evil/,
  },
  {
    name: 'has endless headers',
    behave: endless('HTTP/1.1 200 OK\r\n', 'X: y\r\n'),
    status: 502,
    code: 'AGENT_ANSWER_UNUSABLE',
  },
  {
    name: 'has an endless header',
    behave: endless('HTTP/1.1 200 OK\r\nX: ', 'yyyyyyyyyy'),
    status: 502,
    code: 'AGENT_ANSWER_UNUSABLE',
  },
];

/** Writes as long as the other end reads. */
function endless(first: string, then: string): Behaviour {
  const piece = then.repeat(1000);
  return socket => {
    const more = () => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.on('drain', more);
    socket.write(first);
    more();
  };
}

test('an agent that attacks clients', async t => {
  const { agent, cluster } = await start(t);
  for (const { name, behave, status, code, not, body } of tricks) {
    await t.test(`that ${name}: ${code ?? status}`, async () => {
      agent.behave = behave;
      const answer = await fetch(`${cluster.master.origin}/agents/${agent.id}/state`, { redirect: 'manual' });
      const text = await answer.text();
      const all = `${[...answer.headers].join('\n')}\n\n${text}`;
      assert.equal(answer.status, status, all);
      if (code) assert.equal(answer.headers.get('meseta-error'), code, all);
      if (not) assert.doesNotMatch(all, not);
      if (body) assert.match(text, body);
    });
  }
  assert.equal((await cluster.master.ask('/health')).status, 200);
});

test('a redirect is not followed', async t => {
  const visits: string[] = [];
  const trap = createServer((request, response) => {
    visits.push(request.url ?? '');
    response.end('{}');
  }).listen(0, '127.0.0.1');
  t.after(() => trap.close());
  await new Promise(resolve => trap.once('listening', resolve));
  const { port } = trap.address() as { port: number };
  const { agent, cluster } = await start(t);
  for (const status of [301, 302, 303, 307, 308]) {
    agent.behave = answers(`${status} There`, '', `Location: http://127.0.0.1:${port}/`);
    const url = `${cluster.master.origin}/agents/${agent.id}/state`;
    const answer = await fetch(url, { redirect: 'manual' });
    assert.equal(answer.headers.get('meseta-error'), 'AGENT_ANSWER_UNUSABLE');
    assert.equal(answer.headers.get('location'), null);
    assert.match(await answer.text(), new RegExp(`a redirect \\(${status}\\), which is not followed`));
  }
  assert.deepEqual(visits, []);
});

test('either side that goes ends the other', async t => {
  const { agent, port } = await start(t, () => undefined);
  const request = raw(`GET /agents/${agent.id}/state`);
  const waiting = converse(port);
  waiting.socket.write(request);
  await eventually('the request at the agent', () => agent.open.size === 1);
  waiting.socket.destroy();
  await eventually('the end of the request at the agent', () => agent.open.size === 0);

  agent.behave = socket => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
  const reading = converse(port);
  reading.socket.write(request);
  await eventually('the first half', () => reading.received.includes('half'));
  reading.socket.destroy();
  await eventually('the end of the answer at the agent', () => agent.open.size === 0);

  const left = converse(port);
  left.socket.write(request);
  await eventually('the first half', () => left.received.includes('half'));
  for (const socket of agent.open) socket.destroy();
  await left.closed;
  assert.match(left.received.toString(), /Content-Length: 100\r\n.*\r\n\r\nhalf$/s);
});

test('a client that does not read keeps the agent waiting, and takes no memory', async t => {
  let written = 0;
  const piece = Buffer.alloc(256 * 1024);
  const most = 2 ** 31;
  const behave = (socket: Socket) => {
    const more = () => {
      while (!socket.destroyed && written < most) {
        written += piece.length;
        if (!socket.write(piece)) return;
      }
    };
    socket.on('drain', more);
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${most}\r\n\r\n`);
    more();
  };
  const { agent, port } = await start(t, behave);
  const client = converse(port);
  client.socket.write(raw(`GET /agents/${agent.id}/files/download?path=/a`));
  await eventually('the first bytes', () => client.received.includes('\r\n\r\n'));
  client.socket.pause();
  let [before, times] = [-1, 0];
  await eventually('that the agent has to wait', () => {
    times = written === before ? times + 1 : 0;
    before = written;
    return times === 50;
  });
  assert.ok(written < 64 * 1024 * 1024, `${written} bytes`);
  client.socket.destroy();
  await eventually('the end at the agent', () => agent.open.size === 0);
});

test('requests of a user, and to an agent, have a limit', async t => {
  const { cluster, agent, port } = await start(t, () => undefined);
  const slaves = () => cluster.slaves();
  const agents = [agent];
  while (agents.length < 5)
    agents.push(await registerEvilAgent(t, { master: cluster.master, slaves }, () => undefined));
  const clients: Conversation[] = [];
  const fill = async (to: EvilAgent, count: number) => {
    for (let number = 0; number < count; number++) {
      const client = converse(port);
      client.socket.write(raw(`GET /agents/${to.id}/state`));
      clients.push(client);
    }
    await eventually('requests at the agent', () => to.open.size === count);
  };
  const [
    first = assert.fail(),
    second = assert.fail(),
    third = assert.fail(),
    fourth = assert.fail(),
    last = assert.fail(),
  ] = agents;
  await fill(first, 64);
  const busy = await fetch(`${cluster.master.origin}/agents/${first.id}/state`);
  assert.deepEqual(
    [busy.status, busy.headers.get('meseta-error'), busy.headers.get('retry-after')],
    [503, 'AGENT_PROXY_BUSY', '1'],
  );
  assert.match(await busy.text(), /^64 requests are on their way to agent \S+, which is the most at a time$/);
  await fill(second, 64);
  await fill(third, 64);
  await fill(fourth, 64);
  const limited = await fetch(`${cluster.master.origin}/agents/${last.id}/state`);
  assert.deepEqual([limited.status, limited.headers.get('meseta-error')], [429, 'AGENT_PROXY_LIMIT']);
  assert.equal((await cluster.master.ask('/state')).status, 200, 'all else goes on');
  for (const { socket } of clients) socket.destroy();
  last.behave = answers('200 OK', '{}');
  await eventually(
    'room for requests',
    async () => (await cluster.master.ask(`/agents/${last.id}/state`)).status === 200,
  );
});

test('it can be switched off, for all agents or for one', async t => {
  const { cluster, agent } = await start(t, undefined, { agent_proxy: false });
  const off = await fetch(`${cluster.master.origin}/agents/${agent.id}/state`);
  assert.deepEqual([off.status, off.headers.get('meseta-error')], [403, 'AGENT_PROXY_OFF']);
  assert.deepEqual(agent.heads, []);
});

test('an agent that claims the id of another one gets none of its requests', async t => {
  const { cluster, agent } = await start(t);
  const thief = await SimulatedAgent.start({ master: cluster.master.address });
  t.after(() => thief.stop());
  thief.id = agent.id;
  thief.sendReregister();
  await eventually('the refusal', () => /Ignored the re-registration of an agent/.test(cluster.master.log));
  assert.equal((await cluster.master.ask(`/agents/${agent.id}/state`)).status, 200);
  assert.equal(agent.heads.length, 1);
});
