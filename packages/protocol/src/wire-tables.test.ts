/** Holds the schema against the tables of Apache Mesos, field by field. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { enumTables } from './codec/gen/schema.ts';
import { findMessageType } from './testing/index.ts';

interface Row {
  kind: string;
  type: string;
  name: string;
  number: number;
  label: string;
  fieldType: string;
  notes: string;
}

function table(file: string): Row[] {
  const text = readFileSync(new URL(`../fixtures/${file}`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map(line => {
      const [kind = '', type = '', name = '', number = '', label = '', fieldType = '', notes = ''] = line.split('\t');
      return { kind, type, name, number: Number(number), label, fieldType, notes };
    });
}

const v1 = table('mesos-v1.tsv');
const v1Types = new Set(v1.map(row => row.type));

/**
 * Fields of ours that v1 does not have: the v0 agent's, the image that external containerizers had before 0.20, and what
 * agents and masters of Meseta tell each other of shared ports.
 */
const additions = new Set([
  'mesos.v1.AgentInfo.checkpoint',
  'mesos.v1.CommandInfo.container',
  'mesos.v1.master.Response.GetAgents.Agent.executor_use',
  'mesos.internal.MasterSlaveConnection.knows_shared_ports',
]);
/** Values of ours that enums of Mesos do not have. */
const addedValues: Readonly<Record<string, readonly string[]>> = {
  'mesos.v1.AgentInfo.Capability.Type': ['1000 SHARED_PORTS', '1001 PROXY_TOKENS'],
};

const agentWords = (text: string) =>
  text.replaceAll('slave', 'agent').replaceAll('Slave', 'Agent').replaceAll('SLAVE', 'AGENT');

/** The name under which we keep a v0 type: v1's where v1 has it. */
function ours(type: string): string {
  const evolved = agentWords(type.replace(/^mesos\./, 'mesos.v1.'));
  return v1Types.has(evolved) ? evolved : type;
}

function isMapEntry(rows: Row[]): boolean {
  return rows.some(row => row.notes.startsWith('map_entry'));
}

function checkTypes(rows: Row[], rename: (type: string) => string, words: (name: string) => string): number {
  const byType = Map.groupBy(rows, row => row.type);
  let checked = 0;
  for (const [type, fields] of byType) {
    if (isMapEntry(fields)) continue;
    if (fields[0]?.kind === 'enum') checkEnum(rename(type), fields, words);
    else checkMessage(rename(type), fields, byType, rename, words);
    checked++;
  }
  return checked;
}

function checkEnum(type: string, rows: Row[], words: (name: string) => string): void {
  const lines = rows.map(row => `${row.number} ${words(row.name)}`);
  assert.deepEqual(enumTables[type]?.split('\n').sort(), [...lines, ...(addedValues[type] ?? [])].sort(), type);
}

function checkMessage(
  type: string,
  rows: Row[],
  byType: Map<string, Row[]>,
  rename: (type: string) => string,
  words: (name: string) => string,
): void {
  const expected = rows
    .filter(row => row.kind === 'field')
    .map(row => {
      const entry = byType.get(row.fieldType);
      const value = entry && isMapEntry(entry) ? entry.find(field => field.name === 'value') : undefined;
      const label = value ? 'map' : row.label;
      return `${row.number} ${label} ${words(row.name)} ${rename((value ?? row).fieldType)}`;
    });
  const actual = (findMessageType(type)?.fields ?? assert.fail(`${type} is missing`))
    .filter(field => !additions.has(`${type}.${field.name}`))
    .map(field => `${field.number} ${field.label} ${field.name} ${field.message?.fullName ?? field.kind}`);
  const plain = (line: string) =>
    enumTables[line.slice(line.lastIndexOf(' ') + 1)] ? line.replace(/\S+$/, 'enum') : line;
  assert.deepEqual(actual.sort(), expected.map(plain).sort(), type);
}

test('every v1 message and enum is there, field by field', () => {
  const same = (text: string) => text;
  assert.ok(checkTypes(v1, same, same) > 300);
});

test('every v0 message that v1 does not have is there, field by field', () => {
  const rows = table('mesos-v0.tsv').filter(row => ours(row.type) === row.type);
  assert.ok(checkTypes(rows, ours, agentWords) > 180);
});

test('v0 messages are the bytes of their v1 counterparts', () => {
  // Known differences, each met where the message is read: the driver's SUBSCRIBE has a type of its own.
  const different = new Set(['mesos.scheduler.Call', 'mesos.scheduler.Call.Subscribe', 'mesos.master.Call.DrainAgent']);
  const rows = table('mesos-v0.tsv').filter(row => ours(row.type) !== row.type && !different.has(row.type));
  const without = rows.filter(row => !additions.has(`${ours(row.type)}.${row.name}`));
  assert.ok(checkTypes(without, ours, agentWords) > 300);
});

const external = table('mesos-containerizer-0.21.tsv');
const isExternal = (row: Row) => row.type.startsWith('mesos.containerizer.');

test('every message of external containerizers is there, field by field', () => {
  assert.equal(checkTypes(external.filter(isExternal), ours, agentWords), 7);
});

test('what a program of 2014 reads of a message, and says in one, has the bytes that we read and write', () => {
  const messages = ['TaskInfo', 'ExecutorInfo', 'Resource', 'ResourceStatistics', 'ContainerID', 'SlaveID'];
  const types = new Set<string>();
  const add = (type: string) => {
    if (types.has(type)) return;
    types.add(type);
    for (const { type: of, fieldType } of external) if (of === type) add(fieldType);
  };
  for (const name of messages) add(`mesos.${name}`);
  const renamed = (type: string) =>
    agentWords(type.replace(/^mesos\./, 'mesos.v1.').replace(/HealthCheck\.HTTP$/, 'HealthCheck.HTTPCheckInfo'));
  const rows = external.filter(({ type, kind }) => types.has(type) && kind === 'field');
  assert.ok(rows.length > 150);
  for (const { type, name, number, label, fieldType } of rows) {
    const field = findMessageType(renamed(type))?.byNumber[number];
    const place = `${type}.${name}`;
    assert.ok(field, place);
    assert.equal(field.name, agentWords(name), place);
    assert.equal(field.label === 'repeated', label === 'repeated', place);
    const kind = findMessageType(renamed(fieldType)) ? 'message' : fieldType.startsWith('mesos.') ? 'enum' : fieldType;
    assert.equal(field.kind, kind, place);
    if (field.message) assert.equal(field.message.fullName, renamed(fieldType), place);
  }
});
