/** Signing in to the web UI and out, in a real browser, on real daemons. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before, describe, type TestContext, test } from 'node:test';
import { Authority, tlsVariables } from '@meseta/process/testing';
import { eventually } from '@meseta/system/testing';
import type { Page } from 'playwright-core';
import { basic } from './support/authentication.ts';
import { barriers, buildWebUi, needsChromium, sharedBrowser, watched } from './support/browser.ts';
import { Cluster } from './support/cluster.ts';
import type { Flags } from './support/daemon.ts';
import { shellTask } from './support/framework.ts';

const open = sharedBrowser();
/** What guests may not see. */
const acls = JSON.stringify({
  view_frameworks: [{ principals: { values: ['guest'] }, users: { type: 'NONE' } }],
  view_tasks: [{ principals: { values: ['guest'] }, users: { type: 'NONE' } }],
});

/** Takes the token `blue`, and believes a proxy. */
const tokenModule = `export default {
  org_example_Tokens: {
    kind: 'http_authenticator',
    create: () => ({
      scheme: 'Bearer',
      authenticate({ headers: { authorization, 'x-user': user } }) {
        const value = authorization === 'Bearer blue' ? 'blue' : user;
        return value === undefined ? { unauthorized: { challenge: 'Bearer' } } : { principal: { value } };
      },
    }),
  },
};`;

interface Scene {
  readonly cluster: Cluster;
  readonly page: Page;
  readonly complaints: string[];
  /** Goes to an address behind the #. */
  go(address: string): Promise<void>;
  /** Sets the passwords that the master reads when it starts. */
  passwords(of: Readonly<Record<string, string>>): void;
}

