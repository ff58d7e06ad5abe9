/**
 * Draws the page's own components as text, for the HTML that is there before any script runs.
 */
import * as htm from 'htm';

/** Text that is markup already; everything else is escaped. */
type Markup = { readonly markup: string };
type Component = (properties: Readonly<Record<string, unknown>>) => unknown;

/** The `html` of the page's components that makes markup instead of elements. */
export const html = bound(element);

/** The declarations of htm are those of another module format than the one that is loaded: its `default` is the function itself. */
function bound(draw: typeof element): (strings: TemplateStringsArray, ...values: unknown[]) => unknown {
  const loaded: unknown = htm.default;
  if (typeof loaded !== 'function') throw new Error('htm has no default export');
  return loaded.bind(draw);
}

/** Markup of what a component returned. */
export function markupOf(drawn: unknown): string {
  if (drawn === undefined || drawn === null || typeof drawn === 'boolean') return '';
  if (Array.isArray(drawn)) return drawn.map(markupOf).join('');
  return isMarkup(drawn) ? drawn.markup : escaped(String(drawn));
}

function element(
  type: string | Component,
  properties: Readonly<Record<string, unknown>> | null,
  ...children: readonly unknown[]
): Markup {
  if (typeof type === 'function') return { markup: markupOf(type({ ...properties, children })) };
  const attributes = Object.entries(properties ?? {})
    .map(attribute)
    .join('');
  return { markup: `<${type}${attributes}>${markupOf(children)}</${type}>` };
}

/** What is for the browser only is left out: keys, references, listeners. */
function attribute([name, value]: readonly [string, unknown]): string {
  if (name === 'key' || name === 'ref' || name.startsWith('on')) return '';
  if (value === undefined || value === null || value === false) return '';
  return value === true ? ` ${name}` : ` ${name}="${escaped(String(value))}"`;
}

function isMarkup(drawn: unknown): drawn is Markup {
  return typeof drawn === 'object' && drawn !== null && 'markup' in drawn && typeof drawn.markup === 'string';
}

/** Text that is safe between tags and in a quoted attribute. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
