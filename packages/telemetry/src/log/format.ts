/** The two forms of a log line. Both are one line whatever is in the values. */
import { DecodeError, excerpt } from '@meseta/protocol';
import { isSecretName, redact, redacted } from './redact.ts';

/** glog's severities. Verbose lines (levels 1 and up) are INFO lines that are normally off. */
export type Severity = 'INFO' | 'WARNING' | 'ERROR' | 'FATAL';

/** Anything that says more about a line. Ids go here, under their Mesos names, so that one grep finds a task's story. */
export type Fields = Readonly<Record<string, unknown>>;

/** One thing to log. */
export interface Entry {
  readonly severity: Severity;
  /** 0, or the verbosity level from which this line is shown. */
  readonly verbosity: number;
  readonly time: Date;
  readonly component: string;
  readonly message: string;
  readonly fields: Fields;
}

// Line breaks forge lines, escapes drive terminals; both can arrive in a task's name.
const control = /[\p{Cc}\u2028\u2029]/gu;
const escapes: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Most texts are of these alone, which need neither escapes nor quotes: ids, states, addresses. */
const plain = /^[\w./:,;@%+~()[\]'*-]+$/;

/** Of a message or a field: what others sent may be in it. Longer than any text of ours, all flags of a daemon included. */
const longestText = 8 * 1024;

function oneLine(text: string): string {
  return text.replace(control, char => escapes[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** An error and its causes: `Cannot write: ENOSPC: no space left on device`. */
function errorChain(error: Error): string {
  const messages: string[] = [];
  for (let each: unknown = error; each instanceof Error && messages.length < 8; each = each.cause) {
    const text = each.message || each.name;
    if (!messages.some(message => message.includes(text))) messages.push(text); // many name their cause themselves
    if (each instanceof DecodeError) break; // what follows are the words of a library about the same
  }
  return messages.join(': ');
}

function consoleValue(value: unknown): string {
  if (typeof value === 'string' && value.length <= longestText && plain.test(value)) return value;
  const whole =
    value instanceof Error
      ? errorChain(value)
      : typeof value === 'string'
        ? value
        : typeof value === 'object' && value !== null
          ? JSON.stringify(value)
          : String(value);
  const text = excerpt(whole, longestText);
  return text === '' || /[\s"=]/.test(text) ? JSON.stringify(text) : oneLine(text);
}

const two = (value: number) => String(value).padStart(2, '0');

/** Month to second of the line before, which most lines share with it. */
let latest: { second: number; text: string } = { second: Number.NaN, text: '' };

function toSecond(time: Date): string {
  const second = Math.floor(time.getTime() / 1000);
  if (second !== latest.second) {
    const date = `${two(time.getMonth() + 1)}${two(time.getDate())}`;
    latest = { second, text: `${date} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}` };
  }
  return latest.text;
}

/** Field names are those of the code, a few dozen. */
const secretNames = new Map<string, boolean>();

function isSecretField(name: string): boolean {
  let secret = secretNames.get(name);
  if (secret === undefined) {
    secret = isSecretName(name);
    if (secretNames.size < 1000) secretNames.set(name, secret);
  }
  return secret;
}

/** `I1121 04:54:31.123 master] Registered agent agent_id=…`: glog's head (local time), then component, message, fields. */
export function consoleLine({ severity, time, component, message, fields }: Entry): string {
  let line = `${severity[0]}${toSecond(time)}.${String(time.getMilliseconds()).padStart(3, '0')} ${component}] ${oneLine(excerpt(message, longestText))}`;
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined) continue;
    line += ` ${name}=${isSecretField(name) ? redacted : consoleValue(redact(value))}`;
  }
  return `${line}\n`;
}

function jsonValue(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  return { name, message, code: (value as NodeJS.ErrnoException).code, stack, cause };
}

/** A line of which only what is long in it is shown in part. */
function longJson(fields: object, head: Readonly<Record<string, unknown>>): string {
  const shown = Object.entries({ ...fields, ...head }).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value, jsonValue);
    return [name, (text ?? '').length <= longestText ? value : excerpt(text, longestText)];
  });
  return JSON.stringify(Object.fromEntries(shown), jsonValue);
}

/** One JSON object: `time` (ISO 8601, UTC), `severity`, `component`, `message`, `verbosity` when not 0, then the fields. */
export function jsonLine({ severity, verbosity, time, component, message, fields }: Entry): string {
  const head = { time: time.toISOString(), severity, component, message, ...(verbosity > 0 ? { verbosity } : {}) };
  const shown = redact(fields) as object;
  const line = JSON.stringify({ ...shown, ...head }, jsonValue);
  return `${line.length <= longestText ? line : longJson(shown, head)}\n`;
}
