/**
 * Code blocks of Markdown files, with what their fences say about how to try them: words after the language, which readers
 * of the rendered page do not see.
 *
 *     ```json file=/etc/meseta/modules.json     is written there, for the blocks that follow
 *     ```json as=TaskInfo                       is (a part of) that message, or of any other type of @meseta/protocol
 *     ```sh background until="listening"        runs on while others run; the next one waits for that in its output
 *     ```sh stop                                before it, what runs in the background is interrupted, as by Ctrl-C
 *     ```sh not-run="needs a second machine"    cannot be tried, and why
 */
import { readFileSync } from 'node:fs';

export interface Block {
  /** `docs/quick-start.md:12`. */
  readonly place: string;
  readonly language: string;
  readonly text: string;
  /** Where it is written to. */
  readonly file?: string;
  /** A type of @meseta/protocol. */
  readonly as?: string;
  readonly background: boolean;
  /** What a block in the background prints when it is ready: an extended regular expression. */
  readonly until?: string;
  readonly stop: boolean;
  /** Why it cannot be tried. */
  readonly notRun?: string;
}

const fence = /^( *)```([^\n`]*)\n(.*?)^\1```$/gms;
const word = /([a-z-]+)(?:=(?:"([^"]*)"|'([^']*)'|(\S+)))?/g;
const words = new Set(['file', 'as', 'background', 'until', 'stop', 'not-run']);

/** @param path of the Markdown file. @throws when a fence says something that is not understood. */
export function readBlocks(path: string, root: string): Block[] {
  const markdown = readFileSync(`${root}/${path}`, 'utf8');
  return [...markdown.matchAll(fence)].map(match => {
    const [, indentation = '', info = '', body = ''] = match;
    const place = `${path}:${markdown.slice(0, match.index).split('\n').length}`;
    const [language = '', ...rest] = info.trim().split(' ');
    const said = new Map(
      [...rest.join(' ').matchAll(word)].map(([, name = '', ...value]) => [
        name,
        value.find(each => each !== undefined),
      ]),
    );
    for (const name of said.keys()) if (!words.has(name)) throw new Error(`${place}: '${name}' is not understood`);
    const optional = (name: string, key: keyof Block) => {
      const value = said.get(name);
      return value === undefined ? {} : { [key]: value };
    };
    return {
      place,
      language,
      text: body.replaceAll(new RegExp(`^${indentation}`, 'gm'), ''),
      background: said.has('background'),
      stop: said.has('stop'),
      ...optional('file', 'file'),
      ...optional('as', 'as'),
      ...optional('until', 'until'),
      ...optional('not-run', 'notRun'),
    };
  });
}

/** One command of a `console` block with what is shown below it. */
export interface Shown {
  readonly command: string;
  readonly output: string;
}

/** Commands begin with `$ `, and go on in lines that begin with `> `. */
export function readConsole(text: string): Shown[] {
  const shown: { command: string; output: string }[] = [];
  for (const line of text.trimEnd().split('\n')) {
    const last = shown.at(-1);
    if (line.startsWith('$ ')) shown.push({ command: line.slice(2), output: '' });
    else if (!last) throw new Error(`a console block begins with '$ ', not with '${line}'`);
    else if (line.startsWith('> ') && last.output === '') last.command += `\n${line.slice(2)}`;
    else last.output += `${line}\n`;
  }
  return shown;
}

/**
 * What a shown output stands for: `…` in a line is any text, a line that is nothing else any number of lines; any run of
 * spaces is one, for columns get wider with what is in them.
 */
export function outputPattern(output: string): RegExp {
  const lines = output.split('\n').slice(0, -1);
  const patterns = lines.map(line => {
    if (line.trim() === '…') return '(?:.*\\n)*?';
    const escaped = line.trimEnd().replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return `${escaped.replaceAll('…', '.*').replaceAll(/ +/g, ' +')} *\\n`;
  });
  return new RegExp(`^${patterns.join('')}$`);
}

/** Whether a block has commands that are run. */
export const isShell = ({ language, notRun }: Block): boolean =>
  /^(sh|console)$/.test(language) && notRun === undefined;
