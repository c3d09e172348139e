import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aclFields, authorizablePaths } from './acl-fields.ts';
import { AclsError, parseAcls } from './acls.ts';
import { aclsFlag } from './acls-flag.ts';

const any = { type: 'ANY' };
const none = { type: 'NONE' };
const rule = (objects: object = any) => ({ principals: any, users: objects });

const wrong: readonly { readonly acls: object; readonly message: string | RegExp }[] = [
  { acls: { permissive: 'no' }, message: `'permissive' is "no"; allowed: true or false` },
  { acls: { run_tasks: {} }, message: `'run_tasks' is {}; allowed: a list of rules` },
  { acls: { run_tasks: [1] }, message: `'run_tasks[0]' is 1; allowed: {"principals": …, "users": …}` },
  {
    acls: { run_tasks: [rule(), { principals: any }] },
    message: "'run_tasks[1].users' is missing. A rule needs 'principals' and 'users'",
  },
  {
    acls: { run_tasks: [{ principals: any, roles: any }] },
    message: "'run_tasks[0].users' is missing; it has 'roles'. A rule needs 'principals' and 'users'",
  },
  {
    acls: { run_tasks: [{ users: any }] },
    message: "'run_tasks[0].principals' is missing. A rule needs 'principals' and 'users'",
  },
  {
    acls: { run_tasks: [{ principals: ['a'], users: any }] },
    message: `'run_tasks[0].principals' is ["a"]; allowed: an object such as {"type": "ANY"} or {"values": ["name"]}`,
  },
  {
    acls: { run_tasks: [{ principals: { type: 'ALL' }, users: any }] },
    message: `'run_tasks[0].principals.type' is "ALL"; allowed: SOME, ANY, NONE`,
  },
  {
    acls: { run_tasks: [rule({ values: 'root' })] },
    message: `'run_tasks[0].users.values' is "root"; allowed: a list of texts`,
  },
  {
    acls: { run_tasks: [rule({ values: ['a', 7] })] },
    message: `'run_tasks[0].users.values[1]' is 7; allowed: a text`,
  },
  {
    acls: { view_flags: [{ principals: any, flags: { values: ['acls'] } }] },
    message: `'view_flags[0].flags' is {"values":["acls"]}; allowed: {"type": "ANY"} or {"type": "NONE"}`,
  },
  {
    acls: { get_endpoints: [{ principals: any, paths: { values: ['/flags'] } }] },
    message:
      /^Path: '\/flags' is not an authorizable path, in 'get_endpoints\[0\]\.paths\.values'; allowed: \/containers, /,
  },
  {
    acls: { view_framworks: [] },
    message:
      /^'view_framworks' is not known; did you mean view_frameworks\? It would be ignored and leave something open$/,
  },
  {
    acls: { run_tasks: [{ principals: { vales: ['ops'] }, users: any }] },
    message:
      "'run_tasks[0].principals.vales' is not known; did you mean values? It would be ignored and leave something open",
  },
  {
    acls: { run_tasks: [{ ...rule(), user: none }] },
    message: /^'run_tasks\[0\]\.user' is not known; did you mean users\?/,
  },
  { acls: { permisive: false }, message: /^'permisive' is not known; did you mean permissive\?/ },
  {
    acls: { shutdown_frameworks: [], teardown_frameworks: [] },
    message: "'shutdown_frameworks' is the old name of 'teardown_frameworks'; only one of them may be there",
  },
  { acls: { run_tasks: [rule({ values: ['x'.repeat(1e6), null] })] }, message: /values\[1\]' is null/ },
  { acls: { run_tasks: [rule('x'.repeat(1e6) as unknown as object)] }, message: /^.{1,400}$/ },
];

for (const { acls, message } of wrong) {
  test(`acls ${JSON.stringify(acls).slice(0, 80)} are refused`, () => {
    assert.throws(
      () => parseAcls(acls as Record<string, unknown>),
      (error: Error) => {
        assert.ok(error instanceof AclsError);
        if (typeof message === 'string') assert.equal(error.message, message);
        else assert.match(error.message, message);
        return true;
      },
    );
  });
}

test('older, former and unknown names are warned of', () => {
  const warnings: string[] = [];
  const list = [{ principals: any, framework_principals: { ...none, note: 'x' }, comment: 'ours' }];
  const source = { shutdown_frameworks: list, set_quotas: [{}], __proto__x: 1, comment: 'ours' };
  const { rules, permissive } = parseAcls(source, warning => warnings.push(warning));
  assert.equal(permissive, true);
  assert.deepEqual(rules, { teardown_frameworks: [{ principals: 'ANY', objects: 'NONE' }] });
  assert.deepEqual(warnings.length, 6);
  assert.match(warnings.join('\n'), /'shutdown_frameworks' is the old name of 'teardown_frameworks'/);
  assert.match(warnings.join('\n'), /'set_quotas' decides nothing any more.*'update_quotas'/);
  assert.match(warnings.join('\n'), /'comment' is not known and ignored/);
  assert.match(warnings.join('\n'), /'shutdown_frameworks\[0\]\.framework_principals\.note' is not known and ignored/);
  assert.match(warnings.join('\n'), /'shutdown_frameworks\[0\]\.comment' is not known and ignored/);
});

test('every field is read, and shown as it was given', () => {
  const source = Object.fromEntries(
    Object.entries(aclFields).map(([name, { objects }]) => [name, [{ principals: { values: ['p'] }, [objects]: any }]]),
  );
  const text = JSON.stringify({ permissive: false, ...source });
  const acls = aclsFlag.parse(text, assert.fail);
  assert.deepEqual(Object.keys(acls.rules), Object.keys(aclFields));
  for (const rules of Object.values(acls.rules)) {
    assert.deepEqual(rules, [{ principals: new Set(['p']), objects: 'ANY' }]);
  }
  assert.equal(aclsFlag.format(acls), text);
});

test('the values of ANY and NONE count for nothing; a list without type is SOME', () => {
  const paths = { values: [...authorizablePaths] };
  const { rules } = parseAcls({
    get_endpoints: [{ principals: { type: 'NONE', values: ['x'] }, paths }],
    view_flags: [{ principals: {}, flags: { type: 'ANY', values: ['x'] } }],
  });
  assert.deepEqual(rules, {
    get_endpoints: [{ principals: 'NONE', objects: new Set(authorizablePaths) }],
    view_flags: [{ principals: new Set(), objects: 'ANY' }],
  });
});
