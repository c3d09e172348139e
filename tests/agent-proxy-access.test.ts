/** Who gets what of agents through the master: rules of the master and of agents, tokens, passwords, TLS. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { proxyToken } from '@meseta/daemon';
import { userName } from '@meseta/system';
import { basic, file } from './support/authentication.ts';
import { Cluster } from './support/cluster.ts';
import type { Daemon, Flags } from './support/daemon.ts';
import { registerEvilAgent } from './support/evil-agent.ts';
import { shellTask } from './support/framework.ts';

const secrets = { ops: 'secret-of-ops', web: 'secret-of-web', guest: 'secret-of-guest', agents: 'secret-of-agents' };
const credentials = file(
  'of-all',
  JSON.stringify({ credentials: Object.entries(secrets).map(([principal, secret]) => ({ principal, secret })) }),
);
const ofAgents = file('of-agents', JSON.stringify({ principal: 'agents', secret: secrets.agents }));
const key = file('proxy-key', 'k'.repeat(32));
const otherKey = file('other-proxy-key', 'o'.repeat(32));
const as = (principal: keyof typeof secrets) => ({ Authorization: basic(`${principal}:${secrets[principal]}`) });

const any = { type: 'ANY' };
const only = (...values: string[]) => ({ values });
/** `ops` sees all, `web` its own user's, and others nothing. */
const rules = (user: string) => {
  const rule = [
    { principals: only('ops'), users: any },
    { principals: only('web'), users: only(user) },
  ];
  const none = { principals: any, users: { type: 'NONE' } };
  const seen = [...rule, none];
  return JSON.stringify({
    ...{ view_frameworks: seen, view_tasks: seen, view_executors: seen, view_containers: seen, access_sandboxes: seen },
    view_flags: [
      { principals: only('ops', 'agents'), flags: any },
      { principals: any, flags: { type: 'NONE' } },
    ],
    access_mesos_logs: [
      { principals: only('ops'), logs: any },
      { principals: any, logs: { type: 'NONE' } },
    ],
  });
};

const asking = { authenticate_http_readonly: true, authenticate_http_readwrite: true };

