/** Makes scripts that complete commands and options in shells, from the table of commands. */
import type { Command } from './command.ts';
import type { Option } from './option.ts';

/** Returns the possible next words: commands and groups at first, then the second words of a group. */
function following(commands: readonly Command[], first: string): readonly { word: string; summary: string }[] {
  const found = new Map<string, string>();
  for (const { name, summary } of commands) {
    const [one = '', two] = name.split(' ');
    if (first === '') found.set(one, two === undefined ? summary : (found.get(one) ?? `${one} …`));
    else if (one === first && two !== undefined) found.set(two, summary);
  }
  return [...found].map(([word, summary]) => ({ word, summary }));
}

function groupsOf(commands: readonly Command[]): string[] {
  return [...new Set(commands.filter(({ name }) => name.includes(' ')).map(({ name }) => name.split(' ')[0] ?? ''))];
}

/** Returns the groups that are commands, too, such as `agent`: their options follow the first word. */
function ownGroupsOf(commands: readonly Command[]): string[] {
  return groupsOf(commands).filter(group => commands.some(({ name }) => name === group));
}

type NamedOption = Option & { readonly name: string };

/** Returns the options of a command with `--help`, and the flags of a daemon, whose values must follow after `=`. */
function optionsOf({ options, flags }: Command): NamedOption[] {
  const help: Option = { type: 'boolean', short: 'h', help: 'Print help' };
  const own = Object.entries({ ...options, ...(flags ? {} : { help }) }).map(([name, option]) => ({ name, ...option }));
  const ofDaemon = Object.entries(flags ?? {})
    .filter(([, { status }]) => status !== 'later')
    .map(
      ([name, flag]) =>
        ({
          name,
          help: flag.help.split(/(?<=[.:]) /)[0] ?? '',
          type: flag.type.boolean ? 'boolean' : 'string',
        }) as const,
    );
  return [...own, ...ofDaemon];
}

/** The arguments with which `meseta` lists what a placeholder of arguments or of a value stands for. */
const idLists: Readonly<Record<string, string>> = {
  AGENT: 'agents -q',
  FRAMEWORK: 'frameworks -q',
  TASK: 'tasks -a -q',
  ROLE: 'roles -q',
  VOLUME: 'volume list -q',
};

/** The same for commands whose arguments stand for other things than the placeholder says elsewhere. */
const idListsOf: Readonly<Record<string, string>> = {
  'task kill': 'tasks -q',
  'task stats': 'tasks -q',
  'volume create': '',
  'quota remove': 'quota show -q',
  'maintenance schedule': 'agents -q',
  'maintenance update': 'maintenance show -q',
  'maintenance cancel': 'maintenance show -q',
  'maintenance start': 'maintenance show -q',
  'maintenance stop': 'maintenance show -q',
};

/**
 * Returns the arguments with which `meseta` lists the ids that a command takes as arguments; undefined when it takes
 * none.
 */
