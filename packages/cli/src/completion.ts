/** Scripts for shells that complete commands and options, made from the table of commands. */
import type { Command, Option } from './command.ts';

/** Words that may follow some words: commands and groups at first, then the second words of a group. */
function following(commands: readonly Command[], first: string): readonly { word: string; summary: string }[] {
  const found = new Map<string, string>();
  for (const { name, summary } of commands) {
    const [one = '', two] = name.split(' ');
    if (first === '') found.set(one, two === undefined ? summary : `${one} …`);
    else if (one === first && two !== undefined) found.set(two, summary);
  }
  return [...found].map(([word, summary]) => ({ word, summary }));
}

function groupsOf(commands: readonly Command[]): string[] {
  return [...new Set(commands.filter(({ name }) => name.includes(' ')).map(({ name }) => name.split(' ')[0] ?? ''))];
}

function optionsOf({ options }: Command): (Option & { name: string })[] {
  const help: Option = { type: 'boolean', short: 'h', help: 'Print help' };
  return Object.entries({ ...options, help }).map(([name, option]) => ({ name, ...option }));
}

/** Inside single quotes of a POSIX shell. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

function bash(commands: readonly Command[]): string {
  const words = (list: readonly string[]) => list.join(' ');
  const cases = commands.map(command => {
    const names = optionsOf(command).flatMap(({ name, short }) => [`--${name}`, ...(short ? [`-${short}`] : [])]);
    return `    ${quoted(command.name)}) options=${quoted(words(names))} ;;\n`;
  });
  const groups = groupsOf(commands).map(
    group => `    ${group}) words=${quoted(words(following(commands, group).map(({ word }) => word)))} ;;\n`,
  );
  const top = words([...following(commands, '').map(({ word }) => word), 'help']);
  return `# bash completion of meseta
_meseta() {
  local current=\${COMP_WORDS[COMP_CWORD]} first=\${COMP_WORDS[1]} words= options=
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted(top)} -- "$current"))
    return
  fi
  case $first in
${groups.join('')}  esac
  if [ -n "$words" ] && [ "$COMP_CWORD" -eq 2 ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  case "$first\${words:+ \${COMP_WORDS[2]}}" in
${cases.join('')}  esac
  case $current in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
    *) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _meseta meseta
`;
}

function zsh(commands: readonly Command[]): string {
  const colon = (text: string) => text.replaceAll(':', '\\:');
  const described = (list: readonly { word: string; summary: string }[]) =>
    list.map(({ word, summary }) => quoted(`${word}:${colon(summary)}`)).join(' ');
  const bracket = (text: string) => text.replace(/[[\]:\\]/g, '\\$&');
  const specs = (command: Command) =>
    optionsOf(command).flatMap(({ name, short, type, multiple, value, help }) => {
      const argument = type === 'string' ? `:${colon(value ?? 'VALUE')}:_files` : '';
      const spec = (flag: string, sign: string) =>
        quoted(`${multiple ? '*' : ''}${flag}${type === 'string' ? sign : ''}[${bracket(help)}]${argument}`);
      return [spec(`--${name}`, '='), ...(short ? [spec(`-${short}`, '+')] : [])];
    });
  const cases = commands.map(
    command => `    ${quoted(command.name)}) _arguments -s ${specs(command).join(' ')} '*: :_files' ;;\n`,
  );
  const groups = groupsOf(commands);
  return `#compdef meseta
_meseta() {
  local -a words_of
  if (( CURRENT == 2 )); then
    words_of=(${described([...following(commands, ''), { word: 'help', summary: 'Print help' }])})
    _describe command words_of
    return
  fi
  local name=$words[2]
  case $name in
${groups.map(group => `    ${group}) words_of=(${described(following(commands, group))}) ;;\n`).join('')}  esac
  if (( \${#words_of} )); then
    if (( CURRENT == 3 )); then
      _describe command words_of
      return
    fi
    name="$name $words[3]"
    shift words
    (( CURRENT-- ))
  fi
  shift words
  (( CURRENT-- ))
  case $name in
${cases.join('')}  esac
}
if [ "$funcstack[1]" = _meseta ]; then _meseta "$@"; else compdef _meseta meseta; fi
`;
}

function fish(commands: readonly Command[]): string {
  const text = (value: string) => `'${value.replace(/[\\']/g, '\\$&')}'`;
  const seen = (words: readonly string[]) => words.map(word => `__fish_seen_subcommand_from ${word}`).join('; and ');
  const groups = groupsOf(commands);
  const lines = [
    '# fish completion of meseta',
    ...[...following(commands, ''), { word: 'help', summary: 'Print help' }].map(
      ({ word, summary }) => `complete -c meseta -f -n __fish_use_subcommand -a ${word} -d ${text(summary)}`,
    ),
    ...groups.flatMap(group => {
      const second = following(commands, group);
      const none = second.map(({ word }) => word).join(' ');
      return second.map(
        ({ word, summary }) =>
          `complete -c meseta -f -n ${text(`${seen([group])}; and not __fish_seen_subcommand_from ${none}`)} -a ${word} -d ${text(summary)}`,
      );
    }),
    ...commands.flatMap(command =>
      optionsOf(command).map(({ name, short, type, help }) => {
        const flags = `-l ${name}${short ? ` -s ${short}` : ''}${type === 'string' ? ' -r' : ''}`;
        return `complete -c meseta -n ${text(seen(command.name.split(' ')))} ${flags} -d ${text(help)}`;
      }),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** By the shell's name. */
export const shells = { bash, zsh, fish } as const;
