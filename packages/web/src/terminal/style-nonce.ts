/**
 * Lets a library make style elements and attributes under a policy that allows none but those with the page's nonce.
 *
 * xterm.js makes `<style>` elements for sizes and colours, and sets the attribute `style` of spans for 24-bit colours. The
 * first get the nonce when they are made; the second become properties of the element's style, which the policy allows.
 */

/** The nonce that the master has put into the page; undefined: a server without a policy. */
function pageNonce(): string | undefined {
  return document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.nonce;
}

let users = 0;

/** Begins it. @returns a function that ends it. */
export function allowStyles(): () => void {
  const nonce = pageNonce();
  if (nonce === undefined || nonce === '') return () => undefined;
  if (users++ === 0) Object.defineProperty(document, 'createElement', { value: stamping(nonce), configurable: true });
  let isOver = false;
  return () => {
    if (!isOver && --users === 0) Reflect.deleteProperty(document, 'createElement');
    isOver = true;
  };
}

function stamping(nonce: string): (name: string, options?: ElementCreationOptions) => HTMLElement {
  return (name, options) => {
    const element = Document.prototype.createElement.call(document, name, options);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    if (element instanceof HTMLSpanElement) element.setAttribute = setAttribute;
    return element;
  };
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === 'style') this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}
