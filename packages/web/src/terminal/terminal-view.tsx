/** Loaded when a terminal is opened: xterm.js is a third of the rest of the web UI. */
import { FitAddon } from '@xterm/addon-fit';
import { type ITheme, Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { useEffect, useRef } from 'react';
import { endWords, TerminalConnection, type TerminalState, type TerminalTarget, terminalPath } from './connection.ts';
import { allowStyles } from './style-nonce.ts';

const themes: Readonly<Record<'light' | 'dark', ITheme>> = {
  light: { background: '#ffffff', foreground: '#1b1f24', cursor: '#1b1f24', selectionBackground: '#b6d4f5' },
  dark: { background: '#14171a', foreground: '#e6e9ec', cursor: '#e6e9ec', selectionBackground: '#2c5b8c' },
};

/** A terminal that is open until the component goes. Give it another `key` for another one. */
export default function TerminalView(props: {
  readonly target: TerminalTarget;
  readonly onState: (state: TerminalState) => void;
  /** Called by the keys that leave the terminal. */
  readonly onLeave: () => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another target is another component
  useEffect(() => {
    if (place.current === null) return undefined;
    return openTerminal(place.current, {
      target: props.target,
      onState: state => latest.current.onState(state),
      onLeave: () => latest.current.onLeave(),
    });
  }, []);
  return <div className="terminal-place" ref={place} />;
}

/** Opens a terminal in an element. @returns a function that ends it. */
function openTerminal(
  element: HTMLElement,
  parts: {
    readonly target: TerminalTarget;
    readonly onState: (state: TerminalState) => void;
    readonly onLeave: () => void;
  },
): () => void {
  const forbidStyles = allowStyles();
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const theme = () => themes[dark.matches ? 'dark' : 'light'];
  const terminal = new Terminal({
    ...{ cursorBlink: true, fontFamily: 'ui-monospace, monospace', fontSize: 13, scrollback: 10_000 },
    ...{ minimumContrastRatio: 4.5, screenReaderMode: true, theme: theme() },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.attachCustomKeyEventHandler(event => isForTerminal(event, terminal, parts.onLeave));
  terminal.open(element);
  const announceFreely = keepAnnouncementsShort(element);
  fit.fit();
  const size = () => ({ rows: terminal.rows, columns: terminal.cols });
  const connection = new TerminalConnection(terminalPath(parts.target, size()), {
    write: (data, shown) => terminal.write(data, shown),
    onState: state => {
      // What was resized meanwhile.
      if (state.phase === 'open') connection.resize(size());
      if (state.phase === 'ended') terminal.write(`\x1b[0m\r\n\x1b[7m ${plain(endWords(state.end))} \x1b[0m\r\n`);
      if (state.phase === 'ended') terminal.options.disableStdin = true;
      parts.onState(state);
    },
  });
  // xterm.js would let the browser write it into a text field as well, which takes seconds for a megabyte.
  const paste = (event: ClipboardEvent) => {
    event.preventDefault();
    event.stopPropagation();
    terminal.paste(event.clipboardData?.getData('text/plain') ?? '');
  };
  element.addEventListener('paste', paste, { capture: true });
  terminal.onData(text => connection.type(text));
  terminal.onBinary(text => connection.type(Uint8Array.from(text, character => character.charCodeAt(0))));
  terminal.onResize(() => connection.resize(size()));
  const recolour = () => {
    terminal.options.theme = theme();
  };
  dark.addEventListener('change', recolour);
  const observer = new ResizeObserver(() => fit.fit());
  observer.observe(element);
  terminal.focus();
  return () => {
    observer.disconnect();
    announceFreely();
    dark.removeEventListener('change', recolour);
    element.removeEventListener('paste', paste, { capture: true });
    connection.close();
    terminal.dispose();
    forbidStyles();
  };
}

/** More characters than these are not kept for screen readers. */
const MOST_ANNOUNCED = 10_000;

/**
 * Keeps short what xterm.js keeps for screen readers. It does so by itself only where there are lines: not for programs that draw one
 * screen, or one line, over and over. @returns a function that ends it.
 */
function keepAnnouncementsShort(element: HTMLElement): () => void {
  const region = element.querySelector('.xterm-accessibility .live-region');
  if (region === null) return () => undefined;
  const observer = new MutationObserver(() => {
    if ((region.firstChild?.nodeValue ?? '').length > MOST_ANNOUNCED) region.textContent = '';
  });
  observer.observe(region, { childList: true });
  return () => observer.disconnect();
}

/** Returns whether a key goes to the terminal: those for the clipboard, and those that leave the terminal, do not. */
function isForTerminal(event: KeyboardEvent, terminal: Terminal, onLeave: () => void): boolean {
  const { key, ctrlKey, shiftKey, altKey, metaKey } = event;
  if (!ctrlKey || altKey || metaKey) return true;
  if (shiftKey && key === 'ArrowUp') {
    event.preventDefault();
    if (event.type === 'keydown') onLeave();
    return false;
  }
  // The browser pastes. Control-C copies what is selected, and otherwise goes to the program.
  if (key.toLowerCase() === 'v') return false;
  return !(key.toLowerCase() === 'c' && terminal.hasSelection());
}

/** Without what terminals take for commands. */
function plain(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
