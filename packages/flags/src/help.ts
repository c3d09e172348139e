/** Makes texts from a flag table: `--help` for the terminal, Markdown for the documentation. Pure. */
import { defaultText, type Flag, type FlagTable } from './flag.ts';
import { wrap } from './wrap.ts';

function names(name: string, flag: Flag): string[] {
  const form = flag.type.boolean
    ? (each: string) => `--[no-]${each}`
    : (each: string) => `--${each}=${flag.type.placeholder}`;
  return [name, ...(flag.aliases ?? [])].map(form);
}

function notes(flag: Flag): string[] {
  const text = defaultText(flag);
  return [
    ...(flag.required ? ['Required.'] : []),
    ...(text === undefined || text === '' ? [] : [`Default: ${text}.`]),
    ...(flag.status === 'later' ? ['Not built yet: accepted only where it asks for nothing.'] : []),
    ...(flag.status === 'ignored' ? ['Accepted without effect.'] : []),
  ];
}

/** Returns what values of other flags set a flag to: `With --profile=small: 2.` */
function presetNotes(table: FlagTable): ReadonlyMap<string, string[]> {
  const notesOf = new Map<string, string[]>();
  for (const [name, { presets }] of Object.entries(table)) {
    for (const [value, preset] of Object.entries(presets ?? {})) {
      for (const [other, text] of Object.entries(preset)) {
        notesOf.set(other, [...(notesOf.get(other) ?? []), `With --${name}=${value}: ${text}.`]);
      }
    }
  }
  return notesOf;
}

function groups(table: FlagTable): Map<string, [string, Flag][]> {
  return Map.groupBy(Object.entries(table), ([, flag]) => flag.group ?? 'Other');
}

/**
 * Returns the `--help` text.
 *
 * @param usage the first line, such as `Usage: meseta master [flags]`.
 * @param columns the width of the terminal.
 */
export function helpText(table: FlagTable, usage: string, columns = 80): string {
  const indent = '      ';
  const width = Math.max(40, Math.min(columns, 120)) - indent.length;
  const introduction = wrap(
    'Every flag can be given as an environment variable too (MESOS_WORK_DIR for --work_dir); the command line wins. ' +
      'A value that begins with file:// is read from that file.',
    width + indent.length,
  );
  const lines = [usage, '', ...introduction];
  const presets = presetNotes(table);
  for (const [heading, flags] of groups(table)) {
    lines.push('', `${heading}:`);
    for (const [name, flag] of flags) {
      const [own = '', ...deprecated] = names(name, flag);
      lines.push(`  ${own}${deprecated.length > 0 ? ` (deprecated: ${deprecated.join(', ')})` : ''}`);
      lines.push(
        ...wrap([flag.help, ...notes(flag), ...(presets.get(name) ?? [])].join(' '), width).map(line => indent + line),
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Formats the table as Markdown: a section for each group, a row for each flag. */
export function flagsMarkdown(table: FlagTable): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('*', '\\*');
  const presets = presetNotes(table);
  const sections = [...groups(table)].map(([heading, flags]) => {
    const rows = flags.map(([name, flag]) => {
      const [own = '', ...deprecated] = names(name, flag);
      const old = deprecated.map(each => `<br>deprecated: \`${each}\``).join('');
      const standard = typeof flag.default === 'function' ? 'depends on the machine' : flag.default;
      const shown = flag.required ? '*required*' : standard ? cell(standard) : '';
      const status = flag.status === 'later' ? 'not built' : flag.status === 'ignored' ? 'no effect' : 'works';
      return `| \`${own.replaceAll('|', '\\|')}\`${old} | ${shown} | ${cell([flag.help, ...(presets.get(name) ?? [])].join(' '))} | ${status} |`;
    });
    return `## ${heading}\n\n| flag | default | meaning | state |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return sections.join('\n');
}
