import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { all, needs } from '../testing/index.ts';
import { DirectoryError, takeDirectory } from './directory.ts';

const flag = '--work_dir';
const modeOf = (path: string) => statSync(path).mode & 0o7777;

function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'directory-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

test('a directory is made with its mode, whatever the umask is', t => {
  const path = join(scratch(t), 'a/b/c');
  const umask = process.umask(0o077);
  try {
    assert.equal(takeDirectory({ flag, path, mode: 0o711 }), path);
  } finally {
    process.umask(umask);
  }
  assert.equal(modeOf(path), 0o711);
  assert.equal(modeOf(join(path, '..')), 0o755);
});

test('one that is there is closed on request only', t => {
  const path = scratch(t);
  chmodSync(path, 0o755);
  takeDirectory({ flag, path });
  assert.equal(modeOf(path), 0o755);
  takeDirectory({ flag, path, closes: true });
  assert.equal(modeOf(path), 0o700);
  chmodSync(path, 0o755);
  takeDirectory({ flag, path, closes: true, mode: 0o711 });
  assert.equal(modeOf(path), 0o711);
});

const refused: { name: string; make: (path: string) => void; says: RegExp; root?: true }[] = [
  {
    name: 'others may write to',
    make: path => mkdirSync(path) ?? chmodSync(path, 0o707),
    says: /mode 0707.*chmod go-w$/,
  },
  { name: 'is a file', make: path => writeFileSync(path, ''), says: /it is not a directory$/ },
  {
    name: 'another user made',
    make: path => mkdirSync(path) ?? chownSync(path, 1, 1),
    says: /belongs to the user with id 1/,
    root: true,
  },
  {
    name: "is another user's link",
    make: path => symlinkSync('/', path) ?? lchownSync(path, 1, 1),
    says: /a link that the user with id 1 made/,
    root: true,
  },
];
for (const { name, make, says, root } of refused) {
  test(`refuses one that ${name}`, root ? needs.root('it is made as another user') : {}, t => {
    const path = join(scratch(t), 'd');
    make(path);
    assert.throws(
      () => takeDirectory({ flag, path }),
      (error: Error) =>
        error instanceof DirectoryError && error.message.includes(`${flag} '${path}'`) && says.test(error.message),
    );
  });
}

const onTheWay: { name: string; make: (path: string) => void; says: RegExp; root?: true }[] = [
  {
    name: 'others may write to',
    make: path => mkdirSync(path) ?? chmodSync(path, 0o777),
    says: /which leads there, may be written to by others \(mode 0777\), who could put another directory in its place/,
  },
  {
    name: 'another user owns',
    make: path => mkdirSync(path) ?? chownSync(path, 1, 1),
    says: /which leads there, belongs to the user with id 1, who could put another directory in its place/,
    root: true,
  },
  {
    name: "is a link of another user's",
    make: path => symlinkSync('..', path) ?? lchownSync(path, 1, 1),
    says: /which leads there, is a link that the user with id 1 made/,
    root: true,
  },
];
for (const { name, make, says, root } of onTheWay) {
  test(
    `refuses one below one that ${name}, and makes nothing`,
    root ? needs.root('it is made as another user') : {},
    t => {
      const parent = join(scratch(t), 'parent');
      make(parent);
      for (const path of [join(parent, 'd'), join(parent, 'a/b')]) {
        assert.throws(
          () => takeDirectory({ flag, path }),
          ({ message }: Error) =>
            message.includes(`${flag} '${path}'`) && message.includes(`'${parent}'`) && says.test(message),
        );
        assert.ok(!existsSync(path));
      }
    },
  );
}

test('takes one below links of our own, and below directories where each renames only what is theirs', t => {
  const directory = scratch(t);
  mkdirSync(join(directory, 'shared'));
  chmodSync(join(directory, 'shared'), 0o1777);
  mkdirSync(join(directory, 'x'));
  symlinkSync('../shared', join(directory, 'x/link'));
  takeDirectory({ flag, path: join(directory, 'x/link/d') });
  assert.equal(modeOf(join(directory, 'shared/d')), 0o700);
});

test('what a link leads to is looked at as well', t => {
  const directory = scratch(t);
  mkdirSync(join(directory, 'open/d'), { recursive: true });
  chmodSync(join(directory, 'open'), 0o777);
  symlinkSync('open/d', join(directory, 'link'));
  const says = { message: new RegExp(`'${directory}/open', which leads there, may be written to by others`) };
  assert.throws(() => takeDirectory({ flag, path: join(directory, 'link') }), says);
});

test('links that lead in a circle', t => {
  const path = join(scratch(t), 'link');
  symlinkSync('link', path);
  assert.throws(() => takeDirectory({ flag, path: join(path, 'd') }), { message: /its links lead in a circle/ });
});

for (const path of ['/proc/x', '/proc/x/y', '/dev/null/x']) {
  test(`says what is wrong with ${path}`, () => {
    assert.throws(() => takeDirectory({ flag, path }), {
      code: 'DIRECTORY_UNUSABLE',
      message: new RegExp(`${flag} '${path}'`),
    });
  });
}

test(
  'in a user namespace, what users outside of it made is trusted where only root could have made it',
  all(needs.root('entries are made as another user'), needs.namespaces('users of outside have no id there')),
  t => {
    const closed = scratch(t);
    const open = join(closed, 'open');
    for (const directory of [closed, open]) {
      mkdirSync(directory, { recursive: true });
      mkdirSync(join(directory, 'theirs'));
      symlinkSync('/', join(directory, 'link'));
      chownSync(join(directory, 'theirs'), 1, 1);
      lchownSync(join(directory, 'link'), 1, 1);
    }
    chmodSync(open, 0o1777);
    const module = new URL('directory-trust.ts', import.meta.url).href;
    const script = `const { findDirectoryProblem } = await import(${JSON.stringify(module)});
for (const path of process.argv.slice(1)) console.log(findDirectoryProblem(path) ?? 'trusted')`;
    const paths = [closed, open].flatMap(each => [join(each, 'theirs/d'), join(each, 'link/nothing')]);
    const argv = ['--user', '--map-current-user', process.execPath, '--input-type=module', '-e', script, ...paths];
    const [first, second, third, fourth] = execFileSync('unshare', argv, { encoding: 'utf8' }).split('\n');
    assert.deepEqual([first, second], ['trusted', 'trusted']);
    assert.match(third ?? '', /theirs', which leads there, belongs to the user with id/);
    assert.match(fourth ?? '', /link', which leads there, is a link that the user with id/);
  },
);
