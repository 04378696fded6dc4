/** Text of a file, which may be anything, made fit for a message on a terminal. */

/** Characters of a text that a message shows. */
const SHOWN = 60;

/** The text in quotes, on one line, cut short where it is long. */
export function printable(text: string): string {
  return text.length > SHOWN ? `${escaped(text.slice(0, SHOWN))}…` : escaped(text);
}

function escaped(text: string): string {
  return withoutControls(JSON.stringify(text));
}

/** With a visible escape in place of each character that a terminal would obey. */
export function withoutControls(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (control) => {
    return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
