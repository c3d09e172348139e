import { styled } from './ansi.ts';

/** Shows text with the colours that its escape sequences ask for. It is never HTML. @param before sequences that set those at its beginning. */
export function AnsiText({ text, before }: { readonly text: string; readonly before: string }) {
  const parts = styled(text, before);
  if (parts.length === 1 && parts[0]?.classes.length === 0 && parts[0].color === undefined) return parts[0].text;
  return parts.map(({ text: part, classes, ...style }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a part of one text
    <span key={index} className={classes.join(' ') || undefined} style={style}>
      {part}
    </span>
  ));
}
