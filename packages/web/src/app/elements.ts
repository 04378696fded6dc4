/** Finds and makes elements. Text is never markup. */

/** Gives the element of an ID. @throws Error where it is missing, or of another kind */
export function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no ${kind.name} "${id}".`);
  return found;
}

/** Makes an element with attributes, and text or other elements in it. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | undefined>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Makes the entries of a list of terms. */
export function terms(entries: readonly (readonly [term: string, text: Node | string])[]): HTMLElement[] {
  return entries.flatMap(([term, text]) => [make('dt', {}, term), make('dd', {}, text)]);
}
