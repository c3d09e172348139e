/**
 * Runs the shell blocks of one guide, in their order, in one shell: in the checkout, on a machine of their own. That is a
 * set of namespaces in which nothing else listens and what is written anywhere is gone at the end, so that guides may show
 * the ports and directories that readers use.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Need, needs } from '@meseta/system/testing';
import { type Block, readConsole } from './blocks.ts';

/** What running a guide needs. */
export const ownMachine: Need = needs.namespaces('guides run on a machine of their own');

/** What came of one block. */
export interface Outcome {
  /** Standard output and error of each command of a `console` block, else of the whole block. */
  readonly outputs: readonly string[];
  /** Commands that failed, with their statuses. */
  readonly failures: string;
}

/** A guide that hangs is ended; the block that hung is the first that was not done. */
const limitMs = 400_000;

const machine = new URL('machine.sh', import.meta.url).pathname;

/**
 * @param directory for files of the run. @param cgroup a name for that of the machine, which the caller removes.
 * @returns an outcome for each block that ran.
 */
export async function runStory(
  blocks: readonly Block[],
  root: string,
  directory: string,
  cgroup: string,
): Promise<Map<Block, Outcome>> {
  const results = path.join(directory, 'results');
  for (const each of [results, path.join(directory, 'machine'), path.join(directory, 'bin')]) mkdirSync(each);
  const steps = blocks.map((block, index) => stepOf(block, path.join(results, String(index))));
  const program = path.join(directory, 'story.sh');
  writeFileSync(program, [prologue, ...steps].join('\n'));
  const argv = [machine, root, path.join(directory, 'machine'), 'bash', program];
  const env = {
    ...process.env,
    HOME: directory,
    MACHINE_CGROUP: cgroup,
    PATH: `${root}/node_modules/.bin:${path.dirname(process.execPath)}:${process.env.PATH}`,
  };
  const ended = await new Promise<string>(resolve => {
    execFile(
      'sh',
      argv,
      { env, maxBuffer: 2 ** 26, timeout: limitMs, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => resolve(`${stdout}${stderr}${error ? ` ${error.message}` : ''}`),
    );
  });
  const read = (index: number, suffix: string) => {
    try {
      return readFileSync(path.join(results, `${index}.${suffix}`), 'utf8');
    } catch {
      return undefined;
    }
  };
  return new Map(
    blocks.map((block, index): [Block, Outcome] => {
      const output = read(index, 'out') ?? '';
      const failures = read(index, 'failures') ?? `was not reached: ${ended}`;
      return [block, { outputs: block.language === 'console' ? output.split('\0').slice(0, -1) : [output], failures }];
    }),
  );
}

/** @param at where the step's files are, without the suffix. */
function stepOf(block: Block, at: string): string {
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  if (block.file) {
    writeFileSync(`${at}.file`, block.text, { mode: block.text.startsWith('#!') ? 0o755 : 0o644 });
    return `write ${quoted(at)} ${quoted(block.file)}`;
  }
  const script =
    block.language === 'console'
      ? readConsole(block.text)
          .map(({ command }) => `${command}\nstatus=$?; printf '\\0'; (exit $status)\n`)
          .join('')
      : block.text;
  writeFileSync(`${at}.sh`, script);
  const stop = block.stop ? 'stop; ' : '';
  if (block.background) return `${stop}background ${quoted(at)} ${quoted(block.until ?? '')}`;
  return `${stop}errors=; . ${quoted(`${at}.sh`)} >${quoted(`${at}.out`)} 2>&1 </dev/null; finish ${quoted(at)}`;
}

const prologue = `
set -m -E
trap 'errors="$errors$BASH_COMMAND: status $?
"' ERR
finish() { printf %s "$errors" >"$1.failures"; }
write() { mkdir -p "$(dirname "$2")" && cp "$1.file" "$2"; : >"$1.failures"; }
background() {
  (. "$1.sh") >"$1.out" 2>&1 </dev/null &
  until=$((SECONDS + 60))
  while [ $SECONDS -lt $until ]; do
    if grep -qE -- "$2" "$1.out"; then : >"$1.failures"; return; fi
    sleep 0.1
  done
  echo "waited in vain for $2" >"$1.failures"
}
stop() { for job in $(jobs -p); do kill -INT -- "-$job"; done; wait; }
`;
