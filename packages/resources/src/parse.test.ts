import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agentResources } from './detect.ts';
import { parseResourceList } from './parse.ts';
import { Resources } from './resources.ts';
import { parseResources } from './testing/index.ts';

const texts: { text: string; role?: string; printed: string }[] = [
  { text: 'cpus:8;mem:8192;ports:[31000-32000]', printed: 'cpus:8; mem:8192; ports:[31000-32000]' },
  { text: ' cpus : 0.5 ; mem ( web ) : 1 024 ', printed: 'cpus:0.5; mem(reservations: [(STATIC,web)]):1024' },
  { text: 'zones:{a, b}', printed: 'zones:{a, b}' },
  { text: 'ports:[1-2, 3-4, 8-9]', printed: 'ports:[1-4, 8-9]' },
  { text: 'cpus:1', role: 'web', printed: 'cpus(reservations: [(STATIC,web)]):1' },
  { text: 'cpus(*):1', role: 'web', printed: 'cpus:1' },
  { text: 'cpus:1;cpus:2', printed: 'cpus:3' },
  { text: '', printed: '{}' },
  { text: 'cpus:1e1', printed: 'cpus:10' },
  { text: 'constructor:2;toString:{a}', printed: 'constructor:2; toString:{a}' },
  { text: '[{"name":"cpus","type":"SCALAR","scalar":{"value":2}}]', printed: 'cpus:2' },
  {
    text: '[{"name":"cpus","type":"SCALAR","scalar":{"value":2},"role":"web"}]',
    printed: 'cpus(reservations: [(STATIC,web)]):2',
  },
];
for (const { text, role, printed } of texts) {
  test(`reads '${text}'`, () => assert.equal(String(parseResources(text, role)), printed));
}

const problems: { text: string; message: string }[] = [
  { text: 'cpus', message: "Bad value for resources, missing or extra ':' in cpus" },
  { text: 'a:b:c', message: "Bad value for resources, missing or extra ':' in a:b:c" },
  { text: 'cpus(x:3', message: 'Bad value for resources, mismatched parentheses in cpus(x:3' },
  { text: 'cpus:eight', message: 'Bad type for resource cpus value eight type TEXT' },
  { text: 'cpus:-1', message: 'Bad type for resource cpus value -1 type TEXT' },
  { text: 'cpus:NaN', message: 'Bad type for resource cpus value NaN type TEXT' },
  { text: 'cpus:Infinity', message: 'Bad type for resource cpus value Infinity type TEXT' },
  { text: 'p:[1-2', message: 'Failed to parse resource p value [1-2 error Mismatched brackets' },
  { text: 'p:[1]', message: 'Failed to parse resource p value [1] error Expecting one or more "ranges"' },
  { text: 'p:[2-1]', message: 'Failed to parse resource p value [2-1] error Range 2-1 ends before it begins' },
  { text: 'p:[1,2]', message: 'Failed to parse resource p value [1,2] error Expecting one or more "ranges"' },
  { text: 'p:[-1-5]', message: 'Failed to parse resource p value [-1-5] error Expecting one or more "ranges"' },
  { text: 'p:[1-2]3-4', message: "Failed to parse resource p value [1-2]3-4 error Unexpected text after ']'" },
  { text: 'p:[1-2][3-4]', message: 'Failed to parse resource p value [1-2][3-4] error Expecting one pair of brackets' },
  { text: 'p:{a}b', message: "Failed to parse resource p value {a}b error Unexpected text after '}'" },
  { text: 'p:[1-x]', message: "Failed to parse resource p value [1-x] error Expecting non-negative integers in 'x'" },
  { text: 'p:{a,a}', message: "Resource 'p:{a}' is invalid: Invalid set resource: duplicated elements" },
  { text: 'cpus::8', message: "Bad value for resources, missing or extra ':' in cpus::8" },
  { text: 'cpus:', message: "Bad value for resources, missing or extra ':' in cpus:" },
  { text: 'cpus(x)y:3', message: 'Bad value for resources, mismatched parentheses in cpus(x)y:3' },
  { text: 'cpus):3', message: 'Bad value for resources, mismatched parentheses in cpus):3' },
  { text: '(x):3', message: 'Bad value for resources, no name in (x):3' },
  { text: 'c pus:3', message: 'Bad value for resources, blanks in the name in c pus:3' },
  { text: 'cpus:0.0004', message: "Resource 'cpus:0' is invalid: Invalid scalar resource: value <= 0" },
  { text: 'cpus:[1-2]', message: "Resource 'cpus:[1-2]' is invalid: cpus is a number" },
  { text: 'ports:5', message: "Resource 'ports:5' is invalid: ports is a list of ranges" },
  { text: 'ports:[1-70000]', message: "Resource 'ports:[1-70000]' is invalid: ports end at 65535" },
  { text: '[{"name":cpus}]', message: 'Bad JSON for resources: syntax error at line 1 near: cpus}]' },
  { text: '{}', message: 'Bad JSON for resources: expecting an array of resources' },
  {
    text: '[{"name":"ports","type":"RANGES","ranges":{"range":[{"begin":2,"end":1}]}}]',
    message: "Resource 'ports:[]' is invalid: Invalid ranges resource: begin > end",
  },
  { text: 'p:[a-b]', message: "Failed to parse resource p value [a-b] error Expecting non-negative integers in 'a'" },
  { text: 'x:1;x:{a}', message: "Resources with the same name ('x') but different types are not allowed" },
  {
    text: 'cpus(a b):1',
    message:
      "Resource 'cpus(reservations: [(STATIC,a b)]):1' is invalid: Role component 'a b' is invalid because it contains backspace or whitespace",
  },
  {
    text: '[{"name":"cpus","type":"SCALAR","scalar":{"value":2},"role":"r","reservation":{}}]',
    message:
      'Dynamic reservations cannot be specified at the command line; do not include a reservation with DYNAMIC type in the resources JSON',
  },
  {
    text: '[{"name":"cpus","type":"SCALAR","scalar":{"value":2},"revocable":{}}]',
    message:
      "Revocable resources cannot be specified at the command line; do not include a 'revocable' key in the resources JSON",
  },
];
for (const { text, message } of problems) {
  test(`refuses '${text}'`, () => assert.throws(() => parseResources(text), { message }));
}

