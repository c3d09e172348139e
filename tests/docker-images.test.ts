/** Images of Docker tasks from a real registry with accounts: by digest, again and again, with the progress in the task's stderr. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  busybox,
  htpasswd,
  needsDocker,
  needsRegistry,
  sharedEngine,
  startDockerRegistry,
} from '@meseta/containers/testing/docker';
import type { CommandInfoURI, TaskInfo } from '@meseta/protocol';
import { all } from '@meseta/system/testing';
import { type DockerScene, dockerScene, inDocker, written } from './support/docker-scene.ts';
import { shellTask } from './support/framework.ts';
import { Meseta } from './support/meseta.ts';

const engine = sharedEngine();
const need = all(needsDocker, needsRegistry);
const account = { username: 'user', password: 'secret' };

const configFor = (host: string, { username, password } = account) => ({
  auths: { [host]: { auth: Buffer.from(`${username}:${password}`).toString('base64') } },
});

function directoryFor(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'docker-images-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Starts a registry that wants an account, with an image that the engine does not have. */
async function privateImage(t: TestContext): Promise<{ host: string; image: string; digest: string }> {
  const directory = directoryFor(t);
  const passwords = path.join(directory, 'passwords');
  writeFileSync(passwords, htpasswd(account.username, account.password));
  const { host } = await startDockerRegistry(t, `auth: { htpasswd: { realm: test, path: ${passwords} } }`);
  const { images, containers } = (await engine()).client;
  const image = `${host}/team/tool:v1`;
  const { id } = await containers.create('made', { Image: busybox, Cmd: ['true'] });
  writeFileSync(path.join(directory, 'layer'), randomBytes(1024 * 1024));
  execFileSync('docker', ['--host', (await engine()).host, 'cp', path.join(directory, 'layer'), 'made:/layer']);
  execFileSync('docker', ['--host', (await engine()).host, 'commit', 'made', image]);
  await containers.remove(id);
  await images.push(image, { account: { ...account, serveraddress: host } });
  const [named = ''] = (await images.inspect(image))?.digests ?? [];
  await images.remove(image);
  return { host, image, digest: named };
}

async function run({ framework, engine }: DockerScene, id: string, image: string, more: Partial<TaskInfo> = {}) {
  const { command, ...rest } = more;
  const task = { ...shellTask(id, 'echo it works'), ...inDocker({ image, force_pull_image: true }), ...rest };
  await framework.run({ ...task, command: { ...task.command, ...command } });
  const end = await framework.end(id);
  await engine.client.images.remove(image, { force: true });
  return `${end.state} ${end.message}`;
}

test('an image of a registry that wants an account', need, async t => {
  const { host, image, digest } = await privateImage(t);

  await t.test('with that of --docker_config, by tag and by digest, and its progress in stderr', async t => {
    const scene = await dockerScene(t, await engine(), { docker_config: JSON.stringify(configFor(host)) });
    for (const [id, name] of [
      ['tag', image],
      ['digest', digest],
    ] as const) {
      assert.match(await run(scene, id, name), /^TASK_FINISHED/);
      assert.equal(written(scene.cluster, id), 'it works\n');
      const stderr = written(scene.cluster, id, 'stderr');
      assert.match(stderr, new RegExp(`^Pulling ${name}\n(.*\n)*${name}: Digest: sha256:`), id);
    }
  });

  await t.test('with one that its URIs bring, which is nothing for other tasks', async t => {
    const scene = await dockerScene(t, await engine());
    const directory = directoryFor(t);
    const at = (name: string) => path.join(directory, name);
    const uris = (...values: readonly string[]): Partial<TaskInfo> => ({
      command: { uris: values.map((value): CommandInfoURI => ({ value, extract: true })) },
    });
    mkdirSync(at('home/.docker'), { recursive: true });
    writeFileSync(at('home/.docker/config.json'), JSON.stringify(configFor(host)));
    execFileSync('tar', ['--create', '--gzip', '--file', at('docker.tar.gz'), '--directory', at('home'), '.docker']);
    writeFileSync(at('.dockercfg'), JSON.stringify(configFor(host).auths));
    mkdirSync(at('wrong'));
    writeFileSync(at('wrong/.dockercfg'), JSON.stringify(configFor(host, { username: 'user', password: 'wrong' })));
    mkdirSync(at('damaged'));
    writeFileSync(at('damaged/.dockercfg'), `{ secret }`);
    mkdirSync(at('link'));
    symlinkSync(at('.dockercfg'), at('link/.dockercfg'));
    execFileSync('tar', ['--create', '--file', at('link.tar'), '--directory', at('link'), '.dockercfg']);

    assert.match(await run(scene, 'archive', image, uris(at('docker.tar.gz'))), /^TASK_FINISHED/);
    assert.match(await run(scene, 'old', image, uris(at('.dockercfg'))), /^TASK_FINISHED/);
    assert.match(await run(scene, 'without', image), /^TASK_FAILED .*(no basic auth|unauthorized)/);
    assert.match(await run(scene, 'wrong', image, uris(at('wrong/.dockercfg'))), /^TASK_FAILED .*unauthorized/);
    const damaged = await run(scene, 'damaged', image, uris(at('damaged/.dockercfg')));
    assert.match(damaged, /'\.dockercfg' of the sandbox: it is no JSON/);
    assert.doesNotMatch(damaged, /secret/);
    assert.match(await run(scene, 'link', image, uris(at('link.tar'))), /^TASK_FAILED .*'\.dockercfg'.*(link|fetch)/);
  });

  await t.test('meseta run shows the progress', async t => {
    const { host: at } = await engine();
    const config = path.join(directoryFor(t), '.dockercfg');
    writeFileSync(config, JSON.stringify(configFor(host)));
    const words = ['run', '--local', '--docker-image', image, '--network', 'none', '--uri', config, 'echo it works'];
    const { stdout, stderr, code } = await new Meseta(words, { env: { DOCKER_HOST: at } }).finished;
    assert.deepEqual([stdout, code], ['it works\n', 0], stderr);
    assert.match(stderr, new RegExp(`Pulling ${image}\n`));
  });
});
