/**
 * Writes files of packages/protocol/src from proto/: `npm run proto`; with `--check` it only tells whether they agree.
 *
 * `gen/messages.ts` has an interface and a descriptor for every message and a union of names for every enum, all under the
 * names `typescriptName` makes. `codec/gen/schema.ts` has the field tables that the codec reads: one line a field,
 * `number label name type default`, where the label is `!` (required), `?` (optional), `*` (repeated) or `%` (map with
 * string keys), the type a scalar, `m:` with a message or `e:` with an enum, and the default, of few, not deprecated.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import protobuf from 'protobufjs';

const root = new URL('..', import.meta.url).pathname;
const directory = `${root}packages/protocol/src/`;
const heading = '// Generated from proto/ by scripts/generate-protocol.ts. Do not edit.\n\n';

/** Packages whose messages have names others have too (`Call`, `Event`) carry the package's name in front. */
const prefixes: [pkg: string, prefix: string][] = [
  ['mesos.v1.scheduler.', 'Scheduler'],
  ['mesos.v1.executor.', 'Executor'],
  ['mesos.v1.master.', 'Master'],
  ['mesos.v1.agent.', 'Agent'],
  ['mesos.v1.resource_provider.', 'ResourceProvider'],
  ['mesos.v1.maintenance.', 'Maintenance'],
  ['mesos.v1.quota.', ''],
  ['mesos.v1.allocator.', ''],
  ['mesos.v1.', ''],
  ['mesos.scheduler.', 'DriverScheduler'],
  ['mesos.resource_provider.registry.', 'ResourceProvidersRegistry'],
  ['mesos.internal.state.', 'State'],
  ['mesos.internal.slave.cni.spec.', 'Cni'],
  ['mesos.internal.slave.', ''],
  ['mesos.internal.', ''],
  ['mesos.seccomp.', ''],
  ['mesos.fetcher.', ''],
  ['mesos.slave.', ''],
  ['mesos.containerizer.', 'Containerizer'],
  ['mesos.', ''],
  ['docker.spec.v1.', 'DockerV1'],
  ['docker.spec.v2.', 'DockerV2'],
  ['docker.spec.v2_2.', 'DockerV22'],
  ['docker.spec.', 'Docker'],
  ['appc.spec.', 'Appc'],
  ['google.protobuf.', 'Protobuf'],
];

/** Messages whose `value` is an id of a kind (see packages/protocol/src/ids.ts). */
const idKinds: Record<string, string> = {
  'mesos.v1.FrameworkID': 'framework',
  'mesos.v1.OfferID': 'offer',
  'mesos.v1.AgentID': 'agent',
  'mesos.v1.TaskID': 'task',
  'mesos.v1.ExecutorID': 'executor',
  'mesos.v1.ContainerID': 'container',
  'mesos.v1.OperationID': 'operation',
};

const scalars: Record<string, string> = {
  string: 'string',
  bytes: 'string',
  bool: 'boolean',
  double: 'number',
  float: 'number',
  int32: 'number',
  int64: 'number',
  uint32: 'number',
  uint64: 'number',
};

function fullName(object: protobuf.ReflectionObject): string {
  return object.fullName.replace(/^\./, '');
}

function typescriptName(name: string): string {
  const [pkg, prefix] = prefixes.find(([start]) => name.startsWith(start)) ?? ['', ''];
  return prefix + name.slice(pkg.length).replaceAll('.', '');
}

function load(): protobuf.Root {
  const all = new protobuf.Root();
  const files = globSync('**/*.proto', { cwd: `${root}proto` }).sort();
  for (const file of files) {
    const text = readFileSync(`${root}proto/${file}`, 'utf8');
    protobuf.parse(text, all, { keepCase: true, alternateCommentMode: true });
  }
  const duration =
    'syntax = "proto3"; package google.protobuf; message Duration { int64 seconds = 1; int32 nanos = 2; }';
  protobuf.parse(duration, all, { keepCase: true });
  all.resolveAll();
  return all;
}

function* walk(namespace: protobuf.NamespaceBase): Generator<protobuf.Type | protobuf.Enum> {
  for (const object of namespace.nestedArray) {
    if (object instanceof protobuf.Type || object instanceof protobuf.Enum) yield object;
    if (object instanceof protobuf.Namespace) yield* walk(object);
  }
}

