import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { daemonAdmission, namesBeside } from './admission.ts';

test('names that the hosts file gives to this machine', () => {
  const hosts = [
    '127.0.0.1 localhost',
    '127.0.1.1\tWeb1.Example.org web1 # us',
    '10.0.0.1 other.example.org other',
    '0.0.0.0 ads.example # web1',
    '#10.0.0.2 old.example.org web1',
    '',
  ].join('\n');
  assert.deepEqual(namesBeside('web1', hosts), ['web1.example.org', 'web1']);
  assert.deepEqual(namesBeside('WEB1', hosts), ['web1.example.org', 'web1']);
  assert.deepEqual(namesBeside('127.0.0.1', hosts), []);
});

test('a daemon answers to its own names and to those its flags name', async () => {
  const admission = await daemonAdmission({ allowed_hosts: ['b.example'], allowed_origins: undefined }, 'a.example');
  const answers = (authority: string) =>
    admission.refusal({ method: 'GET', url: '/', authority, headers: {} }) === undefined;
  for (const name of ['a.example', 'b.example', hostname(), 'localhost', '10.0.0.1']) assert.ok(answers(name), name);
  assert.ok(!answers('c.example'));
});
