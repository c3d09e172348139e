/** What the command line says and prints: mistakes, help, tables, formats, and what `run` is told. */

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { empty, failure, HttpServer, json, type Request } from '@meseta/process';
import { eventually, needs } from '@meseta/system/testing';
import { type LocalCluster, localCluster, Meseta, meseta } from './support/meseta.ts';
import { Terminal } from './support/terminal.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'command-line-'));
const entry = new URL('../packages/cli/bin/meseta.mjs', import.meta.url).pathname;
let cluster: LocalCluster;
before(async () => {
  cluster = await localCluster('-n', '2');
});
after(async () => {
  await cluster.stop();
  rmSync(directory, { recursive: true });
});

const on = (...argv: string[]) => new Meseta(argv, { env: { MESETA_MASTER: cluster.master } }).finished;
const file = (name: string, content: unknown) => {
  const at = path.join(directory, name);
  writeFileSync(at, JSON.stringify(content));
  return at;
};

const said: [argv: string[], code: number, words: RegExp][] = [
  [['task', 'kill', ''], 2, /An argument is empty/],
  [['task', 'logs', ''], 2, /An argument is empty/],
  [['task', 'exec', '', 'ls'], 2, /An argument is empty/],
  [['files', 'ls', '--agent', '', '/'], 2, /--agent needs a value, AGENT/],
  [['tasks', '--al'], 2, /There is no option --al; did you mean --all\?/],
  [['tasks', '--framework'], 2, /--framework needs a value, ID/],
  [['tasks', '--all=1'], 2, /--all takes no value/],
  [['tasks', '--format', 'xml'], 2, /--format is one of table, json, jsonl, not 'xml'/],
  [['tsak', 'logs', 'x'], 2, /no command 'tsak'; did you mean meseta task logs\?/],
  [['agnets'], 2, /no command 'agnets'; did you mean meseta agents\?/],
  [['ps'], 2, /no command 'ps'; did you mean meseta tasks\?\nSee 'meseta --help'\.\n$/],
  [['-V'], 2, /did you mean meseta version\?/],
  [
    ['local', '--port', '99999'],
    2,
    /--port takes a whole number from 0 to 65535, not '99999'\nSee 'meseta local --help'\.\n$/,
  ],
  [['run', '-n', 'a/b', 'true'], 2, /--name 'a\/b' cannot be the beginning of a task's id: .*invalid characters/],
  [['task'], 2, /'task' needs a second word[\s\S]*task inspect/],
  [['task', '--help'], 0, /^ {2}task logs/m],
  [['files', '--help'], 0, /^ {2}files get/m],
  [['help', 'run'], 0, /Usage: meseta run \[OPTION …\] COMMAND …/],
  [['help', 'task', 'logs'], 0, /--tail LINES/],
  [['task', 'logs', 'x', '--help'], 0, /--since TIME/],
  [['help', 'help'], 0, /^Usage: meseta COMMAND/m],
  [['help', 'nothing'], 2, /no command 'nothing'/],
  [['help', 'task', 'nothing'], 2, /no command 'task nothing'/],
  [['completion', 'csh'], 2, /One of bash, zsh, fish/],
  [['run', '-d', '--local', 'true'], 2, /--detach needs a running cluster/],
  [['run', ''], 2, /Run what\?/],
  [['stats'], 2, /did you mean meseta task stats\?/],
  [['task', 'stats', ''], 2, /An argument is empty/],
  [['task', 'stats', '--interval', '0'], 2, /--interval takes a number of seconds from 0\.5 to 3600, not '0'/],
  [['task', 'stats', '--sort', 'cpus'], 2, /--sort is one of cpu, mem, disk, net, not 'cpus'/],
  [['task', 'stats', 'x', '--agent', 'y'], 2, /Give either tasks or --agent, not both/],
  [['task', 'stats', '--json', '--format', 'jsonl'], 2, /Give either --json or --format=jsonl, not both/],
  [['task', 'stats', '--master', '127.0.0.1:1'], 1, /Cannot reach a master at http:\/\/127\.0\.0\.1:1/],
];
for (const [argv, code, words] of said) {
  test(`meseta ${argv.join(' ')}`, async () => {
    const finished = await meseta(...argv);
    assert.equal(finished.code, code);
    assert.match(code === 0 ? finished.stdout : finished.stderr, words);
  });
}

test('what a daemon refuses is said in its words and with its code', async t => {
  const answers = [failure('FRAMEWORK_NOT_FOUND', 'No such framework.\n'), failure('NOT_AUTHORIZED', '')];
  const handler = ({ path }: Request) =>
    ['/master/health', '/master/slaves'].includes(path) ? empty(200) : (answers.shift() ?? failure('ROUTE_NOT_FOUND'));
  const server = new HttpServer({ handler, report: () => undefined });
  const { port } = await server.listen('127.0.0.1', 0);
  t.after(() => server.close(0));
  const ask = async () => (await meseta('agents', '--master', `127.0.0.1:${port}`)).stderr;
  assert.equal(await ask(), 'meseta agents: No such framework. (FRAMEWORK_NOT_FOUND)\n');
  assert.equal(
    await ask(),
    'meseta agents: the rules of the cluster do not allow this to requests without a credential (NOT_AUTHORIZED)\n',
  );
});

test('a detached run has the exit code of its task, also when the last status comes later than the state', async t => {
  const ids = { task_id: { value: 'late' }, framework_id: { value: 'meseta-run' }, agent_id: { value: 'S0' } };
  const status = (state: string, message?: string) => ({ task_id: ids.task_id, state, message });
  const soFar = [status('TASK_STARTING'), status('TASK_RUNNING')];
  const looks = [soFar, soFar, [...soFar, status('TASK_FAILED', 'Command exited with status 7')]];
  const answers: Readonly<Record<string, () => object>> = {
    '/tasks/run': () => ({ framework_id: 'meseta-run', task_ids: ['late'] }),
    '/tasks/waiting': () => [],
    '/tasks': () => ({ tasks: [{ state: 'TASK_FAILED' }] }),
    GET_MASTER: () => ({ type: 'GET_MASTER', get_master: { master_info: { id: 'm', ip: 1, port: 1 } } }),
    GET_TASKS: () => {
      const statuses = looks.length > 1 ? looks.shift() : looks[0];
      return {
        type: 'GET_TASKS',
        get_tasks: { completed_tasks: [{ ...ids, name: 'late', state: 'TASK_FAILED', statuses }] },
      };
    },
  };
  const handler = async (request: Request) => {
    const call = request.path.endsWith('/api/v1') && JSON.parse(String(await request.body())).type;
    const answer = answers[call || request.path.replace(/^\/master/, '')];
    return answer ? json(answer()) : empty(200);
  };
  const server = new HttpServer({ handler, report: () => undefined });
  const { port } = await server.listen('127.0.0.1', 0);
  t.after(() => server.close(0));
  const { code, stdout, stderr } = await meseta('run', '-q', '-d', '--master', `127.0.0.1:${port}`, 'exit 7');
  assert.deepEqual([code, stdout], [7, 'late\n'], stderr);
  assert.match(stderr, /^meseta: late: Command exited with status 7; 'meseta task logs --stderr late' may have more/);
});

const refused: [name: string, task: unknown, words: RegExp][] = [
  ['a list', [], /a TaskInfo is a JSON object, not a list/],
  ['a slip', { command: { valeu: 'true' } }, /no field command\.valeu in CommandInfo; did you mean value\?/],
  ['nothing to run', { name: 'x' }, /neither a command nor an executor/],
];
for (const [name, task, words] of refused) {
  test(`run --task refuses ${name}`, async () => {
    const { code, stderr } = await meseta('run', '--task', file('refused.json', task));
    assert.equal(code, 2);
    assert.match(stderr, words);
  });
}

test('options override the file of a task; MESETA_MASTER is honoured, and said', async () => {
  const variables = [
    { name: 'A', value: 'file' },
    { name: 'B', value: 'file' },
  ];
  const task = { name: 'file', command: { value: 'echo $A $B', environment: { variables } } };
  const run = await on('run', '--task', file('task.json', task), '--name', 'option', '--env', 'A=option');
  assert.deepEqual([run.code, run.stdout], [0, 'option file\n']);
  assert.match(run.stderr, /using the cluster of \$MESETA_MASTER, 127\.0\.0\.1:\d+; --local/);
  assert.match((await on('tasks', '--all')).stdout, /^option-[0-9a-f]{8} +option +finished/m);
  const own = await on('run', '--local', 'true');
  assert.match(own.stderr, /launched on 127\.0\.0\.1, in a temporary cluster/);
  const quiet = [await on('run', '-q', 'true'), await on('run', '-q', '-d', 'true')];
  assert.deepEqual(
    quiet.map(({ stderr }) => stderr),
    ['', ''],
  );
  const failed = await on('run', '-q', '-u', 'relative', 'true');
  assert.match(failed.stderr, /^meseta: run-\S+ failed: .*--frameworks_home/m, 'why there is no output is told');
  const detached = await on('run', '-d', '-u', '/no/such/file', 'true');
  const [, id = ''] = /'meseta task logs --stderr (\S+)' may have more information/.exec(detached.stderr) ?? [];
  assert.match((await on('task', 'logs', '--stderr', id)).stdout, /^Failed to fetch \/no\/such\/file: No such file/);
});

test('standard input reaches the task, in a temporary cluster and in a running one', () => {
  for (const more of [['--local'], ['--master', cluster.master]]) {
    const input = 'x'.repeat(300_000);
    const { status, stdout, stderr } = spawnSync(process.execPath, [entry, 'run', '-q', '-i', ...more, 'cat'], {
      input,
    });
    assert.deepEqual([status, stderr.toString()], [0, '']);
    assert.equal(stdout.toString(), input);
  }
});

test('a detached run prints its id; its task is inspected, read from its end, and killed', async () => {
  const { code, stdout } = await on('run', '-d', '-n', 'behind', 'seq 3; touch ready; exec sleep 1000');
  assert.equal(code, 0);
  const id = stdout.trim();
  assert.match(id, /^behind-[0-9a-f]{8}$/);
  await eventually('its output', async () => (await on('task', 'logs', id)).stdout === '1\n2\n3\n');
  assert.equal((await on('task', 'logs', '--tail', '2', id.slice(2))).stdout, '2\n3\n');
  assert.match((await on('task', 'logs', '--since', '1m', id)).stderr, /No line of stdout has a time/);
  const [task] = JSON.parse((await on('task', 'inspect', id)).stdout);
  assert.equal(task.state, 'TASK_RUNNING');
  assert.ok(cluster.agents.includes(task.agent));
  const other = (await on('run', '-d', 'i=0; while echo line $i; do i=$((i+1)); done')).stdout.trim();
  // It writes faster than anybody reads: what comes after the look is not among the last lines.
  const lastOf = async (...argv: string[]) => (await on('task', 'logs', ...argv, other)).stdout;
  await eventually('its output', async () => /^line \d+\nline \d+(\n|$)/.test(await lastOf('-n', '2')));
  await eventually('more output', async () => (await lastOf('-c', '100')).length === 100);
  assert.equal((await on('task', 'kill', id, 'nobody')).code, 1);
  assert.equal((await on('task', 'kill', id.slice(-6), other)).stdout, `${id}\n${other}\n`);
  await eventually('its end', async () => (await on('tasks', '-q')).stdout === '');
});

test('lines older than the time asked for are left out, to the last one', async () => {
  const lines = ['2001-02-03T04:05:06Z early', '2011-02-03T04:05:06Z late', 'more of it'];
  const run = await on('run', '--json', `printf '%s\\n' ${lines.map(line => `'${line}'`).join(' ')}`);
  const id: string = JSON.parse(run.stdout.split('\n')[0] ?? '').task_id;
  const since = async (time: string) => (await on('task', 'logs', '--since', time, id)).stdout;
  assert.equal(await since('2010-01-01'), `${lines.slice(1).join('\n')}\n`);
  const none = await on('task', 'logs', '--since', '1d', id);
  assert.deepEqual([none.code, none.stdout, none.stderr], [0, '', '']);
});

test('directories are copied, links that lead out left out; a file to standard output', async () => {
  symlinkSync('/etc', path.join(directory, 'etc'));
  mkdirSync(path.join(directory, 'copies'));
  const run = await on('run', '--json', 'mkdir -p d/e; echo deep > d/e/f; ln -s /etc d/out; ln -s . d/loop');
  const id: string = JSON.parse(run.stdout.split('\n').find(line => line.includes('launched')) ?? '').task_id;
  const { code, stderr } = await on('files', 'get', id, 'd', '-o', path.join(directory, 'copies'));
  assert.equal(code, 0);
  assert.match(stderr, /left out .*d\/out/);
  assert.equal(readFileSync(path.join(directory, 'copies', 'd', 'e', 'f'), 'utf8'), 'deep\n');
  assert.equal((await on('files', 'get', id, 'd/e/f', '-o', '-')).stdout, 'deep\n');
});

test('agents by the end of their id; ids and JSON lines', async () => {
  const ids = (await on('agents', '-q')).stdout.trim().split('\n');
  assert.equal(ids.length, 2);
  assert.equal((await on('files', 'cat', '--agent', 'S1', '/slave/log')).code, 0);
  assert.match((await on('files', 'cat', '--agent', 'S', '/slave/log')).stderr, /Several agents match 'S'/);
  const lines = (await on('agents', '--format', 'jsonl')).stdout.trim().split('\n');
  assert.deepEqual(lines.map(line => JSON.parse(line).agent_info.id.value).sort(), [...ids].sort());
});

/** Standard output of a command on a terminal of some columns. */
function onTerminal(columns: number, ...argv: string[]): string {
  const words = [process.execPath, entry, ...argv].map(word => `'${word}'`).join(' ');
  const command = `stty cols ${columns} 2>/dev/null; ${words} --master ${cluster.master}`;
  const text = execFileSync('script', ['-qec', command, '/dev/null'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  }).toString();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of the head
  return text.replace(/\u001b\[\d+m/g, '').replaceAll('\r', '');
}

test('on narrow terminals both ends of ids and ports stay; one of 0 columns cuts nothing', () => {
  for (const columns of [80, 60, 40]) {
    const rows = onTerminal(columns, 'agents').trimEnd().split('\n').slice(1);
    assert.equal(rows.length, 2);
    for (const row of rows) {
      assert.ok(row.length <= columns, row);
      assert.match(row, /^[0-9a-f]{4}\S*…\S*-S[01] +\S*:\d{4,5} /);
    }
  }
  assert.match(onTerminal(0, 'agents'), /^[0-9a-f-]{36}-S\d /m);
});

/** A directory with `meseta` and its completion for a shell, whose file of that is given. */
async function installed(shell: string, ...place: string[]): Promise<string> {
  const home = mkdtempSync(path.join(directory, 'home-'));
  writeFileSync(path.join(home, 'meseta'), `#!/bin/sh\nexec '${process.execPath}' '${entry}' "$@"\n`, { mode: 0o755 });
  const script = path.join(home, ...place);
  mkdirSync(path.dirname(script), { recursive: true });
  writeFileSync(script, (await meseta('completion', shell)).stdout);
  return home;
}

/** What a shell prints that has `meseta`, and this test's cluster, within reach. */
function inShell(home: string, argv: string[]): string {
  const PATH = `${home}:${process.env.PATH}`;
  const env = { ...process.env, PATH, HOME: home, XDG_CONFIG_HOME: '', MESETA_MASTER: cluster.master };
  return execFileSync(argv[0] as string, argv.slice(1), { env, stdio: ['ignore', 'pipe', 'inherit'] })
    .toString()
    .trim();
}

test('bash completes commands, options, flags, choices, and ids of tasks and agents', async () => {
  const home = await installed('bash', 'completion');
  const complete = (...words: string[]) =>
    inShell(home, [
      'bash',
      '-c',
      `. "$HOME/completion"; compopt() { :; }; COMP_WORDS=("$@"); COMP_LINE="$*"; COMP_CWORD=$(($# - 1)); _meseta; echo "\${COMPREPLY[@]}"`,
      'bash',
      ...words,
    ]);
  assert.equal(complete('meseta', 'fra'), 'frameworks framework');
  assert.equal(complete('meseta', 'framework', ''), 'inspect why teardown');
  assert.equal(complete('meseta', 'agen'), 'agent agents');
  assert.equal(complete('meseta', 'agent', ''), 'inspect drain deactivate reactivate gone');
  assert.equal(complete('meseta', 'agent', 'drain', '--max'), '--max-grace-period');
  assert.equal(complete('meseta', 'agent', 'drain', '').split(' ').length, 2, 'ids of agents');
  assert.equal(complete('meseta', 'events', '--type', 'TASK'), 'TASK_ADDED TASK_UPDATED');
  assert.equal(complete('meseta', 'task', ''), 'logs inspect stats exec attach shell kill');
  assert.equal(complete('meseta', 'help', 'task', ''), 'logs inspect stats exec attach shell kill');
  assert.equal(complete('meseta', 'task', 'logs', '--s'), '--stderr --since');
  assert.equal(complete('meseta', 'run', '--det'), '--detach');
  assert.equal(complete('meseta', 'agent', '--work'), '--work_dir=');
  assert.equal(complete('meseta', 'tasks', '--format', ''), 'table json jsonl');
  assert.equal(complete('meseta', 'completion', 'z'), 'zsh');
  const id = (await on('run', '-d', '-n', 'completed', 'exec sleep 1000')).stdout.trim();
  await on('run', '-q', '-n', 'completed $(touch $HOME/ran)', 'true');
  assert.equal(complete('meseta', 'task', 'kill', 'comp'), id);
  assert.equal(complete('meseta', 'task', 'logs', '--master', cluster.master, 'comp'), id);
  assert.equal(complete('meseta', 'task', 'stats', 'comp'), id);
  assert.equal(complete('meseta', 'task', 'stats', '--sort', ''), 'cpu mem disk net');
  assert.ok(!existsSync(path.join(home, 'ran')), 'an id was expanded');
  assert.deepEqual(complete('meseta', 'files', 'ls', '--agent', '').split(' ').length, 2);
  await on('task', 'kill', id);
});

test('zsh reads its completion', needs.program('zsh', 'see .ci/packages'), async () => {
  const home = await installed('zsh', 'functions', '_meseta');
  const script =
    'fpath=(~/functions $fpath); autoload -Uz compinit; compinit -D -u; print $_comps[meseta]; . ~/functions/_meseta';
  assert.equal(inShell(home, ['zsh', '-f', '-c', script]), '_meseta');
});

const interactive: { shell: string; argv: string; place: string[]; start: string }[] = [
  { shell: 'bash', argv: 'bash --norc -i', place: ['completion'], start: '. ~/completion' },
  {
    shell: 'zsh',
    argv: 'zsh -f -i',
    place: ['functions', '_meseta'],
    start: 'fpath=(~/functions $fpath); autoload -Uz compinit; compinit -D -u',
  },
];
for (const { shell, argv, place, start } of interactive) {
  test(`the tabulator key in ${shell} completes`, needs.program(shell, 'see .ci/packages'), async t => {
    const home = await installed(shell, ...place);
    mkdirSync(path.join(home, 'some directory'));
    const PATH = `${home}:${process.env.PATH}`;
    const terminal = new Terminal(`exec ${argv}`, { PATH, HOME: home, MESETA_MASTER: cluster.master });
    t.after(() => terminal.close());
    await terminal.shows(/[$#%] /);
    terminal.type(`${start}; echo lo''aded\n`);
    await terminal.shows(/loaded/);
    const completes = async (line: string, pattern: RegExp) => {
      terminal.type(line);
      await terminal.shows(pattern);
      terminal.type('\x15'); // takes the line away
    };
    // zsh writes '=' bold, because it goes when a space follows; bash rings the bell when there are several ids. Where a line is as long
    // as the terminal is wide, the rest of an id is not written in one piece.
    await completes('meseta agent --recovery_t\t', /meseta agent --recovery_timeout(.\[1m)?=/);
    await completes('meseta agent drain --max\t10m \t', /10m .?[0-9a-f]{8}-[0-9a-f]{4}-/);
    await completes('meseta registry copy ~/some\t', /~\/some\\ directory/);
  });
}

test('fish completes commands, options, flags and ids', needs.program('fish', 'see .ci/packages'), async () => {
  const home = await installed('fish', '.config', 'fish', 'completions', 'meseta.fish');
  const complete = (line: string) =>
    inShell(home, ['fish', '-c', `complete -C '${line}'`])
      .split('\n')
      .map(each => each.split('\t')[0]);
  assert.deepEqual(complete('meseta fra').sort(), ['framework', 'frameworks']);
  assert.deepEqual(complete('meseta task ').sort(), ['attach', 'exec', 'inspect', 'kill', 'logs', 'shell', 'stats']);
  assert.deepEqual(complete('meseta run --det'), ['--detach']);
  assert.deepEqual(complete('meseta agent --work_d'), ['--work_dir='], 'the value of a flag follows =');
  assert.deepEqual(complete('meseta agent --work_dir=/de').slice(0, 1), ['--work_dir=/dev/']);
  assert.ok(!complete('meseta agent ').some(each => each?.startsWith('-')), 'flags only after a dash');
  assert.deepEqual(complete('meseta agent d').sort(), ['deactivate', 'drain']);
  assert.deepEqual(complete('meseta agent drain --max'), ['--max-grace-period']);
  assert.equal(complete('meseta agent drain ').length, 2, 'ids of agents');
  const id = (await on('run', '-d', '-n', 'fished', 'exec sleep 1000')).stdout.trim();
  assert.deepEqual(complete('meseta task kill fished'), [id]);
  assert.deepEqual(complete('meseta task stats fished'), [id]);
  await on('task', 'kill', id);
});

test('MESETA_SEMI_SPACE_MB sets how much a master collects at once, and must be a number', () => {
  const start = (value: string, command: string) => {
    const env = { ...process.env, MESETA_SEMI_SPACE_MB: value };
    return spawnSync('sh', ['meseta', command, '--help'], {
      cwd: new URL('..', import.meta.url),
      env,
      encoding: 'utf8',
    });
  };
  for (const command of ['master', 'local']) assert.equal(start('32', command).status, 0);
  for (const value of ['0', '-1', '1.5', 'x', '8 --version']) {
    const { status, stdout, stderr } = start(value, 'master');
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /^meseta: MESETA_SEMI_SPACE_MB is '.*'; it must be a number of MB above 0, such as 32\n$/);
  }
  assert.equal(start('x', 'agent').status, 0);
});