function typeOf(field: protobuf.Field): string {
  const idKind = field.name === 'value' && field.parent && idKinds[fullName(field.parent)];
  if (idKind) return `WireId<'${idKind}'>`;
  const resolved = field.resolvedType;
  const element = resolved ? typescriptName(fullName(resolved)) : (scalars[field.type] ?? field.type);
  if (field instanceof protobuf.MapField) return `Record<string, ${element}>`;
  return field.repeated ? `${element}[]` : element;
}

/** What a reader of the type must know and the type does not say. */
function fieldComment(field: protobuf.Field): string | undefined {
  const notes: string[] = [];
  if (field.type === 'bytes') notes.push('Base64.');
  const fallback = field.options?.default;
  if (fallback !== undefined) notes.push(`Default: ${fallback}.`);
  if (field.options?.deprecated) notes.push('@deprecated');
  return notes.length > 0 ? notes.join(' ') : undefined;
}

function declaration(object: protobuf.Type | protobuf.Enum): string {
  const name = typescriptName(fullName(object));
  const comment = object.comment ? `/** ${object.comment.replaceAll('\n', ' ')} */\n` : '';
  if (object instanceof protobuf.Enum) {
    const names = Object.keys(object.values).map(value => `  | '${value}'`);
    return `${comment}export type ${name} =\n${names.join('\n')};\n`;
  }
  const fields = object.fieldsArray.map(field => {
    const note = fieldComment(field);
    return `${note ? `  /** ${note} */\n` : ''}  ${field.name}${field.required ? '' : '?'}: ${typeOf(field)};\n`;
  });
  const body = fields.length > 0 ? `{\n${fields.join('')}}` : '{}';
  return `${comment}export interface ${name} ${body}\nexport const ${name}: MessageType<${name}> = messageType('${fullName(object)}');\n`;
}

function label(field: protobuf.Field): string {
  if (field instanceof protobuf.MapField) return '%';
  if (field.repeated) return '*';
  return field.required ? '!' : '?';
}

function kind(field: protobuf.Field): string {
  const resolved = field.resolvedType;
  if (!resolved) return field.type;
  return `${resolved instanceof protobuf.Enum ? 'e' : 'm'}:${fullName(resolved)}`;
}

function defaultOf(field: protobuf.Field): string {
  const fallback = field.options?.default;
  return fallback === undefined || field.options?.deprecated ? '' : ` ${fallback}`;
}

function table(object: protobuf.Type | protobuf.Enum): string {
  const lines =
    object instanceof protobuf.Enum
      ? Object.entries(object.values).map(([name, number]) => `${number} ${name}`)
      : object.fieldsArray.map(field => `${field.id} ${label(field)} ${field.name} ${kind(field)}${defaultOf(field)}`);
  return `  '${fullName(object)}': \`${lines.join('\n')}\`,\n`;
}

const objects = [...walk(load())];
const names = new Map<string, string>();
for (const object of objects) {
  const name = typescriptName(fullName(object));
  const other = names.get(name);
  if (other) throw new Error(`${other} and ${fullName(object)} would both be called ${name}`);
  names.set(name, fullName(object));
}

const types = objects.filter(object => object instanceof protobuf.Type);
const enums = objects.filter(object => object instanceof protobuf.Enum);
const outputs: Record<string, string> = {
  'gen/messages.ts': `${heading}import { type MessageType, messageType } from '../codec/schema.ts';\nimport type { WireId } from '../ids.ts';\n\n${objects.map(declaration).join('\n')}`,
  'codec/gen/schema.ts': `${heading}/** Field tables by full message name. */\nexport const messageTables: Readonly<Record<string, string>> = {\n${types.map(table).join('')}};\n\n/** Numbers and names by full enum name. */\nexport const enumTables: Readonly<Record<string, string>> = {\n${enums.map(table).join('')}};\n`,
};

const check = process.argv.includes('--check');
for (const [file, text] of Object.entries(outputs)) {
  if (!check) writeFileSync(directory + file, text);
  else if (readFileSync(directory + file, 'utf8') !== text) {
    console.error(`packages/protocol/src/${file} does not agree with proto/: run npm run proto`);
    process.exitCode = 1;
  }
}
if (!check) console.log(`${types.length} messages, ${enums.length} enums`);