function idsOfWords({ name, arguments: words = '' }: Command): string | undefined {
  const [, placeholder = ''] = /^\[?([A-Z]+)/.exec(words) ?? [];
  const known = idListsOf[name] ?? idLists[placeholder];
  return known === '' ? undefined : known;
}

/** Returns the same for the value of an option. */
function idsOfOption({ name, value = '' }: NamedOption): string | undefined {
  return name === 'framework' ? 'frameworks -a -q' : idLists[value];
}

/** Returns the fixed arguments that a command takes. */
function choicesOf({ name, arguments: words = '' }: Command): string[] {
  return name === 'completion' ? words.split('|') : [];
}

/** Quotes a text for a POSIX shell with single quotes. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

function bash(commands: readonly Command[]): string {
  const words = (list: readonly string[]) => list.join(' ');
  const cases = commands.map(command => {
    const all = optionsOf(command);
    const sign = (type: string) => (command.flags && type === 'string' ? '=' : '');
    const forms = ({ name, short }: NamedOption) => [`--${name}`, ...(short ? [`-${short}`] : [])];
    const names = all.flatMap(option => forms(option).map(form => `${form}${sign(option.type)}`));
    const taking = all.filter(({ type }) => type === 'string' && !command.flags);
    const values = taking.map(option => {
      const ids = idsOfOption(option);
      const found = ids ? `ids=${quoted(ids)}` : `words=${quoted(words(option.choices ?? []))}`;
      return `      ${forms(option).join('|')}) kind=value ${found} ;;\n`;
    });
    const ids = idsOfWords(command);
    const rest = ids ? `ids=${quoted(ids)}` : `words=${quoted(words(choicesOf(command)))}`;
    return `    ${quoted(command.name)})
      options=${quoted(words(names))}
      case $previous in
${values.join('')}      *) ${rest} ;;
      esac ;;\n`;
  });
  const own = ownGroupsOf(commands);
  const groups = groupsOf(commands).map(
    group =>
      `    ${group}) words=${quoted(words(following(commands, group).map(({ word }) => word)))}${own.includes(group) ? ' own=1' : ''} ;;\n`,
  );
  const top = words([...following(commands, '').map(({ word }) => word), 'help']);
  return `# bash completion of meseta
# Ids come from others: they are never expanded, and those with characters that the shell knows are left out.
_meseta_ids() {
  local id master=() pattern=' (-m|--master)[ =]+([^ ]+)'
  [[ $COMP_LINE =~ $pattern ]] && master=(--master "\${BASH_REMATCH[2]}")
  while IFS= read -r id; do
    [[ $id == "$current"* && $id != *[!A-Za-z0-9._/-]* ]] && COMPREPLY+=("$id")
  done < <("\${COMP_WORDS[0]/#\\~/$HOME}" "$@" "\${master[@]}" 2>/dev/null </dev/null)
}
_meseta() {
  local current=\${COMP_WORDS[COMP_CWORD]} first=\${COMP_WORDS[1]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local words= options= ids= own= kind=word
  COMPREPLY=()
  if [ "$previous" = = ]; then previous=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if [ "$current" = = ]; then current=; fi
  if [[ $COMP_CWORD -eq 1 || $COMP_CWORD -eq 2 && $first == help ]]; then
    COMPREPLY=($(compgen -W ${quoted(top)} -- "$current"))
    return
  fi
  local name=$first at=1
  if [ "$first" = help ]; then first=\${COMP_WORDS[2]} at=2; fi
  case $first in
${groups.join('')}  esac
  if [[ -n $own && \${COMP_WORDS[at + 1]} == -* ]]; then words=; fi
  if [ -n "$words" ]; then
    if [ "$COMP_CWORD" -eq $((at + 1)) ]; then
      COMPREPLY=($(compgen -W "$words" -- "$current"))
      return
    fi
    name="$first \${COMP_WORDS[2]}" words=
  fi
  if [ "$at" -eq 2 ]; then return; fi
  case $name in
${cases.join('')}  esac
  case $kind$current in
    word-*) COMPREPLY=($(compgen -W "$options" -- "$current")); [[ $COMPREPLY == *= ]] && compopt -o nospace ;;
    *)
      if [ -n "$ids" ]; then _meseta_ids $ids
      elif [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$current"))
      else compopt -o default # file names, by bash itself, which quotes them
      fi ;;
  esac
}
complete -F _meseta meseta
`;
}

function zsh(commands: readonly Command[]): string {
  const colon = (text: string) => text.replaceAll(':', '\\:');
  const described = (list: readonly { word: string; summary: string }[]) =>
    list.map(({ word, summary }) => quoted(`${word}:${colon(summary)}`)).join(' ');
  const bracket = (text: string) => text.replace(/[[\]:\\]/g, '\\$&');
  const specs = (command: Command) =>
    optionsOf(command).flatMap(option => {
      const { name, short, type, multiple, value, help, choices } = option;
      const ids = idsOfOption(option);
      const values = choices ? `(${choices.join(' ')})` : ids ? `{_meseta_ids ${ids}}` : '_files';
      const argument = type === 'string' ? `:${colon(value ?? 'VALUE')}:${values}` : '';
      const spec = (flag: string, sign: string) =>
        quoted(`${multiple ? '*' : ''}${flag}${type === 'string' ? sign : ''}[${bracket(help)}]${argument}`);
      return [spec(`--${name}`, command.flags ? '=-' : '='), ...(short ? [spec(`-${short}`, '+')] : [])];
    });
  const rest = (command: Command) => {
    const [ids, choices] = [idsOfWords(command), choicesOf(command)];
    return choices.length > 0 ? `(${choices.join(' ')})` : ids ? `{_meseta_ids ${ids}}` : '_files';
  };
  const cases = commands.map(
    command =>
      `    ${quoted(command.name)}) _arguments -s ${specs(command).join(' ')} ${quoted(`*: :${rest(command)}`)} ;;\n`,
  );
  const groups = groupsOf(commands);
  const own = ownGroupsOf(commands);
  return `#compdef meseta
_meseta_ids() {
  local -a ids master
  [[ "$PREFIX $BUFFER" =~ ' (-m|--master)[ =]+([^ ]+)' ]] && master=(--master $match[2])
  ids=(\${(f)"$(\${~program} $@ $master 2>/dev/null </dev/null)"})
  compadd -a ids
}
_meseta() {
  local -a words_of
  local program=$words[1]
  if (( CURRENT > 2 )) && [[ $words[2] == help ]]; then
    shift words
    (( CURRENT-- ))
    (( CURRENT > 2 )) && [[ \${words[2]} != (${groups.join('|')}) ]] && return 1
  fi
  if (( CURRENT == 2 )); then
    words_of=(${described([...following(commands, ''), { word: 'help', summary: 'Print help' }])})
    _describe command words_of
    return
  fi
  local name=$words[2]
  case $name in
${groups.map(group => `    ${group}) words_of=(${described(following(commands, group))}) ;;\n`).join('')}  esac
  if [[ $name == (${own.join('|') || '-'}) && $words[3] == -* ]]; then words_of=(); fi
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
  const own = ownGroupsOf(commands);
  const second = (group: string) => following(commands, group).map(({ word }) => word);
  /** The condition under which a command is the one that is typed. */
  const typed = ({ name }: Command) =>
    own.includes(name)
      ? `${seen([name])}; and not __fish_seen_subcommand_from ${second(name).join(' ')}`
      : seen(name.split(' '));
  /** The condition that the word which is typed is such a one. */
  const token = (pattern: string) => `string match -q -- ${pattern.replaceAll('*', '\\*')} (commandline -ct)`;
  const lines = [
    '# fish completion of meseta',
    'function __meseta_ids',
    '  set -l words (commandline -opc)',
    "  set -l master (string match -r -- ' (-m|--master)[ =]+([^ ]+)' (commandline -p))",
    '  set -l more',
    '  test (count $master) -eq 3; and set more --master $master[3]',
    '  $words[1] $argv $more 2>/dev/null </dev/null',
    'end',
    ...[...following(commands, ''), { word: 'help', summary: 'Print help' }].map(
      ({ word, summary }) => `complete -c meseta -f -n __fish_use_subcommand -a ${word} -d ${text(summary)}`,
    ),
    ...groups.flatMap(group => {
      const none = second(group).join(' ');
      return following(commands, group).map(
        ({ word, summary }) =>
          `complete -c meseta -f -n ${text(`${seen([group])}; and not __fish_seen_subcommand_from ${none}`)} -a ${word} -d ${text(summary)}`,
      );
    }),
    ...commands.flatMap(command =>
      optionsOf(command).map(option => {
        const { name, short, type, help, choices } = option;
        const ids = idsOfOption(option);
        const values = choices
          ? ` -f -a ${text(choices.join(' '))}`
          : ids
            ? ` -f -a ${text(`(__meseta_ids ${ids})`)}`
            : '';
        // The value of a daemon's flag is in the same word, and fish adds no space after '='.
        if (command.flags && type === 'string') {
          return `complete -c meseta -n ${text(`${typed(command)}; and ${token('-*')}`)} -a '--${name}=' -d ${text(help)}`;
        }
        const flags = `-l ${name}${short ? ` -s ${short}` : ''}${type === 'string' ? ' -r' : ''}${values}`;
        return `complete -c meseta -n ${text(typed(command))} ${flags} -d ${text(help)}`;
      }),
    ),
    ...commands
      .filter(({ flags }) => flags)
      .map(command => `complete -c meseta -F -n ${text(`${typed(command)}; and ${token('--*=*')}`)}`),
    ...commands.flatMap(command => {
      const [ids, choices] = [idsOfWords(command), choicesOf(command)];
      const values = ids ? `(__meseta_ids ${ids})` : choices.join(' ');
      return values === ''
        ? []
        : [`complete -c meseta -f -n ${text(seen(command.name.split(' ')))} -a ${text(values)}`];
    }),
    `complete -c meseta -f -n ${text(seen(['help']))} -a ${text(commands.map(({ name }) => name.split(' ')[0]).join(' '))}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** The functions that make a completion script, by shell. */
export const shells = { bash, zsh, fish } as const;
