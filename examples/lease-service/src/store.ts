/**
 * The leases on disk: an SQLite file, which one process has at a time. Changes of one turn of the event loop are one transaction,
 * which is flushed before their promises are resolved: whoever waits for them may tell the world.
 *
 * Times are milliseconds since 1970, by the wall clock.
 */
import Database from 'better-sqlite3';
import { unavailable } from './problem.ts';

/** The place of a block, in bytes, and whether it was known to be zero. */
export type Place = readonly [offset: number, size: number, isClear: boolean];

/** A lease as it is on disk. */
export interface LeaseRow {
  /** Never comes again. Also the tag of the lease's blocks. */
  readonly id: number;
  readonly tenant: string;
  readonly places: readonly Place[];
  readonly expires: number;
}

/** The answer that a request with an Idempotency-Key was given. */
export interface KnownAnswer {
  readonly tenant: string;
  readonly key: string;
  /** Stands for the body of the request. */
  readonly fingerprint: string;
  readonly answer: string;
  /** When it may be forgotten. */
  readonly expires: number;
}

/** A row of the table: the places are JSON. */
interface StoredLease extends Omit<LeaseRow, 'places'> {
  readonly places: string;
}

/** The changes of this turn. */
interface Group {
  readonly changes: (() => void)[];
  readonly flushed: PromiseWithResolvers<void>;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS leases (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    places TEXT NOT NULL,
    expires INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS leases_of_tenant ON leases (tenant, id);
  CREATE TABLE IF NOT EXISTS answers (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    answer TEXT NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS answers_by_age ON answers (expires);
`;

export class Store {
  readonly #database: Database.Database;
  readonly #onFailure: (error: unknown) => void;
  #group: Group | undefined;
  #failure: unknown;
  #commits = 0;
  readonly #statements;

  /**
   * @param maxSize bytes of the file, beyond which it counts as a full disk
   * @param onFailure is told once that what is on disk is no longer known: the process must end and start again
   * @throws {Database.SqliteError} `SQLITE_BUSY` where another process has the file
   */
  constructor(path: string, maxSize: number, onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
    const database = (this.#database = new Database(path, { timeout: 0 }));
    // Before anything is read: the lock is kept until the process ends, and needs no shared memory.
    database.pragma('locking_mode = EXCLUSIVE');
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    const pageSize = database.pragma('page_size', { simple: true }) as number;
    database.pragma(`max_page_count = ${Math.max(1, Math.floor(maxSize / pageSize))}`);
    database.exec(SCHEMA);
    this.#statements = {
      insert: database.prepare(
        'INSERT INTO leases (id, tenant, places, expires) VALUES (:id, :tenant, :places, :expires)',
      ),
      renew: database.prepare('UPDATE leases SET expires = ? WHERE id = ?'),
      remove: database.prepare('DELETE FROM leases WHERE id = ?'),
      removeEnded: database.prepare('DELETE FROM leases WHERE expires <= ?'),
      get: database.prepare<[number], StoredLease>('SELECT * FROM leases WHERE id = ?'),
      all: database.prepare<[number, number], StoredLease>(
        'SELECT * FROM leases WHERE id > ? ORDER BY id LIMIT ?',
      ),
      allOf: database.prepare<[string, number, number], StoredLease>(
        'SELECT * FROM leases WHERE tenant = ? AND id > ? ORDER BY id LIMIT ?',
      ),
      lastId: database.prepare<[], number>(`SELECT seq FROM sqlite_sequence WHERE name = 'leases'`).pluck(),
      remember: database.prepare(
        'INSERT OR REPLACE INTO answers VALUES (:tenant, :key, :fingerprint, :answer, :expires)',
      ),
      recall: database.prepare<[string, string, number], KnownAnswer>(
        'SELECT * FROM answers WHERE tenant = ? AND key = ? AND expires > ?',
      ),
      forget: database.prepare('DELETE FROM answers WHERE expires <= ?'),
    };
  }

  /** The highest id that was ever used. */
  get lastId(): number {
    return this.#statements.lastId.get() ?? 0;
  }

  /** How many transactions were flushed. */
  get commits(): number {
    return this.#commits;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Adds a lease, and what its client was answered, if that is to be known again. */
  insert({ places, ...lease }: LeaseRow, known?: KnownAnswer): Promise<void> {
    return this.#change(() => {
      this.#statements.insert.run({ ...lease, places: JSON.stringify(places) });
      if (known) this.#statements.remember.run(known);
    });
  }

  renew(id: number, expires: number): Promise<void> {
    return this.#change(() => this.#statements.renew.run(expires, id));
  }

  remove(id: number): Promise<void> {
    return this.#change(() => this.#statements.remove.run(id));
  }

  /** Removes the leases that ended before the process began. Is on disk when it returns. */
  removeEnded(now: number): void {
    this.#statements.removeEnded.run(now);
  }

  /** Forgets the answers that have expired. */
  forgetAnswers(now: number): Promise<void> {
    return this.#change(() => this.#statements.forget.run(now));
  }

  get(id: number): LeaseRow | undefined {
    const row = this.#statements.get.get(id);
    return row && toLease(row);
  }

  /** Leases by ascending id, those above `after`: of one tenant, or of all. */
  list(tenant: string | undefined, after: number, limit: number): LeaseRow[] {
    const { all, allOf } = this.#statements;
    const rows = tenant === undefined ? all.all(after, limit) : allOf.all(tenant, after, limit);
    return rows.map(toLease);
  }

  recall(tenant: string, key: string, now: number): KnownAnswer | undefined {
    return this.#statements.recall.get(tenant, key, now);
  }

  /** Writes the changes of this turn. */
  flush(): void {
    const group = this.#group;
    if (!group) return;
    this.#group = undefined;
    try {
      this.#database.transaction(() => {
        for (const change of group.changes) change();
      })();
    } catch (error) {
      // A full disk undoes the transaction. Anything else leaves open what is on disk now.
      if (!isFull(error)) this.#fail(error);
      group.flushed.reject(unavailable());
      return;
    }
    this.#commits++;
    group.flushed.resolve();
  }

  /** Flushes what is left, and gives the file back. */
  close(): void {
    this.flush();
    this.#database.close();
  }

  /** Makes a change in the transaction of this turn. Resolves once that is on disk. */
  #change(change: () => void): Promise<void> {
    if (this.hasFailed) return Promise.reject(unavailable());
    if (!this.#group) {
      this.#group = { changes: [], flushed: Promise.withResolvers() };
      setImmediate(() => {
        this.flush();
      });
    }
    this.#group.changes.push(change);
    return this.#group.flushed.promise;
  }

  #fail(error: unknown): void {
    this.#failure = error;
    this.#onFailure(error);
  }
}

function toLease({ places, ...lease }: StoredLease): LeaseRow {
  return { ...lease, places: JSON.parse(places) as Place[] };
}

function isFull(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code === 'SQLITE_FULL';
}
