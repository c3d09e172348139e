/** Shows one reading after the other: on a terminal in the place of the last one, else one below the other. */
import { writeSync } from 'node:fs';
import type { RowFormat } from '../list.ts';
import { write } from '../output.ts';
import { printable, style } from '../table.ts';
import { jsonRow, linesFor, notesOf, type Picture, tableOf } from './picture.ts';
import { QuitKey } from './quit-key.ts';

/** Where readings are shown. */
export interface Display {
  show(picture: Picture): Promise<void>;
  /** Prints a sentence that stays, now or when the display is closed. */
  say(text: string): void;
  /** Ends the display and leaves the terminal as it was. Idempotent. */
  close(): void;
}

/**
 * Opens a display for many readings: on the terminal's screen where there is one, and a table is wanted.
 *
 * @param onQuit is called when the user types `q` there.
 */
export function openDisplay(format: RowFormat, onQuit: () => void): Display {
  const hasScreen = process.stdout.isTTY === true && process.env.TERM !== undefined && process.env.TERM !== 'dumb';
  return format === 'table' && hasScreen ? new ScreenDisplay(new QuitKey(onQuit)) : new PrintedDisplay(format, false);
}

function say(text: string): void {
  process.stderr.write(`${style('dim', `meseta: ${printable(text)}`, process.stderr)}\n`);
}

/** Prints readings one below the other. Notes go to standard error, when they change. */
export class PrintedDisplay implements Display {
  readonly say = say;
  readonly #format: RowFormat;
  readonly #once: boolean;
  #notes: readonly string[] = [];
  #first = true;

  /** @param once there will be one reading only. */
  constructor(format: RowFormat, once: boolean) {
    this.#format = format;
    this.#once = once;
  }

  async show(picture: Picture): Promise<void> {
    const { rows } = picture;
    const notes = notesOf(picture);
    for (const note of notes.filter(each => !this.#notes.includes(each))) this.say(note);
    this.#notes = notes;
    const { columns, isTTY } = process.stdout;
    const text = {
      table: () => (this.#first ? '' : '\n') + tableOf(picture, isTTY ? columns : undefined),
      // Each reading on a line of its own can be told from the next one.
      json: () => `${JSON.stringify(rows.map(jsonRow), null, this.#once ? 2 : undefined)}\n`,
      jsonl: () => rows.map(row => `${JSON.stringify(jsonRow(row))}\n`).join(''),
    }[this.#format]();
    this.#first = false;
    await write('stdout', text);
  }

  close(): void {}
}

/** Takes the alternate screen, hides the cursor, and does not wrap lines. */
const enter = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[2J';
const leave = '\u001b[?7h\u001b[?25h\u001b[?1049l';
/** The terminal shows what is between these at once, if it knows them. */
const [begin, end] = ['\u001b[?2026h', '\u001b[?2026l'];
const [home, clearLine, clearBelow] = ['\u001b[H', '\u001b[2K', '\u001b[J'];

/**
 * Shows readings on the terminal's other screen, as `top` does. Lines are written over the last ones, so that nothing flickers.
 * When it is closed, the last reading is printed where the command was typed.
 */
class ScreenDisplay implements Display {
  readonly #said: string[] = [];
  readonly #quitKey: QuitKey;
  #picture: Picture | undefined;
  #shown = false;
  readonly #draw = () => void this.#drawn();
  readonly #suspend = () => this.#suspended();
  readonly #resume = () => this.#resumed();
  readonly #restore = () => this.#leave();

  constructor(quitKey: QuitKey) {
    this.#quitKey = quitKey;
    process.stdout.on('resize', this.#draw);
    process.on('SIGTSTP', this.#suspend);
    process.on('SIGCONT', this.#resume);
    process.on('exit', this.#restore); // also by a second Ctrl-C
    this.#resumed();
  }

  async show(picture: Picture): Promise<void> {
    this.#picture = picture;
    await this.#drawn();
  }

  say(text: string): void {
    this.#said.push(text);
  }

  close(): void {
    process.stdout.off('resize', this.#draw);
    process.off('SIGTSTP', this.#suspend);
    process.off('SIGCONT', this.#resume);
    process.off('exit', this.#restore);
    if (!this.#shown) return;
    this.#leave();
    const lines = this.#lines();
    if (lines.length > 0) void write('stdout', `${lines.join('\n')}\n`);
    for (const text of this.#said) say(text);
  }

  #lines(): string[] {
    const { columns = 0, rows = 0 } = process.stdout;
    return this.#picture ? linesFor(this.#picture, columns, rows) : [];
  }

  async #drawn(): Promise<void> {
    if (!this.#shown) return;
    // A line is cleared before it is written: behind the last column, the cursor would clear that one.
    const lines = this.#lines().map(line => clearLine + line);
    const last = lines.length < (process.stdout.rows || Number.POSITIVE_INFINITY) ? `\r\n${clearBelow}` : '';
    await write('stdout', begin + home + lines.join('\r\n') + last + end);
  }

  #leave(): void {
    if (!this.#shown) return;
    this.#shown = false;
    this.#quitKey.stop();
    try {
      writeSync(1, leave); // at once: the process may be about to end
    } catch {
      // The terminal is gone.
    }
  }

  /** Ctrl-Z: the shell gets its screen back. */
  #suspended(): void {
    this.#leave();
    process.kill(process.pid, 'SIGSTOP');
  }

  #resumed(): void {
    if (this.#shown) return;
    this.#shown = true;
    this.#quitKey.start();
    void write('stdout', enter);
    this.#draw();
  }
}
