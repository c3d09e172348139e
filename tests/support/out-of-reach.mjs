// Evaluates to what is out of reach in the page, or in the dialogue that is open. Runs in the browser.
(() => {
  const found = [];
  const root = document.querySelector('dialog[open]') ?? document.body;
  const name = element => element.outerHTML.slice(0, 160);
  const isSeen = element =>
    element.checkVisibility({ visibilityProperty: true }) && !element.closest('.skip, .visually-hidden');
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) found.push(`the page is ${scrollWidth} wide`);
  for (const element of root.querySelectorAll('a[href], button, input, select, textarea, summary')) {
    if (!isSeen(element)) continue;
    element.scrollIntoView({ block: 'center', inline: 'center' });
    // Of a link over two lines, the first.
    const [first] = element.getClientRects();
    if (!first) continue;
    const [x, y] = [first.x + first.width / 2, first.y + first.height / 2];
    const there = document.elementFromPoint(x, y);
    if (!there || !(element.contains(there) || there.contains(element))) found.push(`out of reach: ${name(element)}`);
  }
  for (const element of root.querySelectorAll('*')) {
    const style = getComputedStyle(element);
    if (style.overflowX === 'visible' || element.scrollWidth <= element.clientWidth + 1 || !isSeen(element)) continue;
    if (element.matches('input, select, textarea')) continue;
    const isCut = style.overflowX === 'hidden' || style.overflowX === 'clip';
    const isTitled = element.matches('[title], :has([title]), [title] *');
    if (isCut && !isTitled) found.push(`cut: ${name(element)}`);
  }
  // The next page may keep the elements of this one, with their positions.
  for (const element of root.querySelectorAll('*')) element.scrollLeft = 0;
  scrollTo(0, 0);
  return found;
})();