interface Scene {
  readonly master: Daemon;
  readonly agent: Daemon;
  readonly id: string;
  readonly file: string;
  /** The status, or the code of the failure, and the body. */
  get(
    path: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<readonly [result: number | string, body: string]>;
}

/** A task of `web` in a cluster that asks who everyone is. */
async function start(t: TestContext, master: Flags, agent: Flags): Promise<Scene> {
  const cluster = await Cluster.start(t, {
    master: { ...asking, credentials, acls: rules(userName()), authenticate_agents: true, ...master },
    agents: [{ credential: ofAgents, ...agent }],
    headers: as('ops'),
  });
  const framework = await cluster.framework();
  await framework.run(shellTask('one', 'echo hello'));
  await framework.reaches('one', 'TASK_FINISHED');
  const id = await cluster.registered(cluster.agent);
  const { origin } = cluster.master;
  return {
    ...{ master: cluster.master, agent: cluster.agent, id },
    file: `/frameworks/${framework.info.id?.value}/executors/one/runs/latest/stdout`,
    async get(path, headers = {}) {
      const answer = await fetch(`${origin}/agents/${id}${path}`, { headers });
      const body = await answer.text();
      return [answer.headers.get('meseta-error') ?? answer.status, body];
    },
  };
}

const agentAsks = { ...asking, http_credentials: credentials };

test('with one key, the rules of the master decide and then those of the agent', async t => {
  const acls = rules(userName());
  const { get, file, agent, master, id } = await start(
    t,
    { agent_proxy_key: key },
    { ...agentAsks, agent_proxy_key: key, acls },
  );
  const read = `/files/read?path=${file}&offset=0`;
  assert.equal((await get(read))[0], 'AUTHENTICATION_REQUIRED', 'nobody');
  for (const principal of ['ops', 'web'] as const) {
    assert.deepEqual(await get(read, as(principal)), [200, '{"data":"hello\\n","offset":0}'], principal);
  }
  const [refused, words] = await get(read, as('guest'));
  assert.deepEqual([refused, /by the rules of the master/.test(words)], ['NOT_AUTHORIZED', true]);

  const frameworks = async (principal: keyof typeof secrets) => {
    const [status, body] = await get('/state', as(principal));
    assert.equal(status, 200, body);
    const state = JSON.parse(body);
    return [...state.frameworks, ...state.completed_frameworks].length;
  };
  assert.deepEqual([await frameworks('ops'), await frameworks('web'), await frameworks('guest')], [1, 1, 0]);
  assert.equal((await get('/flags', as('web')))[0], 'NOT_AUTHORIZED', 'by the agent');
  assert.equal((await get('/flags', as('ops')))[0], 200);

  // Tokens that others make, or that are for others, are no use at the agent.
  const direct = async (token: string, realm = '/state') =>
    (await agent.ask(realm, { Authorization: `Bearer ${token}` })).status;
  const claims = { principal: 'ops', agentId: id };
  const bytes = (letter: string) => Buffer.from(letter.repeat(32));
  assert.equal(await direct(proxyToken(claims, bytes('k'), Date.now())), 200);
  assert.equal(await direct(proxyToken(claims, bytes('o'), Date.now())), 401);
  assert.equal(await direct(proxyToken(claims, bytes('k'), Date.now() - 100_000)), 401);
  assert.equal(await direct(proxyToken({ ...claims, agentId: `${id}0` }, bytes('k'), Date.now())), 401);
  for (const secret of [...Object.values(secrets), 'kkkk']) {
    assert.ok(!master.log.includes(secret) && !agent.log.includes(secret), 'secrets are not logged');
  }
});

test('an agent may be stricter than the master', async t => {
  const acls = JSON.stringify({ access_sandboxes: [{ principals: any, users: { type: 'NONE' } }] });
  const { get, file } = await start(t, { agent_proxy_key: key }, { agent_proxy_key: key, acls });
  assert.deepEqual(await get(`/files/read?path=${file}`, as('ops')), ['NOT_AUTHORIZED', '']);
  assert.equal((await get('/state', as('ops')))[0], 200);
});

test('without a key, only what the master can judge is passed on', async t => {
  const { get, file } = await start(t, {}, {});
  const read = `/files/read?path=${file}&offset=0`;
  assert.equal((await get(read, as('web')))[0], 200);
  assert.equal((await get(read, as('guest')))[0], 'NOT_AUTHORIZED');
  assert.equal((await get('/files/read?path=/slave/log', as('web')))[0], 'NOT_AUTHORIZED');
  const [state, words] = await get('/state', as('web'));
  assert.equal(state, 'NOT_AUTHORIZED');
  assert.match(words, /You may not see everything that agent \S+ shows here.*--agent_proxy_key/);
  assert.equal((await get('/containers', as('web')))[0], 'NOT_AUTHORIZED');
  assert.equal((await get('/state', as('ops')))[0], 200);
  assert.equal((await get('/health', as('guest')))[0], 200);
  // The agent would say that there is no such sandbox: who may not read it is not told.
  assert.equal(
    (await get(`/files/read?path=/frameworks/none/executors/x/runs/latest/f`, as('web')))[0],
    'NOT_AUTHORIZED',
  );
});

test('agents that ask and have no key, or another one', async t => {
  const without = await start(t, { agent_proxy_key: key }, agentAsks);
  const [code, words] = await without.get('/state', as('ops'));
  assert.equal(code, 'AGENT_ASKS_WHO');
  assert.match(words, /see --agent_proxy_key and --agent_proxy_credential/);
  const other = await start(t, { agent_proxy_key: key }, { ...agentAsks, agent_proxy_key: otherKey });
  assert.equal((await other.get('/state', as('ops')))[0], 'AGENT_ASKS_WHO');
});

test('a credential of the master is for agents that ask and know no token', async t => {
  const { get, file } = await start(t, { agent_proxy_credential: ofAgents, agent_proxy_key: key }, agentAsks);
  assert.equal((await get('/state', as('ops')))[0], 200);
  assert.equal((await get(`/files/read?path=${file}`, as('web')))[0], 200);
  assert.equal((await get('/state', as('web')))[0], 'NOT_AUTHORIZED', 'the agent does not know who asks');
});

test('a request without a principal says nothing to the agent, and none says what its client sent', async t => {
  const cluster = await Cluster.start(t, { agents: [], master: { agent_proxy_key: key } });
  const parts = { master: cluster.master, slaves: () => cluster.slaves() };
  const agent = await registerEvilAgent(t, parts, undefined, { capabilities: ['PROXY_TOKENS'] });
  const answer = await cluster.master.ask(`/agents/${agent.id}/state`, { ...as('ops'), Cookie: 'a=b' });
  assert.equal(answer.status, 200);
  assert.doesNotMatch(agent.heads.join(), /authorization|bearer|basic|cookie/i);
});
