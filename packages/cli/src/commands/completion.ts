import { type Command, command, type Entry, UsageError } from '../command.ts';
import { shells } from '../completion.ts';

/** Makes the command that prints completion scripts for the given commands. */
export const completionOf = (commands: readonly Entry[]) =>
  command({
    name: 'completion',
    summary: 'Print a script with which a shell completes commands, options and ids',
    arguments: 'bash|zsh|fish',
    options: {},
    notes: `For bash:  meseta completion bash > ~/.local/share/bash-completion/completions/meseta
For zsh:   meseta completion zsh > DIRECTORY/_meseta, where $fpath has DIRECTORY
For fish:  meseta completion fish > ~/.config/fish/completions/meseta.fish`,
    run: async (_, [shell = '', extra]) => {
      const script = Object.hasOwn(shells, shell) ? shells[shell as keyof typeof shells] : undefined;
      if (!script || extra !== undefined) throw new UsageError(`Which shell? One of ${Object.keys(shells).join(', ')}`);
      const loaded: Command[] = [];
      for (const entry of commands) loaded.push({ ...(await entry.load()), name: entry.name, summary: entry.summary });
      process.stdout.write(script(loaded));
      return 0;
    },
  });
