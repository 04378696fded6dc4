/** Steps that open, change and close accounts, and the comparison of what each says of itself. */
import type { AccountQuota, AccountToken } from 'gpu-buddy';
import { toQuota, type GivenQuota } from './account-choices';
import type { Quota } from './books';
import { pick } from './choices';
import { codeOf, disagree, outcomeOf } from './disagreement';
import type { Choice, Step } from './program';
import type { Scene } from './scene';
import type { SubjectAccount } from './subject';

/** An account of the model, and an object through which it is open. */
export interface Opening {
  readonly account: number;
  readonly object: SubjectAccount;
}

export class AccountSteps {
  readonly #scene: Scene;
  readonly #openings: Opening[] = [];
  /** Accounts by number. */
  readonly #tokens: AccountToken[] = [];

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** The account that an allocation is for. */
  chosen({ way, number }: Choice): Opening | undefined {
    return way === 0 ? undefined : pick(this.#openings, number);
  }

  /** Does a step. Returns whether anybody may have more bytes now. */
  step(
    step: Extract<Step, { call: 'account' | 'updateAccount' | 'reopenAccount' | 'disposeAccount' }>,
  ): boolean {
    if (step.call === 'account') return this.#open(step);
    if (step.call === 'reopenAccount') return this.#reopen(step.account);
    const opening = pick(this.#openings, step.opening);
    if (!opening) return false;
    return step.call === 'updateAccount' ? this.#update(opening, step) : this.#dispose(opening);
  }

  #quota(step: { limit: Choice; reserved: Choice }, account: number | undefined): GivenQuota {
    const { memory, space, books } = this.#scene;
    return toQuota(step, account, memory, space, books);
  }

  #give({ limit, reserved }: GivenQuota): AccountQuota {
    const { numbers } = this.#scene;
    return {
      limit: typeof limit === 'bigint' ? numbers.give(limit) : limit,
      reserved: reserved === undefined ? undefined : numbers.give(reserved),
    };
  }

  #open(step: Extract<Step, { call: 'account' }>): boolean {
    const { subject, books, trace } = this.#scene;
    const given = this.#quota(step, undefined);
    const { limit, reserved = 0n } = given;
    const quota = { limit: limit ?? undefined, reserved };
    trace.comment(`account(${describe(given)})`);
    const outcome = outcomeOf(() => subject.account(this.#give(given)));
    this.#compareCode(codeOf(outcome), books.refusalOfQuota(undefined, quota), `account(${describe(given)})`);
    if (!('value' in outcome)) return false;
    const object = outcome.value;
    this.#openings.push({ account: books.open(quota), object });
    this.#tokens.push(object.share());
    return false;
  }

  #reopen(number: number): boolean {
    const { subject, books, trace } = this.#scene;
    const account = pick(books.accounts, number);
    const token = account === undefined ? undefined : this.#tokens[account];
    if (account === undefined || !token) return false;
    trace.comment(`openAccount(token of account ${account})`);
    const outcome = outcomeOf(() => subject.openAccount(token));
    const expected = books.reopen(account) ? undefined : 'ERR_GPU_BUDDY_TOKEN';
    this.#compareCode(codeOf(outcome), expected, `openAccount() of account ${account}`);
    if ('value' in outcome) this.#openings.push({ account, object: outcome.value });
    return false;
  }

  #update({ account, object }: Opening, step: Extract<Step, { call: 'updateAccount' }>): boolean {
    const { books, trace } = this.#scene;
    const given = this.#quota(step, account);
    const before = books.quotaOf(account);
    const quota: Quota = {
      limit: given.limit === undefined ? before.limit : (given.limit ?? undefined),
      reserved: given.reserved ?? before.reserved,
    };
    const asked = `update(${describe(given)}) of account ${account}`;
    trace.comment(asked);
    const code = codeOf(
      outcomeOf(() => {
        object.update(this.#give(given));
      }),
    );
    const expected = books.refusalOfQuota(account, quota);
    this.#compareCode(code, expected, asked);
    return expected === undefined && books.change(account, quota);
  }

  #dispose(opening: Opening): boolean {
    const { books, trace } = this.#scene;
    const { account, object } = opening;
    trace.comment(`dispose() of account ${account}`);
    object.dispose();
    object.dispose();
    if (!object.disposed) disagree('an account is not disposed of');
    if (codeOf(outcomeOf(() => object.used)) !== 'ERR_GPU_BUDDY_DISPOSED')
      disagree('an account answers after dispose()');
    this.#openings.splice(this.#openings.indexOf(opening), 1);
    return books.close(account);
  }

  /** Gives up all openings. */
  disposeAll(): void {
    for (const opening of [...this.#openings]) this.#dispose(opening);
  }

  /** Compares what each object says of its account, to the byte. */
  compare(): void {
    const { books, numbers } = this.#scene;
    for (const { account, object } of this.#openings) {
      const { limit, reserved } = books.quotaOf(account);
      const used = books.usedBy(account);
      const givenLimit =
        object.limit === null ? undefined : numbers.take('the limit of an account', object.limit);
      if (
        numbers.take('used', object.used) !== used ||
        givenLimit !== limit ||
        numbers.take('reserved', object.reserved) !== reserved
      )
        disagree(
          `account ${account} says ${object.used} used, limit ${String(object.limit)}, ${object.reserved} reserved ` +
            `instead of ${used}, ${String(limit ?? null)}, ${reserved}`,
        );
    }
  }

  #compareCode(code: string | undefined, expected: string | undefined, asked: string): void {
    if (code !== expected) disagree(`${code ?? 'no error'} instead of ${expected ?? 'an answer'}: ${asked}`);
  }
}

function describe({ limit, reserved }: GivenQuota): string {
  return `limit ${String(limit)}, reserved ${String(reserved)}`;
}
