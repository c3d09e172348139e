/** Length of what an error may say: enough for every text of ours, whatever of the input is quoted in it. */
const longestError = 2000;

/**
 * A text to show that may have anything in it that somebody sent: whole, or its beginning and end with the number of
 * characters left out between them.
 *
 * @param longest length of what is kept.
 */
export function excerpt(text: string, longest = longestError): string {
  if (text.length <= longest) return text;
  const half = longest >> 1;
  const left = text.length - 2 * half;
  return `${text.slice(0, half)}… (${left} characters left out) …${text.slice(-half)}`.toWellFormed();
}
