import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type KeyAction, type Pending, type Press, pressed } from './shortcuts.ts';

const press = (key: string, of: Partial<Press> = {}): Press => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  timeStamp: 0,
  isTyping: false,
  ...of,
});

const cases: readonly { name: string; presses: readonly Press[]; action: KeyAction | undefined }[] = [
  { name: 'Ctrl+K finds', presses: [press('k', { ctrlKey: true })], action: { type: 'find' } },
  {
    name: 'Command+K finds, also from a field',
    presses: [press('k', { metaKey: true, isTyping: true })],
    action: { type: 'find' },
  },
  { name: 'a question mark helps', presses: [press('?')], action: { type: 'help' } },
  { name: 'a question mark in a field is text', presses: [press('?', { isTyping: true })], action: undefined },
  { name: 'a slash goes to the filter', presses: [press('/')], action: { type: 'filter' } },
  {
    name: 'g t goes to the tasks',
    presses: [press('g'), press('t', { timeStamp: 500 })],
    action: { type: 'go', to: '/tasks' },
  },
  {
    name: 'g and long afterwards t does nothing',
    presses: [press('g'), press('t', { timeStamp: 5000 })],
    action: undefined,
  },
  { name: 'g and an unknown letter does nothing', presses: [press('g'), press('x'), press('t')], action: undefined },
  { name: 'keys of the browser stay its own', presses: [press('t', { ctrlKey: true })], action: undefined },
];

for (const { name, presses, action } of cases) {
  test(name, () => {
    let pending: Pending;
    let last: KeyAction | undefined;
    for (const each of presses) [pending, last] = pressed(pending, each);
    assert.deepEqual(last, action);
  });
}
