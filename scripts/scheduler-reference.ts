/**
 * Makes the reference of the scheduler SDK from the doc comments of what `@meseta/scheduler/sdk` exports. It relies on the
 * format that `npm run format` gives to sources: declarations are not indented, members by two spaces.
 */
import { readFileSync } from 'node:fs';
import { SCHEDULER_FAILURES } from '../packages/scheduler/src/scheduler/errors.ts';

const source = new URL('../packages/scheduler/src/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, source), 'utf8');

interface Declaration {
  readonly kind: string;
  readonly name: string;
  readonly comment: string;
  /** The declaration up to its body, on one line. */
  readonly head: string;
  readonly members: readonly Member[];
}

interface Member {
  readonly name: string;
  readonly comment: string;
  readonly signature: string;
}

/** @param heading begins the page. */
export function schedulerReference(heading: string): string {
  const [classes, others] = [declarations(/^class$/), declarations(/^(?:interface|type|function)$/)];
  const first = classes.findIndex(({ name }) => name === 'Scheduler');
  classes.unshift(...classes.splice(first, 1));
  const rows = Object.entries(SCHEDULER_FAILURES).map(([code, action]) => `| \`${code}\` | ${action} |`);
  return `${heading}# Scheduler SDK

What \`@meseta/scheduler/sdk\` exports. [The guide](../writing-a-framework.md) explains how it is used; messages
such as \`Offer\` and \`TaskInfo\` are those of \`@meseta/protocol\`.

${classes.map(section).join('\n')}
## Options, handlers and functions

${others.map(section).join('\n').replaceAll(/^## /gm, '### ')}
## Errors

The codes of \`SchedulerError\`, and their actions.

| code | what to do |
|---|---|
${rows.join('\n')}
`;
}

/** Returns the exported declarations of some kinds in the files of the SDK, in the order of `sdk.ts`. */
function declarations(kinds: RegExp): Declaration[] {
  return exportsOf('sdk.ts')
    .flatMap(({ names, from }) => names.map(name => declaration(...homeOf(name, from))))
    .filter(({ kind }) => kinds.test(kind));
}

/** Returns the names that a file exports, by the file or the package that they are from. */
function exportsOf(path: string): { names: string[]; from: string }[] {
  const exports = read(path).matchAll(/^export (?:type )?\{([^}]*)\} from '(\.\/[^']+|@meseta\/\w+)';/gm);
  return [...exports].map(([, list = '', from = '']) => ({
    names: [...list.replaceAll(/\/\*.*?\*\/|\btype /g, '').matchAll(/\w+/g)].map(([name]) => name),
    from,
  }));
}

/** Returns the text of the file that declares a name, the name, and the file's path. */
function homeOf(name: string, from: string): [text: string, name: string, path: string] {
  if (from.startsWith('./')) return [read(from), name, from];
  const sources = from.replace('@meseta', '../..').concat('/src/');
  const inPackage = exportsOf(`${sources}index.ts`).find(({ names }) => names.includes(name));
  const path = sources + inPackage?.from;
  return [read(path), name, path];
}

function declaration(text: string, name: string, path: string): Declaration {
  const pattern = new RegExp(
    `/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\nexport (?:abstract |async )*(class|interface|type|function) (${name})\\b`,
  );
  const match = pattern.exec(text);
  if (!match) throw new Error(`${path}: '${name}' has no doc comment, or is nothing that the reference can show`);
  const [all, comment = '', kind = ''] = match;
  const rest = text.slice(match.index + all.length - name.length);
  const body = kind === 'type' ? '' : (/\{\n([\s\S]*?)^\}/m.exec(rest)?.[1] ?? '');
  return { kind, name, comment: wordsOf(comment), head: headOf(rest, kind), members: membersOf(body, kind) };
}

/** Returns a declaration without its body. */
function headOf(rest: string, kind: string): string {
  const end = kind === 'type' ? /;\n(?=\n|$)/ : kind === 'function' ? / \{\n/ : /\{\n/;
  return oneLine(rest.slice(0, end.exec(rest)?.index ?? rest.length));
}

/** Returns the public members that have a doc comment, and all of an interface. */
function membersOf(body: string, kind: string): Member[] {
  if (kind === 'function') return [];
  const members = body.matchAll(
    /^(?: {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)? {2}((?:(?:readonly|get|static|async) )*)([a-z]\w*|constructor)(\??[(:][\s\S]*?(?:;$| \{$))/gm,
  );
  return [...members].flatMap(([, comment, modifiers = '', name = '', rest = '']) => {
    if (comment === undefined && kind === 'class') return [];
    const words = modifiers.replaceAll(/readonly |async /g, '').replace('get ', '');
    const signature = oneLine(`${words}${name}${rest}`.replace(/;$| \{$/, '')).replace(
      '():',
      modifiers.includes('get ') ? ':' : '():',
    );
    return [{ name, comment: wordsOf(comment ?? ''), signature }];
  });
}

const oneLine = (text: string) =>
  text
    .replaceAll(/\s+/g, ' ')
    .replaceAll('( ', '(')
    .replaceAll(/,? \)/g, ')')
    .replaceAll(/(\w+): ([^,()]+) = [^,()]+/g, '$1?: $2') // a default
    .trim();

/** Returns the text of a doc comment in Markdown: its tags become a list. */
function wordsOf(comment: string): string {
  const lines = comment.split('\n').map(line => line.replace(/^\s*\*? ?/, '').trimEnd());
  const linked = lines
    .join('\n')
    .trim()
    .replaceAll('```ts', '```text')
    .replaceAll(/\{@link (?:\w+\.)?(\w+)\}/g, '`$1`');
  const [text = '', ...tagged] = linked.split(/\s*@(?=(?:param|returns|throws|see)\b)/);
  const list = tagged.map(each => `- ${each.replace('param', 'parameter').replaceAll('\n', '\n  ').trim()}`);
  return [text, list.join('\n')].filter(part => part !== '').join('\n\n');
}

function section({ kind, name, comment, head, members }: Declaration): string {
  const title = kind === 'function' || kind === 'type' ? `**\`${kind} ${head}\`**\n\n` : '';
  const list =
    kind === 'class'
      ? members.map(
          member => `**\`${member.signature.replace('constructor', `new ${name}`)}\`**\n\n${member.comment}\n`,
        )
      : members.map(member => `- \`${member.signature}\`${inItem(member.comment)}`);
  const tail = list.length > 0 ? `\n${list.join('\n')}\n` : '';
  return `## ${name}\n\n${title}${comment}\n${tail}`;
}

const inItem = (comment: string) =>
  comment === '' ? '' : ` — ${comment.replaceAll(/\.?\n+- /g, '; ').replaceAll(/\s+/g, ' ')}`;
