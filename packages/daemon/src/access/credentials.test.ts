import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type CredentialsError, readCredential, readCredentials } from './credentials.ts';

const directory = mkdtempSync(join(tmpdir(), 'credentials-'));
after(() => rmSync(directory, { recursive: true }));

/** Part of every secret in these tests: it must not be in an error or a warning. */
const secret = 'hunter2';

function write(content: string | Buffer, mode = 0o600): string {
  const path = join(directory, 'file');
  rmSync(path, { force: true });
  writeFileSync(path, content, { mode });
  chmodSync(path, mode);
  return path;
}

const json = (...list: readonly unknown[]) => JSON.stringify({ credentials: list });
const one = { principal: 'agents', secret };

const several: readonly { name: string; content: string; read: readonly (readonly [string, string])[] }[] = [
  { name: 'JSON', content: json(one), read: [['agents', secret]] },
  { name: 'JSON with other fields', content: json({ ...one, note: 1 }), read: [['agents', secret]] },
  {
    name: 'a secret in base64 is a plain text',
    content: json({ ...one, secret: 'aHVudGVyMg==' }),
    read: [['agents', 'aHVudGVyMg==']],
  },
  {
    name: 'a principal with a space',
    content: json({ ...one, principal: 'two words' }),
    read: [['two words', secret]],
  },
  {
    name: 'lines',
    content: `agents ${secret}\n\nops\t${secret}3\r\n`,
    read: [
      ['agents', secret],
      ['ops', `${secret}3`],
    ],
  },
  { name: 'one line without its end', content: `agents ${secret}`, read: [['agents', secret]] },
  {
    name: 'the last of two secrets counts',
    content: json(one, { ...one, secret: 'other' }),
    read: [['agents', 'other']],
  },
];
for (const { name, content, read } of several) {
  test(`credentials: ${name}`, () => {
    const warnings: string[] = [];
    const credentials = readCredentials(write(content), {
      flag: '--credentials',
      warn: message => warnings.push(message),
    });
    assert.deepEqual([...credentials], read);
    assert.doesNotMatch(warnings.join('\n'), /hunter2/);
    assert.equal(
      warnings.some(warning => warning.includes('more than once')),
      name.includes('last of two'),
    );
  });
}

const wrong: readonly { name: string; content: string | Buffer; code: string; says: RegExp }[] = [
  { name: 'nothing', content: '', code: 'EMPTY', says: /^Credentials file must contain at least one credential/ },
  { name: 'white space', content: ' \n', code: 'EMPTY', says: /at least one credential/ },
  { name: 'an empty list', content: json(), code: 'EMPTY', says: /at least one credential/ },
  {
    name: 'broken JSON',
    content: `{"credentials":[\n{"principal":"a","secret":${secret}}]}`,
    code: 'INVALID',
    says: /^Invalid json format: .* at line 2 /,
  },
  {
    name: 'JSON that ends early',
    content: `{"credentials":[{"principal":"a","secret":"${secret}`,
    code: 'INVALID',
    says: /^Invalid json format/,
  },
  {
    name: 'one credential',
    content: JSON.stringify(one),
    code: 'INVALID',
    says: /it has no list 'credentials'; allowed: \{"credentials":/,
  },
  { name: 'a list', content: JSON.stringify([one]), code: 'INVALID', says: /it has no list 'credentials'/ },
  { name: 'no object', content: json(one, secret), code: 'INVALID', says: /credentials\[1\] is not an object/ },
  { name: 'no secret', content: json({ principal: 'a' }), code: 'INVALID', says: /credentials\[0\] has no 'secret'/ },
  { name: 'no principal', content: json({ secret }), code: 'INVALID', says: /credentials\[0\] has no 'principal'/ },
  {
    name: 'a number',
    content: json({ ...one, secret: 5 }),
    code: 'INVALID',
    says: /'secret' of credentials\[0\] is not a text/,
  },
  {
    name: 'an empty secret',
    content: json({ ...one, secret: '' }),
    code: 'INVALID',
    says: /'secret' of credentials\[0\] is empty/,
  },
  { name: 'a NUL', content: json({ ...one, secret: `${secret}\0` }), code: 'INVALID', says: /has a NUL character/ },
  {
    name: 'a long principal',
    content: json({ ...one, principal: 'a'.repeat(1025) }),
    code: 'INVALID',
    says: /longer than 1024 bytes/,
  },
  {
    name: 'a word too few',
    content: `a b\n${secret}\n`,
    code: 'INVALID',
    says: /Invalid credential format at line 2: it has 1 words/,
  },
  {
    name: 'a word too many',
    content: `a b ${secret}\n`,
    code: 'INVALID',
    says: /Invalid credential format at line 1: it has 3 words/,
  },
  {
    name: 'what is not UTF-8',
    content: Buffer.from([0x61, 0x20, 0xff]),
    code: 'UNREADABLE',
    says: /it is not valid UTF-8/,
  },
];
for (const { name, content, code, says } of wrong) {
  test(`credentials refuse ${name}`, () => {
    assert.throws(
      () => readCredentials(write(content), { flag: '--credentials', warn: () => undefined }),
      (error: CredentialsError) => {
        assert.equal(error.code, `CREDENTIALS_${code}`);
        assert.match(error.message, says);
        assert.match(error.message, /\/file'.*\(see --credentials flag\)$/s);
        assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)} ${error.cause}`, /hunter2/);
        return true;
      },
    );
  });
}

const ones: readonly { name: string; content: string; says?: RegExp }[] = [
  { name: 'JSON', content: JSON.stringify(one) },
  { name: 'a line', content: `agents ${secret}\n` },
  {
    name: 'nothing',
    content: '',
    says: /^CredentialsError: Empty credential file '.*file'.*\(see --credential flag\)$/,
  },
  { name: 'two lines', content: `agents ${secret}\na b`, says: /it has more than one line/ },
  { name: 'a list', content: json(one), says: /it has several credentials; allowed: \{"principal"/ },
  { name: 'no secret', content: '{"principal":"a"}', says: /it has no 'secret'/ },
];
for (const { name, content, says } of ones) {
  test(`one credential: ${name}`, () => {
    const read = () => readCredential(write(content), { flag: '--credential', warn: () => undefined });
    if (says === undefined) assert.deepEqual(read(), one);
    else assert.throws(read, says);
  });
}

test('warns when others may read or write the file', () => {
  const warnings = (mode: number) => {
    const all: string[] = [];
    readCredential(write(`agents ${secret}`, mode), { flag: '--credential', warn: message => all.push(message) });
    return all;
  };
  assert.deepEqual(warnings(0o640), []);
  for (const mode of [0o604, 0o602]) {
    assert.match(warnings(mode).join(), /^Permissions on credential file '.*' are too open/);
  }
});

test('does not wait for a FIFO, and says what is not there', () => {
  const path = join(directory, 'fifo');
  execFileSync('mkfifo', [path]);
  const options = { flag: '--credentials', warn: () => undefined };
  assert.throws(() => readCredentials(path, options), /Failed to read credentials file '.*fifo': .*is a FIFO/);
  assert.throws(() => readCredentials(directory, options), /is a directory/);
  assert.throws(() => readCredentials(join(directory, 'none'), options), /no such file or directory \(ENOENT\)/);
});
