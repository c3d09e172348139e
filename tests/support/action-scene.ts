/** A cluster, and a page in which somebody acts on it. */
import type { TestContext } from 'node:test';
import type { FrameworkInfo } from '@meseta/protocol';
import type { Locator, Page } from 'playwright-core';
import type { WatchedPage } from './browser.ts';
import { Cluster, type ClusterOptions } from './cluster.ts';
import { type Framework, shellTask } from './framework.ts';

/** See the top of this file. */
export interface ActionScene {
  readonly cluster: Cluster;
  readonly page: Page;
  /** What went wrong in the page, but for requests that were refused: browsers log each. */
  problems(): string[];
  /** Goes to an address behind the #, and waits until the page is there. */
  go(address: string): Promise<void>;
}

/** Starts a cluster, and opens a page of the browser. */
export async function startActions(
  t: TestContext,
  open: () => Promise<WatchedPage>,
  options: ClusterOptions = {},
): Promise<ActionScene> {
  const cluster = await Cluster.start(t, options);
  const { page, complaints } = await open();
  t.after(() => page.context().close());
  return {
    cluster,
    page,
    problems: () => complaints.filter(each => !/Failed to load resource: .* status of 40[0349]/.test(each)),
    async go(address) {
      await page.goto(`${cluster.master.origin}/#${address}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
    },
  };
}

/** Opens the dialogue of an action by mouse. */
export async function opened(page: Page, button: string): Promise<Locator> {
  await page.getByRole('button', { name: button, exact: true }).click();
  return page.getByRole('dialog');
}

/** Does what is in the open dialogue, and waits until it has closed. */
export async function done(page: Page, button: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: button, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

/** What became of actions. */
export const newsOf = (page: Page): Locator => page.getByRole('status', { name: 'What became of your actions' });

/** Starts a framework with a task that runs. */
export async function running(cluster: Cluster, id: string, info: Partial<FrameworkInfo> = {}): Promise<Framework> {
  const framework = await cluster.framework(info);
  await framework.run(shellTask(id, 'sleep 1000'));
  await framework.reaches(id, 'TASK_RUNNING');
  return framework;
}