test('the text form of what was read is read as the same', () => {
  const text = 'cpus:8;mem:8192.5;ports:[31000-32000, 33000-33000];zones:{a, b}';
  const printed = String(parseResources(text)).replaceAll('; ', ';');
  assert.ok(parseResources(printed).equals(parseResources(text)));
});

test('zeros are kept in the list', () => {
  assert.deepEqual(parseResourceList('cpus:0'), [{ name: 'cpus', type: 'SCALAR', scalar: { value: 0 } }]);
});

const gigabyte = 1024 ** 3;
const detected: { name: string; text: string; role?: string; machine: [number?, number?, number?]; printed: string }[] =
  [
    {
      name: 'leaves a gigabyte of memory and five of disk',
      text: '',
      machine: [4, 16 * gigabyte, 100 * gigabyte],
      printed: 'cpus:4; mem:15360; disk:97280; ports:[31000-32000]',
    },
    {
      name: 'leaves half of little',
      text: '',
      machine: [1, 1 * gigabyte, 4 * gigabyte],
      printed: 'cpus:1; mem:512; disk:2048; ports:[31000-32000]',
    },
    {
      name: 'does not look where the flag says something',
      text: 'cpus:0;mem:100;disk:0;ports:[1-2]',
      machine: [4, gigabyte, gigabyte],
      printed: 'mem:100; ports:[1-2]',
    },
    {
      name: 'has an answer where nothing is known',
      text: '',
      machine: [],
      printed: 'cpus:1; mem:1024; disk:10240; ports:[31000-32000]',
    },
    {
      name: 'reserves what it finds for the default role',
      text: 'mem:1;disk:1;ports:[1-1]',
      role: 'web',
      machine: [2],
      printed:
        'mem(reservations: [(STATIC,web)]):1; disk(reservations: [(STATIC,web)]):1; ports(reservations: [(STATIC,web)]):[1-1]; cpus(reservations: [(STATIC,web)]):2',
    },
  ];
for (const { name, text, role = '*', machine, printed } of detected) {
  test(`detection ${name}`, () => {
    const [cpus, memoryBytes, diskBytes] = machine;
    assert.equal(String(agentResources(text, role, { cpus, memoryBytes, diskBytes })), printed);
  });
}

test('an empty collection is one object', () => assert.equal(parseResources(''), Resources.empty));
