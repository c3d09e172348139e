/** `npm run chaos`: see `usage`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { needsZooKeeper } from '@meseta/storage/testing';
import { CutNetwork, inOwnNetwork, needs } from '@meseta/system/testing';
import { faultsByChance } from '../tests/support/chaos/chance.ts';
import { chaos } from '../tests/support/chaos/run.ts';

const usage = `Usage: npm run chaos -- [--minutes N] [--seed S] [--keep]

Runs a cluster of processes (ZooKeeper, masters, agents, frameworks), kills, stops and ends them by chance, and checks
afterwards that no task, status, resource or change of the registry was lost or doubled. For root, each process has a
network of its own, and the connections between them are cut, too.

  --minutes N  how long faults happen (default: 1)
  --seed S     a whole number that chooses the faults (default: by chance). Their moments differ from run to run
  --keep       keeps the directory of the cluster, with the logs of all daemons
  -h, --help   says this

Exit status: 0 when nothing is wrong, 1 when something is, 2 for wrong options, 3 when ZooKeeper has lost data and the
masters have refused to lead over that (its fault; what needs a leader is not checked then).`;

/** Ends with code 2. */
function refuse(message: string): never {
  console.error(`chaos: ${message}`);
  process.exit(2);
}

function read() {
  try {
    const options = {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    } as const;
    return parseArgs({ options }).values;
  } catch (error) {
    return refuse(`${(error as Error).message.split(/[.\n] ?/)[0]}; --help lists what is allowed`);
  }
}

const { minutes: minutesText, seed: seedText = `${Math.floor(Math.random() * 1e6)}`, keep, help } = read();
const [minutes, seed] = [Number(minutesText), Number(seedText)];
if (help) {
  console.log(usage);
  process.exit(0);
}
if (!(minutes > 0 && minutes <= 24 * 60) || minutesText === '')
  refuse(`--minutes is a number above 0, 1440 at most, not '${minutesText}'`);
if (!Number.isSafeInteger(seed) || seed < 0 || seedText === '')
  refuse(`--seed is a whole number from 0 on, not '${seedText}'`);
if (needsZooKeeper.skip !== false) refuse(needsZooKeeper.skip);

/** In the environment of the process that has a network of its own. */
const isApart = process.env.MESETA_CHAOS_IN_NETWORK !== undefined;
const canCut = [
  needs.root('networks are made'),
  needs.namespaces('it has a network of its own'),
  needs.program('iptables', 'the Debian package iptables'),
].every(({ skip }) => skip === false);
if (canCut && !isApart) process.exit(await runApart());

/** Runs this once more with a network of its own. @returns its exit status. */
async function runApart(): Promise<number> {
  const [program = '', ...words] = [...inOwnNetwork, process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const env = { ...process.env, MESETA_CHAOS_IN_NETWORK: '1' };
  const child = spawn(program, words, { stdio: 'inherit', env });
  // A terminal sends its signals to both.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 130;
}

const cleanUps: (() => void | Promise<void>)[] = [];
const scope = { after: (cleanUp: () => void | Promise<void>) => void cleanUps.unshift(cleanUp) };
async function cleanUp(): Promise<void> {
  for (const each of cleanUps.splice(0)) await each();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void cleanUp().then(() => process.exit(130)));

const startedAt = performance.now();
const report = (line: string) =>
  console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(7)} s  ${line}`);
report(`seed ${seed}`);
try {
  const { violations, ...counts } = await chaos(scope, {
    ...{ seed, report, keep, disturb: faultsByChance(seed, minutes * 60_000) },
    ...(isApart && { network: await CutNetwork.make() }),
  });
  report(JSON.stringify(counts));
  for (const { kind, what } of violations) console.log(`${kind}: ${what}`);
  const isZooKeepers = violations.length > 0 && violations.every(({ kind }) => kind === 'lost by ZooKeeper');
  if (violations.length === 0) report('nothing is wrong');
  else if (isZooKeepers)
    report('ZooKeeper lost data, and the masters refused to lead over that; nothing else is wrong');
  else report(`${violations.length} violations; repeat with --seed ${seed}`);
  process.exitCode = violations.length === 0 ? 0 : isZooKeepers ? 3 : 1;
} finally {
  await cleanUp();
}