async function scene(
  t: TestContext,
  { agents = [], env }: { agents?: Flags[]; env?: Record<string, string> } = {},
): Promise<Scene> {
  const directory = mkdtempSync(path.join(tmpdir(), 'session-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const credentials = path.join(directory, 'credentials');
  const passwords: Scene['passwords'] = of =>
    writeFileSync(
      credentials,
      Object.entries(of)
        .flat()
        .join(' ')
        .replace(/(\S+ \S+) ?/g, '$1\n'),
      { mode: 0o600 },
    );
  passwords({ ops: 'secret-of-ops', guest: 'secret-of-guest' });
  const guards = { authenticate_http_readonly: true, authenticate_http_readwrite: true, credentials, acls };
  const headers = { Authorization: basic('ops:secret-of-ops') };
  const cluster = await Cluster.start(t, { master: guards, agents, headers, ...(env && { env }) });
  const { page, complaints } = await open({ ignoreHTTPSErrors: env !== undefined });
  t.after(() => page.context().close());
  const go = async (address: string) => void (await page.goto(`${cluster.master.origin}/#${address}`));
  return { cluster, page, complaints, go, passwords };
}

const dialogOf = (page: Page) => page.getByRole('dialog', { name: 'Sign in to Meseta' });

async function signIn(page: Page, user: string, password = `secret-of-${user}`): Promise<void> {
  await page.getByLabel('User', { exact: true }).fill(user);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function signedIn(page: Page, user: string): Promise<void> {
  await page.getByText(`Signed in as ${user}`).waitFor();
  await dialogOf(page).waitFor({ state: 'detached' });
}

/** What went wrong, without what these tests are about. */
const unexpected = (complaints: readonly string[]) => complaints.filter(text => !/status of (401|429)/.test(text));

describe('signing in to the web UI', needsChromium, () => {
  before(buildWebUi);

  test('asks with the keyboard only, says at the field what is wrong, and shows the page that was asked for', async t => {
    const { page, complaints, go } = await scene(t);
    await go('/agents?filter=web');
    await dialogOf(page).waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await barriers(page), [], colorScheme);
    }
    const [user, password] = [page.getByLabel('User', { exact: true }), page.getByLabel('Password', { exact: true })];
    const isFocused = async (field: typeof user) => (await field.and(page.locator(':focus')).count()) === 1;
    assert.ok(await isFocused(user));
    await page.keyboard.press('Enter');
    await page.getByText('Type a user').waitFor();
    await eventually('the field of the mistake', () => isFocused(user));
    assert.equal(await user.getAttribute('aria-invalid'), 'true');
    await page.keyboard.type('ops');
    await page.keyboard.press('Tab');
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('The user or the password is wrong.').waitFor();
    await eventually('the field of the password', () => isFocused(password));
    assert.deepEqual(await barriers(page), []);
    for (let press = 0; press < 3; press++) await page.keyboard.press('Escape');
    await dialogOf(page).waitFor();
    await password.fill('secret-of-ops');
    await password.press('Enter');
    await signedIn(page, 'ops');
    await page.getByText('No agents').or(page.getByText('No agent matches')).first().waitFor();
    assert.match(page.url(), /\/#\/agents\?filter=web$/);
    const cookies = await page.context().cookies();
    assert.deepEqual(
      cookies.map(({ name, httpOnly, secure, sameSite, path, expires }) => ({
        name,
        httpOnly,
        secure,
        sameSite,
        path,
        expires,
      })),
      [{ name: 'meseta_session', httpOnly: true, secure: false, sameSite: 'Strict', path: '/', expires: -1 }],
    );
    assert.deepEqual(await page.evaluate('[document.cookie, localStorage.length, sessionStorage.length]'), ['', 0, 0]);
    assert.deepEqual(await barriers(page), []);
    assert.deepEqual(unexpected(complaints), []);
  });

  test('asks again when the session is over, over what was shown, and goes on', async t => {
    const { cluster, page, complaints, go } = await scene(t, { agents: [{}] });
    const framework = await cluster.framework({ principal: 'ops' });
    await framework.run(shellTask('runs', 'echo started; sleep 1000'));
    await framework.reaches('runs', 'TASK_RUNNING');
    await go(`/tasks/${framework.info.id?.value}/runs`);
    await signIn(page, 'ops');
    await signedIn(page, 'ops');
    const log = page.getByRole('log');
    await log.getByText('started').waitFor();
    await page.getByRole('searchbox', { name: 'Lines that contain' }).fill('start');
    const [cookie] = await page.context().cookies();
    await fetch(`${cluster.master.origin}/ui/session`, {
      method: 'DELETE',
      headers: { Cookie: `meseta_session=${cookie?.value}` },
    });
    await page.getByText(/The session of ops is over/).waitFor();
    await page.getByText(/Not signed in, data from/).waitFor();
    await log.getByText('started').waitFor();
    assert.equal(await page.getByLabel('User', { exact: true }).inputValue(), 'ops');
    await signIn(page, 'ops');
    await signedIn(page, 'ops');
    await page.getByText(/Not signed in/).waitFor({ state: 'detached' });
    await page.locator('main[data-stale=false]').waitFor();
    assert.equal(await page.getByRole('searchbox', { name: 'Lines that contain' }).inputValue(), 'start');
    await framework.run(shellTask('next', 'sleep 1000'));
    await go('/tasks');
    await page.getByRole('row', { name: /^next / }).waitFor();
    assert.deepEqual(unexpected(complaints), []);
  });

  test('signs out all tabs, and leaves nothing of what was seen; another principal sees other things', async t => {
    const { cluster, page, complaints, go } = await scene(t, { agents: [{}] });
    const framework = await cluster.framework({ principal: 'ops' });
    await framework.run(shellTask('secret-task', 'sleep 1000'));
    await framework.reaches('secret-task', 'TASK_RUNNING');
    await go('/tasks');
    await signIn(page, 'ops');
    const row = page.getByRole('row', { name: /^secret-task / });
    await row.waitFor();
    const [cookie] = await page.context().cookies();
    const other = watched(await page.context().newPage());
    await other.page.goto(`${cluster.master.origin}/#/tasks`);
    await other.page.getByRole('row', { name: /^secret-task / }).waitFor();
    await other.page.getByRole('button', { name: 'Sign out' }).click();
    for (const each of [page, other.page]) {
      await dialogOf(each).waitFor();
      await each.getByText('secret-task').first().waitFor({ state: 'detached' });
    }
    assert.deepEqual(await page.context().cookies(), []);
    const headers = { Cookie: `meseta_session=${cookie?.value}` };
    assert.equal((await fetch(`${cluster.master.origin}/state`, { headers })).status, 401);

    await signIn(other.page, 'guest');
    for (const each of [page, other.page]) {
      await signedIn(each, 'guest');
      await each
        .getByText('No task has been launched')
        .or(each.getByText(/No tasks?/))
        .first()
        .waitFor();
      assert.equal(await each.getByText('secret-task').count(), 0);
    }
    await other.page.getByRole('button', { name: 'Sign out' }).click();
    await dialogOf(page).waitFor();
    await signIn(page, 'ops');
    await row.waitFor();
    assert.deepEqual(unexpected([...complaints, ...other.complaints]), []);
  });

  test('goes on after a restart of the master, and asks again when the password is another one', async t => {
    const { cluster, page, go, passwords } = await scene(t);
    await go('/agents');
    await signIn(page, 'ops');
    await signedIn(page, 'ops');
    const restart = async () => {
      await page.getByText('No agent has registered').waitFor();
      await page.getByText(/Reconnecting/).waitFor({ state: 'detached' });
      await cluster.master.kill();
      await page.getByText(/Reconnecting, data from/).waitFor();
      await cluster.master.start();
    };
    await restart();
    await page.getByText(/Reconnecting/).waitFor({ state: 'detached' });
    await signedIn(page, 'ops');
    passwords({ ops: 'another', guest: 'secret-of-guest' });
    await restart();
    await page.getByText(/The session of ops is over/).waitFor();
    await signIn(page, 'ops');
    await page.getByText('The user or the password is wrong.').waitFor();
    await signIn(page, 'ops', 'another');
    await signedIn(page, 'ops');
  });

  test('says why nobody can sign in', async t => {
    const { cluster, page, go } = await scene(t);
    await go('/');
    await dialogOf(page).waitFor();
    const answers: [answer: { status: number; body: string; headers?: Record<string, string> }, words: RegExp][] = [
      [
        { status: 429, body: 'Too many requests', headers: { 'Meseta-Error': 'AUTHENTICATION_TOO_MANY_FAILURES' } },
        /Too many requests \(AUTHENTICATION_TOO_MANY_FAILURES\)/,
      ],
      [{ status: 500, body: '' }, /500/],
    ];
    for (const [answer, words] of answers) {
      await page.route('**/ui/session', route =>
        route.request().method() === 'POST' ? route.fulfill(answer) : route.continue(),
      );
      await signIn(page, 'ops');
      await page.getByRole('alert').filter({ hasText: words }).waitFor();
      await page.unroute('**/ui/session');
    }
    await cluster.master.kill();
    await signIn(page, 'ops');
    await page.getByText('The master cannot be reached.').first().waitFor();
    await cluster.master.start();
    await signIn(page, 'ops');
    await signedIn(page, 'ops');
  });

  test('has a secure cookie where the master speaks TLS', async t => {
    const directory = mkdtempSync(path.join(tmpdir(), 'session-tls-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const authority = new Authority(directory);
    const { page, go } = await scene(t, { env: tlsVariables(authority.issue('own'), authority.caFile) });
    await go('/agents');
    await signIn(page, 'ops');
    await signedIn(page, 'ops');
    const [cookie] = await page.context().cookies();
    assert.deepEqual([cookie?.secure, cookie?.httpOnly, cookie?.sameSite], [true, true, 'Strict']);
  });

  test('takes a token where a module does, and asks nothing where a proxy says who it is', async t => {
    const directory = mkdtempSync(path.join(tmpdir(), 'session-modules-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const credentials = path.join(directory, 'credentials');
    writeFileSync(credentials, 'ops secret-of-ops\n', { mode: 0o600 });
    const library = path.join(directory, 'tokens.mjs');
    writeFileSync(library, tokenModule);
    const modules = JSON.stringify({ libraries: [{ file: library, modules: [{ name: 'org_example_Tokens' }] }] });
    const { master } = await Cluster.start(t, {
      master: {
        ...{ authenticate_http_readonly: true, authenticate_http_readwrite: true, credentials, modules },
        http_authenticators: 'basic,org_example_Tokens',
      },
      agents: [],
    });
    const { page, complaints } = await open();
    t.after(() => page.context().close());
    await page.goto(`${master.origin}/#/agents`);
    await page.getByRole('radio', { name: 'a token' }).check();
    const token = page.getByLabel('Token', { exact: true });
    await token.fill('red');
    await token.press('Enter');
    await page.getByText('The master does not take this token.').waitFor();
    await token.fill('blue');
    await token.press('Enter');
    await signedIn(page, 'blue');
    await page.getByText('No agent has registered').waitFor();
    const proxied = await open({ extraHTTPHeaders: { 'X-User': 'anna' } });
    t.after(() => proxied.page.context().close());
    await proxied.page.goto(`${master.origin}/#/agents`);
    await signedIn(proxied.page, 'anna');
    assert.equal(await proxied.page.getByRole('button', { name: 'Sign out' }).count(), 0);
    assert.deepEqual(unexpected([...complaints, ...proxied.complaints]), []);
  });

  test('asks nobody where the master does not', async t => {
    const { master } = await Cluster.start(t, { agents: [] });
    const { page, complaints } = await open();
    t.after(() => page.context().close());
    await page.goto(`${master.origin}/#/agents`);
    await page.getByText('No agent has registered').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Sign out' }).count(), 0);
    assert.deepEqual(await (await fetch(`${master.origin}/ui/session`)).json(), {
      principal: null,
      authentication: false,
      session: false,
      schemes: [],
    });
    assert.deepEqual(complaints, []);
  });
});
