import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type CredentialError, headersOf, readCredential } from './credential.ts';

const directory = mkdtempSync(join(tmpdir(), 'meseta-credential-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const file = join(directory, 'credential');

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

const taken: { name: string; content: string; authorization: string }[] = [
  {
    name: "Mesos's form",
    content: '{ "principal": "ops", "secret": "pä:ss" }\n',
    authorization: basic('ops:pä:ss'),
  },
  { name: 'an empty secret', content: '{"principal":"ops","secret":""}', authorization: basic('ops:') },
  { name: 'a line', content: 'ops s3cret\n', authorization: basic('ops:s3cret') },
  { name: 'a token in JSON', content: '{"token":"a.b-_.c="}', authorization: 'Bearer a.b-_.c=' },
  { name: 'a token alone', content: 'a.b.c\n', authorization: 'Bearer a.b.c' },
];
for (const { name, content, authorization } of taken) {
  test(`${name} is taken`, async () => {
    writeFileSync(file, content);
    assert.deepEqual(headersOf(await readCredential(file)), { Authorization: authorization });
  });
}

const refused: Record<string, string> = {
  'an empty file': '',
  'broken JSON': '{"principal":"ops","secret":"s3cret"',
  'no secret': '{"principal":"ops"}',
  'an empty principal': '{"principal":"","secret":"s3cret"}',
  'a principal that a header cannot carry': '{"principal":"o:ps","secret":"s3cret"}',
  'a secret and a token': '{"principal":"ops","secret":"s3cret","token":"t"}',
  'three words': 'ops my s3cret',
  'a token with a line break': '{"token":"s3cret\\r\\nHost: x"}',
};
for (const [name, content] of Object.entries(refused)) {
  test(`${name} is refused, without the secret in the message`, async () => {
    writeFileSync(file, content);
    await assert.rejects(readCredential(file), (error: CredentialError) => {
      assert.equal(error.code, 'CREDENTIAL_INVALID');
      assert.ok(error.message.includes(file));
      return !`${error.message}${error.stack}${error.cause}`.includes('s3cret');
    });
  });
}

test('a missing file is named', async () => {
  await assert.rejects(readCredential(join(directory, 'none')), /Cannot read the credential file '.*none'/);
});

test('without a credential there are no headers', () => assert.equal(headersOf(undefined), undefined));
