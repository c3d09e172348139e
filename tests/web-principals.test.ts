/** What two principals see and may do on every page of the web UI, in a real browser, on real daemons. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before, describe, type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import type { Locator, Page } from 'playwright-core';
import { basic } from './support/authentication.ts';
import { buildWebUi, needsChromium, sharedBrowser } from './support/browser.ts';
import { startWebScene, type WebScene } from './support/web-scene.ts';

const open = sharedBrowser();

/** `dev` may do all, and sees no more frameworks and tasks than guests. */
type Who = 'ops' | 'guest' | 'dev';

/** What guests may not do at all: names in `--acls`, with the key of the objects. */
const denied: Readonly<Record<string, string>> = {
  teardown_frameworks: 'framework_principals',
  kill_tasks: 'users',
  drain_agents: 'agents',
  deactivate_agents: 'agents',
  reactivate_agents: 'agents',
  mark_agents_gone: 'agents',
  reserve_resources: 'roles',
  unreserve_resources: 'reserver_principals',
  create_volumes: 'roles',
  resize_volumes: 'roles',
  destroy_volumes: 'creator_principals',
  update_quotas: 'roles',
  update_weights: 'roles',
  get_maintenance_schedules: 'machines',
  update_maintenance_schedules: 'machines',
  register_frameworks: 'roles',
  set_log_level: 'level',
  view_flags: 'flags',
  get_endpoints: 'paths',
  view_containers: 'users',
  access_sandboxes: 'users',
  access_mesos_logs: 'logs',
  launch_nested_container_sessions_under_parent_with_user: 'users',
};
/** Whose frameworks and tasks guests see. */
const SEEN_USER = 'crawler'; // nobody who runs tests
/** The roles that guests see. */
const seenRoles = ['batch', 'db'];

function rules(): string {
  const guests = { values: ['guest'] };
  const some = { values: ['guest', 'dev'] };
  const none = (key: string, principals = guests) => ({ principals, [key]: { type: 'NONE' } });
  const only = (key: string, values: readonly string[], principals = guests) => [
    { principals, [key]: { values } },
    none(key, principals),
  ];
  return JSON.stringify({
    ...Object.fromEntries(Object.entries(denied).map(([name, key]) => [name, [none(key)]])),
    view_frameworks: only('users', [SEEN_USER], some),
    view_tasks: only('users', [SEEN_USER], some),
    view_executors: only('users', [SEEN_USER], some),
    view_roles: only('roles', seenRoles),
  });
}

