/** The findings of a part of the harness, for tests and for people. */

/** @typedef {{ scenario: string, how: string, where: string, problems: readonly string[] }} Violation */
/** @typedef {{ name: string, statements: number, steps: number, interruptions: number, violations: number }} Row */

const MOST_EXAMPLES = 3;

/** @typedef {{ interruptions: number, violations: number, rows: Row[], examples: Violation[] }} PlainReport */

export class Report {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** The first ones of each scenario. @type {Violation[]} */
  #examples = [];

  /** @param {string} name */
  row(name) {
    let row = this.#rows.get(name);
    if (!row) {
      row = { name, statements: 0, steps: 0, interruptions: 0, violations: 0 };
      this.#rows.set(name, row);
    }
    return row;
  }

  /** @param {Violation} violation */
  add(violation) {
    const row = this.row(violation.scenario);
    if (row.violations++ < MOST_EXAMPLES) this.#examples.push(violation);
  }

  /** The findings as plain data. */
  toJSON() {
    return mergeReports([{ rows: [...this.#rows.values()], examples: this.#examples }]);
  }
}

/** @param {Pick<PlainReport, 'rows' | 'examples'>[]} reports @returns {PlainReport} */
export function mergeReports(reports) {
  const rows = reports.flatMap((report) => report.rows);
  /** @param {'interruptions' | 'violations'} column */
  const sum = (column) => rows.reduce((total, row) => total + row[column], 0);
  return {
    interruptions: sum('interruptions'),
    violations: sum('violations'),
    rows,
    examples: reports.flatMap((report) => report.examples),
  };
}
