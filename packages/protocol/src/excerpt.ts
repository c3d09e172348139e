/**
 * The maximum length of an error's text. It is enough for all of Meseta's messages, but not for all input that they
 * quote.
 */
const longestError = 2000;

/**
 * Shortens a text that may contain input of any length: long ones keep their beginning and end, with the number of
 * characters left out between them.
 *
 * @param longest the length of what is kept.
 */
export function excerpt(text: string, longest = longestError): string {
  if (text.length <= longest) return text;
  const half = longest >> 1;
  const left = text.length - 2 * half;
  return `${text.slice(0, half)}… (${left} characters left out) …${text.slice(-half)}`.toWellFormed();
}
