import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeSearch, readPlace } from './place.ts';

const tabs = { overview: 'Overview', files: 'Files', terminal: 'Terminal' };

const cases: readonly (readonly [raw: Record<string, unknown>, place: object])[] = [
  [{}, { tab: 'overview', path: '', file: undefined, at: undefined, problems: [] }],
  [
    { tab: 'files', path: 'a/b', file: 7, at: 1024, sort: 'x' },
    { tab: 'files', path: 'a/b', file: '7', at: 1024, problems: [] },
  ],
  [
    { tab: 'no', at: '-1', file: 'a/b' },
    {
      ...{ tab: 'overview', path: '', file: undefined, at: undefined },
      problems: [
        "There is no tab 'no': there are overview, files, terminal",
        "'-1' is no place in a file: that is a whole number of bytes",
        "'a/b' is no name of a file in a directory",
      ],
    },
  ],
  [
    { tab: { x: 1 }, at: '99999999999999999999' },
    { problems: ["'99999999999999999999' is no place in a file: that is a whole number of bytes"] },
  ],
];
for (const [raw, place] of cases) {
  test(`the address of a task with ${JSON.stringify(raw)}`, () => {
    assert.partialDeepStrictEqual(readPlace(tabs, placeSearch(raw)), place);
  });
}
