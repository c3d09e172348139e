/** The keys of the web UI, and what they do. Pure. */
import { pages } from '../page-list.ts';

/** What a key asks for. */
export type KeyAction = { readonly type: 'help' | 'find' | 'filter' } | { readonly type: 'go'; readonly to: string };

/** A key with a modifier that is pressed, as browsers report it. */
export interface Press {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  /** Milliseconds, of any clock. */
  readonly timeStamp: number;
  /** The key goes into a field. */
  readonly isTyping: boolean;
}

/** Since when the next letter is the name of a page; undefined: it is none. */
export type Pending = number | undefined;

/** How long the letter of a page may take after `g`, in milliseconds. */
const LONGEST_MS = 1500;

/** All keys as they are listed for users. */
export const keyList: readonly (readonly [keys: string, does: string])[] = [
  ['Ctrl+K', 'find agents, frameworks, roles, tasks and pages'],
  ['?', 'list the keys'],
  ['/', 'go to the filter'],
  ['↓ ↑ or j k', 'in a table: go to the next row, to the one before'],
  ['Page up, Page down, Home, End', 'in a table: go further'],
  ['Enter', 'in a table: open the row, or tick its box'],
  ['← → ↑ ↓', 'on the map of agents and on plots: go to what is beside'],
  ['Ctrl+Shift+↑', 'in a terminal: leave it'],
  ['Escape', 'close a dialogue, leave the filter'],
  ...pages.map(({ key, title }) => [`g ${key}`, `go to ${title}`] as const),
];

/** Returns what a key asks for, and what the next one may go on with. */
export function pressed(pending: Pending, press: Press): [Pending, KeyAction | undefined] {
  const { key, ctrlKey, metaKey, altKey, timeStamp, isTyping } = press;
  if ((ctrlKey || metaKey) && !altKey && key.toLowerCase() === 'k') return [undefined, { type: 'find' }];
  if (isTyping || ctrlKey || metaKey || altKey) return [undefined, undefined];
  const page = pages.find(each => each.key === key);
  if (page && pending !== undefined && timeStamp - pending < LONGEST_MS)
    return [undefined, { type: 'go', to: page.to }];
  if (key === 'g') return [timeStamp, undefined];
  if (key === '?') return [undefined, { type: 'help' }];
  if (key === '/') return [undefined, { type: 'filter' }];
  return [undefined, undefined];
}
