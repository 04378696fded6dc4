// Reads the SVGs that the tests of this folder have drawn: well-formed, and their marks by name.

/** Whatever a picture contains; anything else would be new, and may be a program. */
const ELEMENTS = /^(svg|title|desc|style|defs|pattern|rect|path|text)$/;

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
}

const TOKEN = /<(\/?)(\w+)((?: [\w-]+="[^"<]*")*)(\/?)>([^<]*)/gy;

/** Gives the elements of a picture in their order. Throws where the text is no XML, or has elements that no picture has. */
export function elementsOf(svg: string): Element[] {
  const elements: Element[] = [];
  const open: string[] = [];
  let end = 0;
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(svg); token; token = TOKEN.exec(svg)) {
    const [whole, isEnd, name = '', attributes = '', isEmpty, text = ''] = token;
    end = token.index + whole.length;
    if (/&(?!(amp|lt|gt|quot|#39);)/.test(attributes + text)) throw new Error(`bad entity in ${whole}`);
    if (!ELEMENTS.test(name)) throw new Error(`unknown element ${name}`);
    if (isEnd) {
      if (open.pop() !== name) throw new Error(`</${name}> ends another element`);
      continue;
    }
    if (!isEmpty) open.push(name);
    const pairs = [...attributes.matchAll(/ ([\w-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [
      key,
      value,
    ]);
    elements.push({
      name,
      attributes: Object.fromEntries(pairs) as Record<string, string>,
      text: text.trim(),
    });
  }
  if (end !== svg.length || open.length > 0) throw new Error(`no XML at ${svg.slice(end, end + 40)}`);
  return elements;
}

/** The texts of a picture, those of title and description first. */
export function textsOf(svg: string): string[] {
  return elementsOf(svg)
    .filter(({ name }) => name === 'title' || name === 'desc' || name === 'text')
    .map(({ text }) => text);
}
