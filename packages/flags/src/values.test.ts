import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, parseBytes } from './bytes.ts';
import { formatDuration, parseDuration } from './duration.ts';
import * as types from './types.ts';

const ignore = () => {};

const durations: [text: string, milliseconds: number, printed: string][] = [
  ['0ns', 0, '0ns'],
  ['1ns', 0.000001, '1ns'],
  ['1500ns', 0.0015, '1500ns'],
  ['1000us', 1, '1ms'],
  ['100ms', 100, '100ms'],
  ['1.5secs', 1500, '1500ms'],
  ['.5secs', 500, '500ms'],
  ['60secs', 60_000, '1mins'],
  ['90mins', 5_400_000, '90mins'],
  ['1.5hrs', 5_400_000, '90mins'],
  ['10days', 864_000_000, '10days'],
  ['2weeks', 1_209_600_000, '2weeks'],
  ['1000weeks', 604_800_000_000, '1000weeks'],
];
for (const [text, milliseconds, printed] of durations) {
  test(`duration ${text} is ${milliseconds} ms and printed ${printed}`, () => {
    assert.equal(parseDuration(text), milliseconds);
    assert.equal(formatDuration(milliseconds), printed);
  });
}

const badDurations: [text: string, message: RegExp][] = [
  ['', /^Invalid duration '': expecting a number and a unit, such as 5secs$/],
  ['10', /^Invalid duration '10': expecting a number and a unit, such as 5secs$/],
  ['secs', /^Invalid duration 'secs': expecting a number and a unit, such as 5secs$/],
  ['1sec', /^Unknown duration unit 'sec'; supported units are/],
  ['1 secs', /^Unknown duration unit ' secs'/],
  ['1SECS', /^Unknown duration unit 'SECS'/],
  ['-1secs', /^Invalid duration '-1secs': expecting a number and a unit, such as 5secs$/],
  ['1.2.3secs', /^Failed to convert '1.2.3' to number$/],
  ['99999999weeks', /^Argument out of the range/],
];
for (const [text, message] of badDurations) {
  test(`duration '${text}' is refused`, () => assert.throws(() => parseDuration(text), { message }));
}

test('negative durations are printed with a sign', () => assert.equal(formatDuration(-1500), '-1500ms'));

const sizes: [text: string, bytes: number, printed: string][] = [
  ['0B', 0, '0B'],
  ['1025B', 1025, '1025B'],
  ['4KB', 4096, '4KB'],
  ['2048mb', 2 ** 31, '2GB'],
  ['3TB', 3 * 2 ** 40, '3TB'],
];
for (const [text, bytes, printed] of sizes) {
  test(`size ${text}`, () => {
    assert.equal(parseBytes(text), bytes);
    assert.equal(formatBytes(bytes), printed);
  });
}
for (const text of ['', '5', '1.5GB', 'GB', '5XB', '-1B', '99999999999TB']) {
  test(`size '${text}' is refused`, () => assert.throws(() => parseBytes(text)));
}

const refused: [type: types.FlagType<unknown>, text: string][] = [
  [types.bool, 'yes'],
  [types.bool, 'TRUE'],
  [types.integer, '-1'],
  [types.integer, '1.0'],
  [types.integer, '5 '],
  [types.integer, '9007199254740993'],
  [types.number, 'NaN'],
  [types.number, '1e999'],
  [types.number, '-0.1'],
  [types.port, '65536'],
  [types.ip, 'localhost'],
  [types.percent, '50'],
  [types.percent, '101%'],
  [types.rate, '1'],
  [types.rate, '0/1mins'],
  [types.rate, '1/1mins/2'],
  [types.json, '[]'],
  [types.json, '{'],
  [types.json, '/no/such/file'],
];
for (const [type, text] of refused) {
  test(`${type.placeholder} '${text}' is refused`, () => assert.throws(() => type.parse(text, ignore)));
}

const taken: [type: types.FlagType<unknown>, text: string, value: unknown, printed: string][] = [
  [types.bool, '1', true, 'true'],
  [types.number, '0.80', 0.8, '0.8'],
  [types.percent, '12.5%', 0.125, '12.5%'],
  [types.list, 'a, b,,c', ['a', 'b', 'c'], 'a,b,c'],
  [types.rate, '1/10mins', { permits: 1, intervalMs: 600_000 }, '1/10mins'],
  [types.json, '{"a": 1}', { a: 1 }, '{"a":1}'],
  [types.path, 'file:///etc/x', '/etc/x', '/etc/x'],
  [types.ip, '::1', '::1', '::1'],
  [types.securePathOrValue, 'zk://u:p@h:1/m', { value: 'zk://u:p@h:1/m' }, 'zk://<redacted>@h:1/m'],
  [types.securePathOrValue, '127.0.0.1:5050', { value: '127.0.0.1:5050' }, '127.0.0.1:5050'],
];
for (const [type, text, value, printed] of taken) {
  test(`${type.placeholder} '${text}' is taken`, () => {
    assert.deepEqual(type.parse(text, ignore), value);
    assert.equal(type.format(type.parse(text, ignore)), printed);
  });
}
