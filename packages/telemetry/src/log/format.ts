/** Formats log lines in two forms. Both take exactly one line, whatever the values contain. */
import { DecodeError, excerpt } from '@meseta/protocol';
import { systemProblem } from '@meseta/system/system-problem';
import { isSecretName, redact, redacted } from './redact.ts';

/** The severities of glog. Verbose lines (levels 1 and up) are INFO lines that are normally not logged. */
export type Severity = 'INFO' | 'WARNING' | 'ERROR' | 'FATAL';

/** The fields of a line. Ids have Mesos's names, so that a search for an id finds all lines about it. */
export type Fields = Readonly<Record<string, unknown>>;

/** One line to log. */
export interface Entry {
  readonly severity: Severity;
  /** 0, or the verbosity level from which the line is logged. */
  readonly verbosity: number;
  readonly time: Date;
  readonly component: string;
  readonly message: string;
  readonly fields: Fields;
}

// Line breaks could forge lines, and escapes could control terminals; both can occur in a task's name.
const control = /[\p{Cc}\u2028\u2029]/gu;
const escapes: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Nearly all messages have only these characters, which need no escapes. */
const ascii = /^[ -~]*$/;

/** Most texts, such as ids, states and addresses, have only these characters, which need no escapes or quotes. */
const plain = /^[\w./:,;@%+~()[\]'*-]+$/;

/**
 * The maximum length of a message or a field, which may contain input of any length. Longer than every text of Meseta,
 * all flags of a daemon included.
 */
const longestText = 8 * 1024;

function oneLine(text: string): string {
  return text.replace(control, char => escapes[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Formats an error and its causes: `Cannot write: ENOSPC: no space left on device`. */
function errorChain(error: Error): string {
  const messages: string[] = [];
  for (let each: unknown = error; each instanceof Error && messages.length < 8; each = each.cause) {
    const text = each.message || each.name;
    // Many messages contain that of their cause, or the system's words for it.
    const forms = [text, systemProblem(each) || text];
    if (!forms.some(form => messages.some(message => message.includes(form)))) messages.push(text);
    if (each instanceof DecodeError) break; // its cause is a library's error about the same problem
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

/** The time of the previous line, from month to second, which most lines share with it. */
let latest: { second: number; text: string } = { second: Number.NaN, text: '' };

function toSecond(time: Date): string {
  const second = Math.floor(time.getTime() / 1000);
  if (second !== latest.second) {
    const date = `${two(time.getMonth() + 1)}${two(time.getDate())}`;
    latest = { second, text: `${date} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}` };
  }
  return latest.text;
}

/** Results by field name. Field names come from the code, so there are only a few dozen. */
const secretNames = new Map<string, boolean>();

function isSecretField(name: string): boolean {
  let secret = secretNames.get(name);
  if (secret === undefined) {
    secret = isSecretName(name);
    if (secretNames.size < 1000) secretNames.set(name, secret);
  }
  return secret;
}

/**
 * Formats a line for the console, `I1121 04:54:31.123 master] Registered agent agent_id=…`: glog's prefix (local time),
 * then component, message and fields.
 */
export function consoleLine({ severity, time, component, message, fields }: Entry): string {
  const text = message.length <= longestText && ascii.test(message) ? message : oneLine(excerpt(message, longestText));
  let line = `${severity[0]}${toSecond(time)}.${String(time.getMilliseconds()).padStart(3, '0')} ${component}] ${text}`;
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

/** Formats an entry in JSON with its long values shortened. */
function longJson(fields: object, head: Readonly<Record<string, unknown>>): string {
  const shown = Object.entries({ ...fields, ...head }).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value, jsonValue);
    return [name, (text ?? '').length <= longestText ? value : excerpt(text, longestText)];
  });
  return JSON.stringify(Object.fromEntries(shown), jsonValue);
}

/**
 * Formats a line as a JSON object: `time` (ISO 8601, UTC), `severity`, `component`, `message`, `verbosity` when it is
 * not 0, then the fields.
 */
export function jsonLine({ severity, verbosity, time, component, message, fields }: Entry): string {
  const head = { time: time.toISOString(), severity, component, message, ...(verbosity > 0 ? { verbosity } : {}) };
  const shown = redact(fields) as object;
  const line = JSON.stringify({ ...shown, ...head }, jsonValue);
  return `${line.length <= longestText ? line : longJson(shown, head)}\n`;
}
