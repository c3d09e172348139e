/** How the values of `docker run`'s options are read. Each throws a `LaunchError` that says what is allowed. */
import { planError } from './plan-error.ts';

/** Reads a size in bytes, as `64m`. @param option names it in the error. */
export function sizeOf(option: string, value: string): number {
  const found = /^(\d+(?:\.\d+)?) ?([bkmgt]?)(?:i?b)?$/i.exec(value);
  if (!found) throw wrong(option, value, 'a number of bytes, or one with b, k, m, g or t, as 64m');
  const power = ['', 'k', 'm', 'g', 't'].indexOf((found[2] ?? '').toLowerCase().replace('b', ''));
  const bytes = Math.trunc(Number(found[1]) * 1024 ** power);
  if (!Number.isSafeInteger(bytes)) throw wrong(option, value, `at most ${Number.MAX_SAFE_INTEGER} bytes`);
  return bytes;
}

/** Reads a whole number; -1 often means no limit. */
export function integerOf(option: string, value: string): number {
  if (!/^-?\d{1,15}$/.test(value)) throw wrong(option, value, 'a whole number');
  return Number(value);
}

/** Reads a switch; one without a value is on. */
export function boolOf(option: string, value: string): boolean {
  const text = value.toLowerCase();
  if (['', 'true', '1', 't'].includes(text)) return true;
  if (['false', '0', 'f'].includes(text)) return false;
  throw wrong(option, value, 'true or false');
}

/** Splits `name=value`; without `=`, the value is empty. */
export function pairOf(option: string, value: string): readonly [name: string, value: string] {
  const at = value.indexOf('=');
  const name = at < 0 ? value : value.slice(0, at);
  if (name === '') throw wrong(option, value, 'NAME=VALUE');
  return [name, at < 0 ? '' : value.slice(at + 1)];
}

/** Returns the error of a value that an option does not take. */
export function wrong(option: string, value: string, allowed: string): Error {
  return planError(`The parameter '${option}' has the value '${value}'; allowed: ${allowed}`);
}
