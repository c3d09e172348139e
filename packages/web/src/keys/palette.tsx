import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { addresses } from '../addresses.ts';
import { useAnswer } from '../answers/use-answer.ts';
import { type AwayAgent, awayAgents } from '../away/away-agents.ts';
import { useFound } from '../feed/hooks.ts';
import type { Found } from '../find/find.ts';
import { hasWords, matchScore, wordsOf } from '../find/match.ts';
import { pages } from '../page-list.ts';
import { exactly } from '../query/filter-tokens.ts';
import { Dialog } from '../ui/dialog.tsx';
import { useUnfinished } from '../unfinished.ts';

/** Something to go to. */
interface Choice {
  readonly key: string;
  /** `task`. */
  readonly kind: string;
  readonly title: string;
  readonly detail: string;
  readonly to: string;
  readonly filter?: string;
}

/** How many agents that are away are listed. */
const AWAY = 5;

const LIST = 'palette-list';
const optionId = (index: number) => `${LIST}-${index}`;

/** Finds things by a part of their names, and goes to the one that is chosen. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  useUnfinished();
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  const answer = useFound(typed);
  const away = useAnswer(awayAgents).answer?.agents ?? [];
  const found = typed.trim() === '' ? [] : (answer?.found ?? []);
  const choices = [...pagesFor(typed), ...awayFor(typed, away, found), ...found.map(choiceOf)];
  const isSearching = typed.trim() !== '' && answer?.typed !== typed;
  const at = Math.min(chosen, choices.length - 1);
  useEffect(() => {
    // It returns a promise in newer browsers, which is no clean-up.
    void document.getElementById(optionId(at))?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  const go = (choice: Choice | undefined) => {
    if (choice === undefined) return;
    onClose();
    void navigate({ to: choice.to, search: (choice.filter ? { filter: choice.filter } : {}) as never });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setChosen(Math.max(0, Math.min(choices.length - 1, at + step)));
    else if (event.key === 'Enter') go(choices[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Find" isTitleHidden className="palette" onClose={onClose}>
      <input
        role="combobox"
        aria-label="Find agents, frameworks, roles, tasks and pages"
        aria-expanded={choices.length > 0}
        aria-controls={LIST}
        aria-activedescendant={choices.length > 0 ? optionId(at) : undefined}
        aria-autocomplete="list"
        placeholder="agents, frameworks, roles, tasks, pages"
        spellCheck={false}
        value={typed}
        onChange={event => {
          setTyped(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id={LIST} role="listbox" aria-label="Found" className="palette-list">
        {choices.map((choice, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys are those of the field, which keeps the focus
          <div
            key={choice.key}
            id={optionId(index)}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            onClick={() => go(choice)}
          >
            <span className="palette-kind">{choice.kind}</span>
            <span className="palette-title">{choice.title}</span>
            <span className="quiet">{choice.detail}</span>
          </div>
        ))}
      </div>
      <p className="quiet" role="status">
        {isSearching ? 'Looking…' : choices.length === 0 ? `Nothing is called '${typed}'.` : ''}
      </p>
    </Dialog>
  );
}

/** The pages that match; all of them while nothing is typed. */
function pagesFor(typed: string): Choice[] {
  const words = wordsOf(typed);
  return pages
    .filter(({ title }) => words.length === 0 || matchScore(title, words) > 0)
    .map(({ to, title }) => ({ key: `page ${to}`, kind: 'page', title, detail: '', to }));
}

/** The agents that match and are not registered, which the feed does not know. */
function awayFor(typed: string, away: readonly AwayAgent[], found: readonly Found[]): Choice[] {
  const words = wordsOf(typed);
  if (words.length === 0) return [];
  const isFound = (id: string) => found.some(each => each.kind === 'agent' && each.id === id);
  return away
    .filter(({ agent_id, hostname = '' }) => hasWords(`${hostname} ${agent_id}`, words) && !isFound(agent_id))
    .slice(0, AWAY)
    .map(({ agent_id: id, hostname, state }) =>
      choiceOf({ kind: 'agent', title: hostname ?? id, detail: `${state}, ${id}`, id }),
    );
}

function choiceOf({ kind, title, detail, id, framework }: Found): Choice {
  const choice = { key: `${kind} ${framework ?? ''} ${id}`, kind, title, detail };
  switch (kind) {
    case 'agent':
      return { ...choice, to: addresses.agent(id) };
    case 'framework':
      return { ...choice, to: addresses.framework(id) };
    case 'task':
      return { ...choice, to: addresses.task(framework ?? '', id) };
    case 'role':
      return { ...choice, to: addresses.tasks(), filter: exactly('role', [id]) };
    default:
      throw new Error(`unhandled kind ${kind satisfies never}`);
  }
}
