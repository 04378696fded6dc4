/** Text of a trace, which may be anything, made fit for SVG and HTML. */
import { withoutControls } from '../trace/printable';

/** Characters of a label that a picture shows. */
const SHOWN = 48;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for XML and HTML, also in attributes. Controls, directions of writing and characters that XML has not are visible escapes. */
export function escaped(text: string): string {
  return withoutControls(text)
    .replace(/[\p{Cs}\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}

/** Shortens a label. It is not escaped. */
export function shortened(label: string, length = SHOWN): string {
  return label.length > length ? `${label.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…` : label;
}
