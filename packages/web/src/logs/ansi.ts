/** Escape sequences of terminals in what tasks write: colours are kept, everything else is left out. Pure. */
import Anser from 'anser';

const ESCAPE = 27;
/** Strings such as titles and links, to their end; control sequences; others of two characters or more. What is broken of them is left out, the text after it is not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is about control characters
const sequences = /\x1b(?:[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)|\[[0-?]*[ -/]*(?:[@-~]|$)|[ -/]*[0-~]?)/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is about control characters
const colours = /^\x1b\[([\d;:]*)m$/;
/** The colours of a line are those at the end of the lines before it. So many of them are looked at. */
const LINES_BEFORE = 200;
/** So many sequences are kept of those. */
const MOST_BEFORE = 16;

/** Returns a text without escape sequences, as it is read. */
export function withoutEscapes(text: string): string {
  return text.includes('\x1b') ? text.replace(sequences, '') : text;
}

/** Returns what a terminal shows of a line with carriage returns, such as a progress bar: what comes after one replaces what was before. */
export function overwritten(text: string): string {
  if (!text.includes('\r')) return text;
  const parts = text.split('\r').filter(part => part !== '');
  const last = parts.at(-1) ?? '';
  // How wide a part with escape sequences is, only a terminal knows.
  if (text.includes('\x1b')) return last;
  return parts.reduce((shown, part) => part + shown.slice(part.length), '');
}

/** A line, as bytes and as text. */
interface ColouredLine {
  readonly bytes: Uint8Array;
  readonly raw: string;
}

/** Returns the sequences that set the colours with which a line begins. @param lines in their order, without gaps. */
export function coloursBefore(lines: readonly ColouredLine[], index: number): string {
  let found: string[] = [];
  for (let at = index - 1; at >= Math.max(0, index - LINES_BEFORE) && found.length < MOST_BEFORE; at--) {
    const line = lines[at];
    if (line === undefined || !line.bytes.includes(ESCAPE)) continue;
    const ofLine = (line.raw.match(sequences) ?? []).filter(sequence => colours.test(sequence));
    const reset = ofLine.findLastIndex(isReset);
    found = [...ofLine.slice(reset + 1), ...found];
    if (reset >= 0) break;
  }
  return found.slice(-MOST_BEFORE).join('');
}

const isReset = (sequence: string) => /^0*$/.test(colours.exec(sequence)?.[1] ?? '');

/** A part of a line in one style. */
export interface StyledText {
  readonly text: string;
  /** Classes, of the style sheet. */
  readonly classes: readonly string[];
  /** Values of CSS, of colours that the style sheet has no class for. */
  readonly color?: string;
  readonly backgroundColor?: string;
}

type Rgb = readonly [red: number, green: number, blue: number];

/** The names of the first colours, as Anser has them. White is the colour of other text. */
const named: Readonly<Record<string, string>> = {
  ...{ '0, 0, 0': 'black', '187, 0, 0': 'red', '0, 187, 0': 'green', '187, 187, 0': 'yellow', '0, 0, 187': 'blue' },
  ...{ '187, 0, 187': 'magenta', '0, 187, 187': 'cyan', '255, 255, 255': 'white', '85, 85, 85': 'bright-black' },
  ...{ '255, 85, 85': 'bright-red', '0, 255, 0': 'bright-green', '255, 255, 85': 'bright-yellow' },
  ...{ '85, 85, 255': 'bright-blue', '255, 85, 255': 'bright-magenta', '85, 255, 255': 'bright-cyan' },
};

/** Takes a line apart. @param before what {@link coloursBefore} returns. */
export function styled(text: string, before = ''): readonly StyledText[] {
  if (!text.includes('\x1b') && before === '') return [{ text, classes: [] }];
  const plain = (before + text).replace(sequences, colourSequence);
  return Anser.ansiToJson(plain, { json: true, remove_empty: true }).map(({ content, fg, bg, decorations }) => {
    const { classes, ...colours } = styleOf(fg, bg);
    return { text: content, ...colours, classes: [...classes, ...decorations.map(each => `ansi-${each}`)] };
  });
}

/** The forms `38:5:n` and `38:2::r:g:b` are those with semicolons. */
function colourSequence(sequence: string): string {
  const [, parameters] = colours.exec(sequence) ?? [];
  if (parameters === undefined) return '';
  return `\x1b[${parameters.replace(/([34]8:2):\d*:(\d+:\d+:\d+)/g, '$1:$2').replaceAll(':', ';')}m`;
}

function styleOf(fg: string | null, bg: string | null): Omit<StyledText, 'text'> {
  const [text, ground] = [rgbOf(fg), rgbOf(bg)];
  // What Anser makes of reversed colours where none were set.
  if (`${text} on ${ground}` === '0,0,0 on 255,255,255') return { classes: ['ansi-inverse'] };
  if (ground) return { classes: [], color: css(readableOn(ground, text)), backgroundColor: css(ground) };
  if (!text) return { classes: [] };
  const name = named[text.join(', ')];
  if (name !== undefined) return { classes: name === 'white' ? [] : [`ansi-${name}-fg`] };
  // As bright as it must be to be read on the page.
  const from = `oklch(from ${css(text)}`;
  return { classes: [], color: `light-dark(${from} min(l, 0.5) c h), ${from} max(l, 0.75) c h))` };
}

function rgbOf(text: string | null): Rgb | undefined {
  const [, red, green, blue] = /^(\d+), ?(\d+), ?(\d+)$/.exec(text ?? '') ?? [];
  return red === undefined ? undefined : [Number(red), Number(green), Number(blue)];
}

const css = (rgb: Rgb) => `rgb(${rgb.join(' ')})`;

/** Returns the colour of text on a ground: the one that is asked for, if it can be read there. */
function readableOn(ground: Rgb, wanted: Rgb | undefined): Rgb {
  if (wanted && contrast(ground, wanted) >= 4.5) return wanted;
  return contrast(ground, [0, 0, 0]) >= contrast(ground, [255, 255, 255]) ? [0, 0, 0] : [255, 255, 255];
}

/** As the guidelines for accessibility define it. */
function contrast(one: Rgb, other: Rgb): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(rgb: Rgb): number {
  const [red, green, blue] = rgb.map(value => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
