import { mesosVersion, productVersion } from '@meseta/system';
import type { Fields } from './format.ts';
import { redact, redactUrl } from './redact.ts';

/**
 * Returns the fields that a daemon logs when it starts: versions, and its flags as on a command line. Secrets inside
 * JSON values are replaced.
 *
 * @param view flags from `ParsedFlags.view`, which has no values of secret flags.
 */
export function startFields(view: Readonly<Record<string, string>>): Fields {
  const flags = Object.entries(view).map(([name, value]) => `--${name}=${printable(value)}`);
  return { version: productVersion, mesos_version: mesosVersion, flags: flags.join(' ') };
}

function printable(text: string): string {
  if (!/^[[{]/.test(text)) return redactUrl(text);
  try {
    return JSON.stringify(redact(JSON.parse(text)));
  } catch {
    return redactUrl(text);
  }
}
