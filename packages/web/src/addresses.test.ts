import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses, fromClassic } from './addresses.ts';

test('every address of the web UI', () => {
  assert.deepEqual(
    {
      overview: addresses.overview(),
      agents: addresses.agents(),
      agent: addresses.agent('A-S1'),
      frameworks: addresses.frameworks(),
      framework: addresses.framework('F-0000'),
      roles: addresses.roles(),
      offers: addresses.offers(),
      why: addresses.why(),
      tasks: addresses.tasks(),
      metrics: addresses.metrics(),
      task: addresses.task('F-0000', 'a b?#%'),
      run: addresses.run(),
      maintenance: addresses.maintenance(),
      events: addresses.events(),
      about: addresses.about(),
    },
    {
      overview: '/',
      agents: '/agents',
      agent: '/agents/A-S1',
      frameworks: '/frameworks',
      framework: '/frameworks/F-0000',
      roles: '/roles',
      offers: '/offers',
      why: '/why',
      tasks: '/tasks',
      metrics: '/metrics',
      task: '/tasks/F-0000/a%20b%3F%23%25',
      run: '/run',
      maintenance: '/maintenance',
      events: '/events',
      about: '/about',
    },
  );
});

const files = { tab: 'files' };
const sandbox = '/var/lib/mesos/slaves/A-S1/frameworks/F/executors/e/runs/R';

const classic: readonly (readonly [path: string, to: string | undefined, search?: object, directory?: string])[] = [
  ['/slaves', '/agents'],
  ['/slaves/A-S1', '/agents/A-S1'],
  ['/slaves/', '/agents'],
  ['/slaves/A-S1/', '/agents/A-S1'],
  ['/agents/A-S1/frameworks/F/executors/e/', '/tasks/F/e'],
  ['/slaves/A-S1/browse', '/agents/A-S1'],
  ['/slaves/A-S1/browse', '/agents/A-S1', {}, '/var/log'],
  ['/slaves/A-S1/browse', '/tasks/F/e', { tab: 'files', path: sandbox }, sandbox],
  ['/agents/A-S1/browse', '/tasks/F/e', { tab: 'files', path: `${sandbox}/a` }, `${sandbox}/a`],
  ['/slaves/A-S1/frameworks/F', '/frameworks/F'],
  ['/agents/A-S1/frameworks/F', '/frameworks/F'],
  ['/slaves/A-S1/frameworks/F/executors/e%201', '/tasks/F/e%201'],
  ['/agents/A-S1/frameworks/F/executors/e/browse', '/tasks/F/e', files],
  ['/agents/A-S1/frameworks/F/executors/e/browse', '/tasks/F/e', { tab: 'files', path: '/x' }, '/x'],
  ['/agents/A-S1/frameworks/F/executors/e/tasks/t', '/tasks/F/t'],
  ['/slaves/A-S1/frameworks/F/executors/e/tasks/t/browse', '/tasks/F/t', files],
  ['/frameworks/F/active_tasks', '/frameworks/F'],
  ['/frameworks/F/completed_tasks', '/frameworks/F'],
  ['/slaves/%E0%A4%A', '/agents/%25E0%25A4%25A'],
  ['/nothing', undefined],
  ['/slaves/A/frameworks/F/executors/e/more/t', undefined],
];

for (const [path, to, search = {}, directory] of classic) {
  test(`the address ${path}${directory ? `?path=${directory}` : ''} of Apache Mesos's UI`, () => {
    assert.deepEqual(fromClassic(path, directory), to && { path: to, search });
  });
}
