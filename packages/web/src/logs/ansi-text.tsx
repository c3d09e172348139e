import Anser from 'anser';

/** Shows text with the colours that its escape sequences ask for. It is never HTML. */
export function AnsiText({ text }: { readonly text: string }) {
  if (!text.includes('\u001b')) return text;
  return Anser.ansiToJson(text, { json: true, use_classes: true, remove_empty: true }).map(
    ({ content, fg, bg, decorations }, index) => (
      <span
        // biome-ignore lint/suspicious/noArrayIndexKey: a part of one text
        key={index}
        className={[fg && `${fg}-fg`, bg && `${bg}-bg`, ...decorations.map(each => `ansi-${each}`)]
          .filter(Boolean)
          .join(' ')}
      >
        {content}
      </span>
    ),
  );
}
