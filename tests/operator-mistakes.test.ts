/** Mistakes of operators on the command line: what they are told, and that nothing changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Meseta } from './support/meseta.ts';
import { sceneOf } from './support/operator-scene.ts';

const mistakes: [argv: string[], code: number, words: RegExp][] = [
  [['agent', 'drian', 'S0'], 2, /there is no command 'agent drian'; did you mean meseta agent drain\?/],
  [['agent', 'nonsense'], 2, /there is no command 'agent nonsense'/],
  [['agent', 'drain'], 2, /Which agent\? Give its id or host/],
  [
    ['agent', 'drain', 'S0', '--max-grace-period', '5'],
    2,
    /--max-grace-period takes a duration such as 90s.*, not '5'/,
  ],
  [['quota'], 2, /'quota' needs a second word[\s\S]*quota show/],
  [['quota', 'set', 'web'], 2, /How much\? Give --guarantee, --limit or both/],
  [['quota', 'set', 'web', '--limit', 'cpus'], 2, /missing or extra ':'.*expecting resources such as cpus:2;mem:512/],
  [['quota', 'set', 'web', '--limit', 'ports:[1-2]'], 2, /--limit takes numbers.*; ports is none/],
  [['weights', 'set', 'web=0'], 2, /'web=0' is no weight; expecting ROLE=WEIGHT with a number above zero/],
  [['weights', 'set', 'web=1', 'db=2', 'web=3'], 2, /Role 'web' is given twice/],
  [['maintenance', 'schedule', 'web1'], 2, /When\? Give --start/],
  [['maintenance', 'schedule', 'web1', '--start', '2h'], 2, /--start takes a time such as now, 'in 2h'.*, not '2h'/],
  [['maintenance', 'start'], 2, /Which machine\?/],
  [['reserve', 'S0', 'cpus:1'], 2, /For which role\? Give --role/],
  [['reserve', 'S0', 'cpus(web):1', '--role', 'db'], 2, /'cpus' names a role; give the role by --role only/],
  [
    ['reserve', 'S0', 'cpus:many', '--role', 'db'],
    2,
    /Bad type for resource cpus value many.*expecting resources such as cpus:2;mem:512/,
  ],
  [['reserve', 'S0', 'cpus:0', '--role', 'db'], 2, /There is nothing of cpus; give an amount above zero/],
  [
    ['volume', 'create', 'v', '--agent', 'S0', '--role', 'db', '--size', '0'],
    2,
    /--size takes a size above zero in MB/,
  ],
  [['volume', 'grow', 'v'], 2, /Give one volume, and by how much/],
  [['logging', 'level', 'DEBUG'], 2, /A level is a whole number such as 0 or 1, not 'DEBUG'/],
  [['events', '--type', 'NOPE'], 2, /--type is one of SUBSCRIBED, TASK_ADDED/],
  [['drain', 'S0'], 2, /did you mean meseta agent drain\?/],
  [['agent', '--help'], 0, /--work_dir=PATH[\s\S]*agent drain +Empty agents/],
  [['help', 'agent'], 0, /agent gone/],
  [['help', 'agent', 'drain'], 0, /--max-grace-period DURATION/],
];
for (const [argv, code, words] of mistakes) {
  test(`meseta ${argv.join(' ')}`, async () => {
    const finished = await new Meseta(argv).finished;
    assert.equal(finished.code, code);
    assert.match(code === 0 ? finished.stdout : finished.stderr, words);
  });
}

const refusedIds: [argv: string[], words: RegExp][] = [
  [['agent', 'gone', 'none', '-y'], /There is no agent 'none'; 'meseta agents' lists them/],
  [
    ['agent', 'deactivate', 'example.org'],
    /Several agents match 'example\.org': .*; give more of the id, or host:port/,
  ],
  [['maintenance', 'start', 'web1', '-y'], /No machine 'web1' is in the maintenance schedule/],
  [['volume', 'destroy', 'none', '-y'], /There is no volume 'none'; 'meseta volume list' lists them/],
  [['framework', 'teardown', 'none', '-y'], /There is no framework 'none'/],
  [['quota', 'set', 'a/b', '--limit', 'cpus:1'], /Updating quota on nested role 'a\/b' is not supported yet/],
  [['quota', 'show', 'none'], /Role 'none' has no quota/],
  [['weights', 'set', '/web=1'], /Invalid role '\/web'/],
  [['logging', 'level', '--agent', 'none'], /There is no agent 'none'/],
];

test('what is not there is named, and nothing changes', async t => {
  const { cluster, on } = await sceneOf(t);
  const registry = () => cluster.get('/registrar(1)/registry');
  const before = await registry();
  for (const [argv, words] of refusedIds) {
    const { code, stderr } = await on(...argv);
    assert.equal(code, 1, argv.join(' '));
    assert.match(stderr, words);
  }
  assert.deepEqual(await registry(), before);
});
