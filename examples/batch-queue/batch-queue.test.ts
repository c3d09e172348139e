/** The example, with everything killed around it at moments by chance. `CRASH_SEED` repeats a run. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { eventually } from '@meseta/system/testing';
import { Cluster } from '../../tests/support/cluster.ts';
import { processesOf } from '../../tests/support/processes.ts';
import { Random } from '../../tests/support/random.ts';

const program = ['--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, 'batch-queue.ts')];
const seed = Number(process.env.CRASH_SEED ?? 1);

/** A queue that is started again whenever it was killed, until it ends by itself. */
class QueueProcess {
  readonly argv: readonly string[];
  output = '';
  code: number | null = null;
  #child: ChildProcess | undefined;

  constructor(...argv: string[]) {
    this.argv = argv;
  }

  start(): void {
    const child = spawn(process.execPath, [...program, ...this.argv], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', text => (this.output += text));
    child.on('exit', code => {
      this.code = code;
    });
    this.#child = child;
  }

  async kill(): Promise<void> {
    if (this.#child?.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}

/** What jobs do after they have written the id of their attempt down; all of one kind have the same outcome. */
const kinds = [
  { command: 'exit 0', outcome: 'finished' },
  { command: 'sleep 0.3', outcome: 'finished' },
  { command: 'exit 3', outcome: 'failed' },
  { command: 'sleep 0.2; exit 1', retries: 1, outcome: 'failed' },
  { command: 'mkdir "$MARK" 2>/dev/null && exit 4; exit 0', retries: 3, outcome: 'finished' },
] as const;

type Line = { begun?: string; job?: string; ended?: string; state?: string; reason?: string };

test(`jobs end once and as they should, whatever is killed (CRASH_SEED=${seed})`, async t => {
  const random = new Random(seed);
  const cluster = await Cluster.start(t, { agents: [{}, {}] });
  const starts = path.join(cluster.directory, 'starts');
  const own = path.join(cluster.directory, 'queue');
  mkdirSync(own);
  writeFileSync(starts, '');
  const jobs = Array.from({ length: 240 }, (_, index) => {
    const { outcome, ...job } = kinds[index % kinds.length] ?? kinds[0];
    const name = `job-${index}`;
    const note = `echo "$MESOS_EXECUTOR_ID" >>${starts}; MARK=${cluster.directory}/${name}; `;
    return { outcome, job: { ...job, name, command: note + job.command } };
  });
  const file = path.join(cluster.directory, 'jobs.json');
  writeFileSync(file, JSON.stringify(jobs.map(({ job }) => job)));
  const queue = new QueueProcess(cluster.master.address, file, own);
  t.after(() => queue.kill());
  queue.start();

  const [first, second] = cluster.agents;
  const victims = [queue, cluster.master, first, second];
  for (let kills = 0; kills < 20 && queue.code === null; kills++) {
    await sleep(100 + random.below(500));
    const victim = random.pick(victims);
    await victim?.kill();
    await sleep(random.below(200));
    if (victim === queue && queue.code !== null) break;
    await victim?.start();
  }
  await eventually('the end of the queue', () => queue.code !== null);
  assert.equal(queue.code, 1, queue.output);

  const lines: Line[] = readFileSync(path.join(own, 'queue.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  const ran = Map.groupBy(readFileSync(starts, 'utf8').trim().split('\n'), id => id);
  const ends = Map.groupBy(lines, ({ ended }) => ended);
  for (const { begun = '', job } of lines.filter(({ begun }) => begun !== undefined)) {
    const [end, ...others] = ends.get(begun) ?? [];
    assert.ok(end && others.length === 0, `${begun} of ${job} ends once`);
    const wasLost = !/FINISHED|FAILED/.test(end.state ?? '') || end.reason === 'REASON_EXECUTOR_TERMINATED';
    assert.equal(ran.get(begun)?.length ?? 0, wasLost ? 0 : 1, `${begun} ended as ${JSON.stringify(end)} and ran`);
  }
  const table = queue.output.slice(queue.output.lastIndexOf('JOB '));
  for (const { job, outcome } of jobs) assert.match(table, new RegExp(`^${job.name} +${outcome} `, 'm'));
  await eventually('the end of all tasks', () =>
    processesOf(cluster.directory).every(({ command }) => !command.startsWith('meseta-shim')),
  );
  assert.deepEqual((await cluster.get('/state')).frameworks, []);
});

const wrong: [jobs: string, message: RegExp][] = [
  ['{}', /is a list of jobs/],
  ['[{"command": "true"}]', /job 1: name: it is a text/],
  ['[{"name": "a/b", "command": "true"}]', /job 1: name: 'a\/b\.1' contains invalid characters/],
  ['[{"name": "a"}]', /job 1 \(a\): command is a line for sh/],
  ['[{"name": "a", "command": "true", "cpu": 1}]', /there is no field 'cpu'/],
  ['[{"name": "a", "command": "true", "retries": 0.5}]', /retries is a number from 0 on, not 0\.5/],
  ['[{"name": "a", "command": "true"}, {"name": "a", "command": "true"}]', /two jobs have the name 'a'/],
];
for (const [jobs, message] of wrong) {
  test(`refuses ${jobs}`, async t => {
    const directory = mkdtempSync(path.join(tmpdir(), 'queue-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const file = path.join(directory, 'jobs.json');
    writeFileSync(file, jobs);
    const run = promisify(execFile)(process.execPath, [...program, '127.0.0.1:1', file, directory]);
    await assert.rejects(run, { code: 2, message });
  });
}
