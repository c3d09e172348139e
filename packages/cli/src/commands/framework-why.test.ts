import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explained } from './framework-why.ts';

const row = {
  agent_id: '2f7e-S0',
  hostname: 'web1',
  role: '*',
  refusals: [{ message: 'The framework declined these resources.' }],
};

test('reasons are a table where there is room', () => {
  const table = 'AGENT    HOST  ROLE  WHY\n2f7e-S0  web1  *     The framework declined these resources.\n';
  assert.equal(explained([row]), table);
  assert.equal(explained([row], 0), table);
  assert.equal(explained([row], 80), table);
});

test('reasons are paragraphs on a narrow terminal', () => {
  const text = 'web1 (2f7e-S0), role *\n  The framework declined\n  these resources.\n';
  assert.equal(explained([row], 26), text);
});
