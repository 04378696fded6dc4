/** Prepares the objects of this library for `JSON.stringify()`: bigints become decimal strings, since JSON has none. */

/** The type of a value in JSON: each bigint of `T` is a string. */
export type Json<T> = T extends bigint
  ? string
  : T extends readonly (infer Element)[]
    ? readonly Json<Element>[]
    : T extends object
      ? { readonly [Key in keyof T]: Json<T[Key]> }
      : T;

export function toJson<T>(value: T): Json<T>;
export function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map((element) => toJson<unknown>(element));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, toJson<unknown>(entry)]));
}

/** Gives plain data with bigints a hidden `toJSON()`. */
export function withJson<T extends object>(data: T): T {
  return Object.defineProperty(data, 'toJSON', { value: () => toJson(data) });
}
