import { mesosVersion, productVersion } from '@meseta/system';
import type { Fields } from './format.ts';
import { redact, redactUrl } from './redact.ts';

/**
 * What a daemon logs at its start: versions, and its flags as one would type them. Secrets inside JSON values are
 * replaced.
 *
 * @param view flags as `ParsedFlags.view` gives them: the values of secret flags are not in it.
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
