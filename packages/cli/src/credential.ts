/** The credential that this run of the command line sends to masters and agents. */
import { stat } from 'node:fs/promises';
import type { ClientAccess } from '@meseta/scheduler';
import type { Option } from './option.ts';
import { printable } from './table.ts';

/** The option of every command that has `--master`. */
export const credentialOption = {
  credential: {
    type: 'string',
    value: 'FILE',
    help: 'File with your principal and secret, or token, for a cluster that asks (default $MESETA_CREDENTIAL)',
  },
} as const satisfies Record<string, Option>;

/** There is one command in this process, so there is one credential. */
let given: string | undefined;
let loaded: ClientAccess = {};

/** Takes the file of `--credential`. */
export function useCredential(file: string): void {
  given = file;
}

/** Returns the file from the option or the environment; undefined: there is none. */
export function credentialFile(): string | undefined {
  return given ?? (process.env.MESETA_CREDENTIAL || undefined);
}

/**
 * Reads the credential, before the first client is made, and warns when others may read its file.
 *
 * @throws {CredentialError}
 */
export async function loadCredential(): Promise<ClientAccess> {
  const file = credentialFile();
  if (file === undefined) return loaded;
  const { readCredential } = await import('@meseta/scheduler'); // all commands load this file
  loaded = { credential: await readCredential(file) };
  const mode = await stat(file).then(
    stats => stats.mode,
    () => 0,
  );
  if ((mode & 0o007) !== 0) {
    const name = printable(file);
    process.stderr.write(`meseta: other users may read the credential in ${name}; 'chmod o= ${name}' ends that\n`);
  }
  return loaded;
}

/** Returns what clients are made with: nothing before {@link loadCredential}. */
export function clientAccess(): ClientAccess {
  return loaded;
}
