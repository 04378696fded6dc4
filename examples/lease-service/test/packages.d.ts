// The package has no types.
declare module 'parse-prometheus-text-format' {
  interface Metric {
    readonly value: string;
    readonly labels?: Readonly<Record<string, string>>;
  }
  interface Family {
    readonly name: string;
    readonly help: string;
    readonly type: string;
    readonly metrics: readonly Metric[];
  }
  const parse: (text: string) => Family[];
  // eslint-disable-next-line no-restricted-syntax -- that is how the package exports it
  export default parse;
}
