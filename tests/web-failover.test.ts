/** The web UI while the lead goes from one master to another: in a real browser, with a real ZooKeeper. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, type TestContext, test } from 'node:test';
import { needsZooKeeper } from '@meseta/storage/testing';
import { all, eventually } from '@meseta/system/testing';
import { basic } from './support/authentication.ts';
import { barriers, buildWebUi, needsChromium, sharedBrowser } from './support/browser.ts';
import type { Daemon } from './support/daemon.ts';
import { Framework, shellTask } from './support/framework.ts';
import { ElectionScene } from './support/high-availability.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const open = sharedBrowser();

async function opened(t: TestContext) {
  const watched = await open();
  t.after(() => watched.page.context().close());
  return watched;
}

describe('the web UI of several masters', all(needsChromium, needsZooKeeper), () => {
  before(buildWebUi);

  /** The leader is killed, another one leads, and the first one stands by. */
  async function passOn(scene: ElectionScene, first: Daemon): Promise<Daemon> {
    await first.kill();
    const next = await scene.leader(first);
    await scene.startAgain(first);
    return next;
  }

  test('one that stands by while no master leads says so, and the page comes when one does', async t => {
    const scene = await ElectionScene.start(t, { masters: 2, servers: 1, masterFlags: { quorum: 1 } });
    const first = await scene.leader();
    const [standby] = scene.masters.filter(master => master !== first);
    assert.ok(standby);
    await scene.zookeeper.server(0).kill();
    await first.ended;
    await eventually(
      'no leader',
      async () => (await fetch(`${standby.origin}/state`, { redirect: 'manual' })).status === 503,
    );
    const { page } = await opened(t);
    await page.goto(`${standby.origin}/#/tasks?filter=state:failed`);
    await page.getByRole('heading', { name: 'No master leads now' }).waitFor();
    assert.deepEqual(await barriers(page), []);
    await scene.zookeeper.server(0).restart();
    await page.getByRole('heading', { name: 'Tasks' }).waitFor();
    assert.equal(page.url(), `${standby.origin}/#/tasks?filter=state:failed`);
  });

  test('what is half filled in stays when another master leads, until the user leaves it', async t => {
    const scene = await ElectionScene.start(t, { masters: 2, masterFlags: { quorum: 1 } });
    const first = await scene.leader();
    const [form, finding] = [await opened(t), await opened(t)].map(({ page }) => page);
    assert.ok(form && finding);
    await form.goto(`${first.origin}/#/run`);
    await form.getByRole('textbox', { name: 'Command' }).fill('sleep 1000');
    await finding.goto(`${first.origin}/#/agents?filter=web`);
    await finding.getByRole('heading', { name: 'Agents' }).waitFor();
    await finding.keyboard.press('Control+K');
    await finding.getByRole('combobox', { name: /Find agents/ }).fill('node');
    await first.kill();
    // The others take it for the leader until its session has timed out.
    const [standby] = scene.masters.filter(master => master !== first);
    const { page: newcomer } = await opened(t);
    await newcomer.goto(`${standby?.origin}/#/tasks?sort=id`);
    const next = await scene.leader(first);
    await newcomer.waitForURL(`${next.origin}/#/tasks?sort=id`);
    await newcomer.getByRole('heading', { name: 'Tasks' }).waitFor();
    await scene.startAgain(first);
    for (const page of [form, finding]) await page.getByText(/Another master leads, data from/).waitFor();
    assert.equal(await form.getByRole('textbox', { name: 'Command' }).inputValue(), 'sleep 1000');
    assert.deepEqual(await barriers(form), []);
    await form.getByRole('button', { name: 'Go to the leading master' }).click();
    await form.waitForURL(`${next.origin}/#/run`);
    assert.equal(await finding.getByRole('combobox', { name: /Find agents/ }).inputValue(), 'node');
    await finding.keyboard.press('Escape');
    await finding.waitForURL(`${next.origin}/#/agents?filter=web`);
  });

  test('a task whose agent has not come back to the new master is not called gone', async t => {
    const scene = await ElectionScene.start(t, { masters: 2, masterFlags: { quorum: 1 } });
    const first = await scene.leader();
    const agent = await scene.addAgent();
    await scene.registered(first);
    const framework = await new Framework(first.origin).start();
    t.after(() => framework.close());
    await framework.run(shellTask('long', 'echo here; sleep 1000'));
    await framework.reaches('long', 'TASK_RUNNING');
    const { page } = await opened(t);
    const address = `#/tasks/${framework.info.id?.value}/long`;
    await page.goto(`${first.origin}/${address}`);
    await page.getByText('here', { exact: true }).waitFor();
    await agent.kill('SIGSTOP');
    const next = await passOn(scene, first);
    await page.waitForURL(`${next.origin}/${address}`);
    await page.getByText(/It may also be on an agent that is away/).waitFor();
    await page.getByRole('link', { name: '1 agent away' }).waitFor();
    await agent.kill('SIGCONT');
    await page.getByRole('heading', { level: 1, name: 'long running' }).waitFor();
    await page.getByText('here', { exact: true }).waitFor();
    assert.equal(await page.title(), 'long · Meseta');
  });

  test('who types a password while the lead goes to another master signs in there', async t => {
    const credentials = path.join(temporaryDirectory(t, 'credentials'), 'file');
    writeFileSync(credentials, 'ops secret-of-ops\n', { mode: 0o600 });
    const guards = { authenticate_http_readonly: true, authenticate_http_readwrite: true, credentials, quorum: 1 };
    const scene = await ElectionScene.start(t, { masters: 2, servers: 1, masterFlags: guards });
    const headers = { Authorization: basic('ops:secret-of-ops') };
    const leader = (other?: Daemon) =>
      eventually('a leading master', async () => {
        for (const master of scene.masters) {
          if (master === other || !master.running) continue;
          const answer = await fetch(`${master.origin}/state-summary`, { headers, redirect: 'manual' });
          if (answer.status === 200) return master;
        }
        return undefined;
      });
    const first = await leader();
    const { page } = await opened(t);
    const signIn = async () => {
      await page.getByLabel('User', { exact: true }).fill('ops');
      await page.getByLabel('Password', { exact: true }).fill('secret-of-ops');
      await page.getByRole('button', { name: 'Sign in' }).click();
    };
    await page.goto(`${first.origin}/#/agents?filter=web`);
    await page.getByLabel('User', { exact: true }).waitFor();
    await first.kill();
    const next = await leader(first);
    await scene.startAgain(first);
    await signIn();
    await page.waitForURL(`${next.origin}/#/agents?filter=web`);
    await signIn();
    await page.getByText('Signed in as ops').waitFor();
    assert.equal(page.url(), `${next.origin}/#/agents?filter=web`);
  });
});
