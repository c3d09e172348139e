/** The example's tasks, run as its README says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { needsDocker, sharedEngine } from '@meseta/containers/testing/docker';
import { eventually } from '@meseta/system/testing';
import { containersOf, inNetworkOf } from '../../tests/support/docker-scene.ts';
import { Meseta, meseta } from '../../tests/support/meseta.ts';

const engine = sharedEngine({ network: 'own' });
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

test('the tasks of the example do what its README says', needsDocker, async t => {
  const used = await engine();
  t.after(() => used.empty());
  const env = { DOCKER_HOST: used.host };
  const sum = await new Meseta(['run', '--quiet', '--local', '--task', file('sum.json')], { env }).finished;
  assert.deepEqual([sum.code, sum.stdout], [0, '42\n'], sum.stderr);

  const resources = 'cpus:2;mem:512;disk:512;ports:[31000-31009]';
  const local = new Meseta(['local', '--docker', '--port=0', '--resources', resources, '--json'], { env });
  t.after(() => local.kill());
  await local.says(/\n/);
  const { master } = JSON.parse(local.stdout);
  const web = await meseta('run', '--detach', '--master', master, '--task', file('web.json'));
  assert.equal(web.code, 0, web.stderr);
  const page = () => {
    try {
      return inNetworkOf(used, 'curl', '--silent', 'http://127.0.0.1:31005/');
    } catch {
      return ''; // not yet
    }
  };
  await eventually('its page', () => page() === 'hello from a container\n');
  const listed = await meseta('task', 'exec', '--master', master, 'web', '--', 'ls', '/pages');
  assert.deepEqual([listed.code, listed.stdout], [0, 'index.html\n'], listed.stderr);
  local.child.kill('SIGINT');
  assert.equal((await local.finished).code, 0);
  await eventually('that nothing is left', async () => (await containersOf(used)).length === 0);
});