/** A cluster that asks who one is, with a page for each principal. */
async function scene(t: TestContext): Promise<WebScene & { readonly pages: Readonly<Record<Who, Page>> }> {
  const directory = mkdtempSync(path.join(tmpdir(), 'principals-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const credentials = path.join(directory, 'credentials');
  writeFileSync(credentials, 'ops secret-of-ops\nguest secret-of-guest\ndev secret-of-dev\n', { mode: 0o600 });
  const agent_proxy_key = path.join(directory, 'key');
  writeFileSync(agent_proxy_key, Buffer.alloc(32, 'k'), { mode: 0o600 });
  const acls = rules();
  const guards = { authenticate_http_readonly: true, authenticate_http_readwrite: true, acls, agent_proxy_key };
  const started = await startWebScene(t, {
    master: { ...guards, credentials },
    // Tasks of a user without being that user: only its name counts here.
    agent: { ...guards, http_credentials: credentials, switch_user: false },
    headers: { Authorization: basic('ops:secret-of-ops') },
    marathon: { principal: 'ops' },
    chronos: { principal: 'ops', user: SEEN_USER },
  });
  const signedIn = async (who: Who) => {
    const { page } = await open();
    t.after(() => page.context().close());
    await page.goto(`${started.cluster.master.origin}/#/about`);
    await page.getByLabel('User', { exact: true }).fill(who);
    await page.getByLabel('Password', { exact: true }).fill(`secret-of-${who}`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText(`Signed in as ${who}`).waitFor();
    return page;
  };
  return {
    ...started,
    pages: { ops: await signedIn('ops'), guest: await signedIn('guest'), dev: await signedIn('dev') },
  };
}

/** A page: its address, what both see, what only `ops` sees, and what guests are told. */
interface Seen {
  readonly address: string;
  readonly both: RegExp;
  readonly opsOnly: RegExp;
  readonly told: RegExp;
}

const notAll = (acl: string) =>
  new RegExp(`'guest' may not see all: '${acl}' of the master's --acls does not allow it`);
const mayNot = (acl: string) => new RegExp(`'guest' may not: .*'${acl}'.* of the master's --acls do(es)? not allow it`);

function pagesSeen({ marathon, chronos, agents }: WebScene): Seen[] {
  const [hidden, shown] = [marathon.info.id?.value, chronos.info.id?.value];
  const task = `/tasks/${shown}/crawl`;
  const gone = { both: /^/, told: /It is gone, or never existed, or you may not see it\./ };
  return [
    { address: '/', both: /Failed lately/, opsOnly: /api\.2/, told: notAll('view_frameworks') },
    { address: '/', both: /Map of agents/, opsOnly: /Status updates/, told: mayNot('get_endpoints') },
    { address: '/agents', both: /node2\.example/, opsOnly: /^ops/, told: notAll('view_roles') },
    {
      address: `/agents/${agents.node2}`,
      both: /storage.*db-0 \(512 MB\)/,
      opsOnly: /^ops/,
      told: notAll('view_roles'),
    },
    {
      address: `/agents/${agents.node1}`,
      both: /crawl/,
      opsOnly: /shop\./,
      told: /No container that you may see runs on this agent/,
    },
    { address: `/agents/${agents.node1}?tab=log`, both: /Log/, opsOnly: /--log_dir/, told: /You may not read/ },
    { address: '/frameworks', both: /chronos/, opsOnly: /marathon/, told: notAll('view_frameworks') },
    { address: `/frameworks/${shown}`, both: /crawl.*/, opsOnly: /^ops/, told: notAll('view_frameworks') },
    { address: `/frameworks/${hidden}`, ...gone, opsOnly: /shop\.1/ },
    { address: '/roles', both: /batch.*db/, opsOnly: /web/, told: notAll('view_roles') },
    { address: '/tasks', both: /crawl/, opsOnly: /shop\.1/, told: notAll('view_frameworks') },
    { address: task, both: /team=finance/, opsOnly: /ready on port/, told: mayNot('access_sandboxes') },
    { address: `${task}?tab=files`, both: /Files/, opsOnly: /stdout/, told: mayNot('access_sandboxes') },
    { address: `/tasks/${hidden}/shop.1`, ...gone, opsOnly: /team=shop/ },
    { address: '/offers', both: /Offers/, opsOnly: /marathon/, told: /No framework that you may see holds an offer/ },
    { address: `/why?framework=${shown}`, both: /Role batch/, opsOnly: /'marathon'/, told: /other frameworks/ },
    { address: `/why?framework=${hidden}`, ...gone, opsOnly: /Role web/ },
    {
      address: '/maintenance',
      both: /Maintenance/,
      opsOnly: /node3\.example/,
      told: mayNot('get_maintenance_schedules'),
    },
    { address: '/events', both: /connected/, opsOnly: /^ops/, told: notAll('view_frameworks') },
    { address: '/metrics', both: /Metrics/, opsOnly: /allocator\//, told: mayNot('get_endpoints') },
    { address: '/about', both: /Leading master/, opsOnly: /--work_dir/, told: mayNot('view_flags') },
  ];
}

/** A button: where it is, how it is called, and the rule that keeps guests from it. */
type Button = readonly [address: string, name: string, acl: string];

function buttons({ chronos, agents }: WebScene): Button[] {
  const task = `/tasks/${chronos.info.id?.value}/crawl`;
  const [node1, node2, node3] = [agents.node1, agents.node2, agents.node3].map(id => `/agents/${id}`) as string[];
  return [
    [node1, 'Drain', 'drain_agents'],
    [node1, 'Deactivate', 'deactivate_agents'],
    [node3, 'Reactivate', 'reactivate_agents'],
    [node1, 'Mark gone', 'mark_agents_gone'],
    [node2, 'Unreserve', 'unreserve_resources'],
    [node2, 'Create a volume', 'create_volumes'],
    [node2, 'Resize a volume', 'resize_volumes'],
    [node2, 'Destroy a volume', 'destroy_volumes'],
    [`/frameworks/${chronos.info.id?.value}`, 'Tear down', 'teardown_frameworks'],
    [task, 'Kill', 'kill_tasks'],
    [`${task}?tab=terminal`, 'Open', 'launch_nested_container_sessions_under_parent_with_user'],
    ['/roles', 'Quota of role batch', 'update_quotas'],
    ['/roles', 'Remove quota of role batch', 'update_quotas'],
    ['/roles', 'Weight of role batch', 'update_weights'],
    ['/run', 'Run', 'register_frameworks'],
    ['/maintenance', 'Add a window', 'update_maintenance_schedules'],
    ['/about', 'Raise the log level', 'set_log_level'],
  ].map(([address = '', name = '', acl = '']) => [address, name, acl] as const);
}

/** Why a button cannot be used; empty: it can. */
async function reasonOf(button: Locator): Promise<string> {
  if ((await button.getAttribute('aria-disabled')) !== 'true') return '';
  const id = await button.getAttribute('aria-describedby');
  return (await button.page().locator(`[id="${id}"]`).textContent()) ?? '';
}

describe('what principals see and may do in the web UI', needsChromium, () => {
  before(buildWebUi);

  test('on every page', async t => {
    const started = await scene(t);
    const { cluster, pages } = started;
    const go = (who: Who, address: string) => pages[who].goto(`${cluster.master.origin}/#${address}`);
    const textOf = async (who: Who) => (await pages[who].getByRole('main').textContent()) ?? '';

    for (const { address, both, opsOnly, told } of pagesSeen(started)) {
      await t.test(`${address} shows guests what they may see, and says why the rest is not there`, async () => {
        await go('ops', address);
        await go('guest', address);
        const isOpsOnly = opsOnly.source !== '^ops';
        await eventually('all that ops sees', async () => {
          const text = await textOf('ops');
          return both.test(text) && (!isOpsOnly || opsOnly.test(text));
        });
        await eventually('what guest is told', async () => {
          const text = await textOf('guest');
          return both.test(text) && told.test(text);
        });
        if (isOpsOnly) assert.doesNotMatch(await textOf('guest'), opsOnly);
        assert.doesNotMatch(await textOf('ops'), /may not/);
      });
    }

    for (const [address, name, acl] of buttons(started)) {
      await t.test(`'${name}' of ${address} is for ops, and guests are told why not`, async () => {
        for (const who of ['ops', 'guest'] as const) {
          await go(who, address);
          const button = pages[who].getByRole('button', { name, exact: true });
          await eventually(`what ${who} may do`, async () => {
            const reason = await reasonOf(button);
            return who === 'ops' ? reason === '' : mayNot(acl).test(reason);
          });
        }
      });
    }

    for (const [address, name] of [
      [`/agents/${started.agents.node1}`, 'Drain'],
      [`/agents/${started.agents.node1}`, 'Mark gone'],
      [`/frameworks/${started.chronos.info.id?.value}`, 'Tear down'],
      ['/maintenance', 'Start: take all down'],
    ] as const) {
      await t.test(`'${name}' of ${address} says that it may end more tasks than one sees`, async () => {
        const note = /Tasks that you may not see are not in this number: 'dev' may not see all/;
        for (const who of ['dev', 'ops'] as const) {
          await go(who, address);
          await pages[who].getByRole('button', { name, exact: true }).click();
          const dialog = pages[who].getByRole('dialog');
          await dialog.getByText(/\b[01] tasks?\b|\b[2-9] tasks\b/).waitFor();
          if (who === 'dev') await dialog.getByText(note).waitFor();
          else assert.equal(await dialog.getByText(/not in this number/).count(), 0);
          await pages[who].keyboard.press('Escape');
          await dialog.waitFor({ state: 'detached' });
        }
      });
    }

    for (const [address, group, name, verb, acl] of [
      [
        `/agents/${started.agents.node1}`,
        'Resources of agent node1.example',
        'Reserve',
        'Reserve',
        'reserve_resources',
      ],
      ['/roles', 'Actions on another role', 'Quota', 'Set the quota', 'update_quotas'],
      ['/roles', 'Actions on another role', 'Weight', 'Set the weight', 'update_weights'],
    ] as const) {
      await t.test(`'${name}' of ${address} is for ops, which is known when the role is typed`, async () => {
        for (const who of ['ops', 'guest'] as const) {
          await go(who, address);
          await pages[who].getByRole('group', { name: group }).getByRole('button', { name, exact: true }).click();
          const dialog = pages[who].getByRole('dialog');
          await dialog.getByRole('textbox', { name: 'Role' }).fill('db');
          const button = dialog.getByRole('button', { name: verb, exact: true });
          await eventually(`what ${who} may do`, async () => {
            const reason = await reasonOf(button);
            return who === 'ops' ? reason === '' : mayNot(acl).test(reason);
          });
          await pages[who].keyboard.press('Escape');
          await dialog.waitFor({ state: 'detached' });
        }
      });
    }
  });
});
