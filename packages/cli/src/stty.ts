import { spawnSync } from 'node:child_process';

/** Changes the terminal that is standard input. Returns what is printed; undefined when it fails: the terminal is gone. */
export function stty(...argv: string[]): string | undefined {
  const { status, stdout } = spawnSync('stty', argv, { stdio: ['inherit', 'pipe', 'ignore'], encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}
