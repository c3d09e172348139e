/** Terminals through the master in other clusters: over TLS, of agents and tasks of other users, in Docker containers. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { needsDocker, sharedEngine } from '@meseta/containers/testing/docker';
import { Authority, tlsVariables } from '@meseta/process/testing';
import { eventually, needs } from '@meseta/system/testing';
import type { ClientOptions } from 'ws';
import { Cluster } from './support/cluster.ts';
import { dockerScene, inDocker } from './support/docker-scene.ts';
import { type Framework, shellTask } from './support/framework.ts';
import { Meseta } from './support/meseta.ts';
import { processesWith } from './support/processes.ts';
import { TerminalClient } from './support/terminal-client.ts';

/** The numbers of the user `nobody`, and of its group, as Debian has them. */
const nobody = 65534;

/** A task that runs. */
interface Place {
  readonly agent_id: string;
  readonly framework_id: string;
  readonly task_id: string;
}

/** Opens a terminal with a shell line in a task, and ends it after the test. @param origin of the master. */
function open(t: TestContext, origin: string, place: Place, line: string, options?: ClientOptions): TerminalClient {
  const { agent_id, ...ids } = place;
  const query = new URLSearchParams(ids);
  for (const word of ['sh', '-c', line]) query.append('command', word);
  const client = new TerminalClient(`${origin}/agents/${agent_id}/exec?${query}`, options);
  t.after(() => client.socket.terminate());
  return client;
}

/** Runs a task and waits until it does. */
async function running(framework: Framework, task: ReturnType<typeof shellTask>): Promise<Place> {
  await framework.run(task);
  const task_id = task.task_id?.value ?? '';
  const { agent_id } = await framework.reaches(task_id, 'TASK_RUNNING');
  return { agent_id: agent_id?.value ?? '', framework_id: framework.info.id?.value ?? '', task_id };
}

/** A line that shows who runs it, and that it is typed into. */
const asks = 'id -un; test -t 0 && read word && echo "typed $word"; exit 4';

/** Types into a terminal that runs {@link asks}. @returns who runs it. */
async function answered(terminal: TerminalClient): Promise<string> {
  const [, user = ''] = await terminal.shows(/^(\S+)\r\n/);
  terminal.type('here\r');
  await terminal.shows(/typed here\r\n/);
  assert.deepEqual(await terminal.ended(), { how: 'exited', exit_code: 4 });
  return user;
}

const directory = mkdtempSync(path.join(tmpdir(), 'terminals-'));
after(() => rmSync(directory, { recursive: true }));

test('over TLS, to the master and from there to the agent', async t => {
  const authority = new Authority(directory);
  const env = tlsVariables(authority.issue('own'), authority.caFile, { REQUIRE_CLIENT_CERT: 'true' });
  const cluster = await Cluster.start(t, { env });
  const { certFile, keyFile } = authority.issue('user');
  const origin = `https://${cluster.master.address}`;
  const run = new Meseta(['run', '-q', 'sleep 1000'], {
    env: {
      ...{ MESETA_MASTER: origin, LIBPROCESS_SSL_CA_FILE: authority.caFile },
      ...{ LIBPROCESS_SSL_CERT_FILE: certFile, LIBPROCESS_SSL_KEY_FILE: keyFile },
    },
  });
  t.after(() => run.kill());
  const task = await eventually('the task', async () => {
    const { tasks } = await cluster.get('/tasks');
    return tasks.find(({ state }: { readonly state: string }) => state === 'TASK_RUNNING');
  });
  const place = { agent_id: task.slave_id, framework_id: task.framework_id, task_id: task.id };
  const trusted = { ca: readFileSync(authority.caFile) };
  const certified = { ...trusted, cert: readFileSync(certFile), key: readFileSync(keyFile) };
  await answered(open(t, origin, place, asks, certified));
  const mark = `tls-terminal-${process.pid}`;
  const left = open(t, origin, place, `echo there; sh -c 'sleep 600; :' ${mark}; :`, certified);
  await left.shows(/there/);
  left.socket.close();
  await eventually('the end of what it ran', () => processesWith(mark).length === 0);
  const { status, text } = await open(t, origin, place, asks, trusted).refused();
  assert.equal(status, 403);
  assert.match(text, /a certificate of the client is required/);
});

test("in a task of another user than the agent's", needs.root('tasks run as other users'), async t => {
  const cluster = await Cluster.start(t);
  const framework = await cluster.framework({ user: 'nobody' });
  const place = await running(framework, shellTask('task', 'sleep 1000'));
  assert.equal(await answered(open(t, cluster.master.origin, place, asks)), 'nobody');
});

test('of an agent that is not root', needs.root('the agent runs as another user than the test'), async t => {
  const identity = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
  const cluster = await Cluster.start(t, { agents: [], agentsBy: ['setpriv', ...identity, '--'] });
  chmodSync(cluster.directory, 0o755);
  const [work_dir, runtime_dir] = ['work', 'run'].map(name => path.join(cluster.directory, name)) as [string, string];
  for (const each of [work_dir, runtime_dir]) {
    mkdirSync(each);
    chownSync(each, nobody, nobody);
  }
  await cluster.addAgent({ work_dir, runtime_dir, switch_user: false });
  const framework = await cluster.framework();
  const place = await running(framework, shellTask('task', 'sleep 1000'));
  assert.equal(await answered(open(t, cluster.master.origin, place, asks)), 'nobody');
});

const engine = sharedEngine();

test('in a Docker container', needsDocker, async t => {
  const { cluster, framework } = await dockerScene(t, await engine());
  const place = await running(framework, { ...shellTask('task', 'sleep 1000'), ...inDocker() });
  const { origin } = cluster.master;
  assert.equal(await answered(open(t, origin, place, asks)), 'root');
  // Files and variables are those of the container. Old engines set the size when the command runs already.
  const size = 'until stty size 2>/dev/null | grep .; do sleep 0.1; done';
  const inside = open(t, origin, place, `echo "$MESOS_SANDBOX"; ls /bin/busybox; ${size}`);
  await inside.shows(/^\/mnt\/mesos\/sandbox\r\n\/bin\/busybox\r\n24 80\r\n/);
  const mark = `docker-terminal-${process.pid}`;
  const left = open(t, origin, place, `echo there; sh -c 'sleep 600; :' ${mark}; :`);
  await left.shows(/there/);
  left.send({ kind: 'size', rows: 20, columns: 120 });
  left.socket.close();
  await eventually('the end of what it ran', () => processesWith(mark).length === 0);
  const none = await open(t, origin, place, 'exec no-such-program').ended();
  assert.deepEqual([none.how, none.exit_code], ['exited', 127]);
});
