/**
 * The lines of one priority, in the order in which they are served: start-time fair queueing (Goyal, Vin and Cheng, 1996). The
 * virtual time of a line is what it was granted, in bytes by weight, and the line that has the least comes first. So as long as
 * all that are tried are granted, no line is further ahead of another that waits than its last request was long: with weights of
 * 1 or more, by the largest request.
 */
import type { Account, Bytes } from 'gpu-buddy';
import { Line } from './line';
import type { Request } from './request';
import type { QueuedLineStats } from './stats';

export class Level<N extends Bytes> {
  /**
   * Least virtual time first; among equals, the one that has waited longer. Lines without requests stay until the others have
   * come as far: who asks for one thing after the other must not begin anew each time. Sorted by insertion, since an allocator
   * has at most 2,047 accounts.
   */
  readonly lines: Line<N>[] = [];
  readonly #byAccount = new Map<Account<Bytes> | undefined, Line<N>>();
  /** The virtual time of the line that was served last, when it was. Never falls. */
  #virtualTime = 0;
  /** The request that nothing in this level or below may pass, and what ends that. */
  barrier: { readonly request: Request<N>; readonly timer: ReturnType<typeof setTimeout> } | undefined;

  constructor(readonly priority: number) {}

  lineOf(account: Account<Bytes> | undefined): Line<N> {
    const known = this.#byAccount.get(account);
    if (known && !this.#isForgotten(known)) return known;
    if (known) this.#take(known);
    const line = new Line<N>(this.priority, account, this.#virtualTime);
    this.#byAccount.set(account, line);
    this.#insert(line);
    return line;
  }

  /**
   * Moves a line back by what it was granted. One that others had passed has been granted what it was short of, and no more: it
   * goes on beside them.
   */
  charge(line: Line<N>, cost: number): void {
    this.#take(line);
    this.#virtualTime = Math.max(this.#virtualTime, line.virtualTime);
    line.virtualTime = Math.max(line.virtualTime + cost, this.#virtualTime);
    this.#insert(line);
  }

  /** Removes the lines that are not needed any more. */
  forgetIdle(): void {
    for (const line of this.lines.filter((idle) => this.#isForgotten(idle))) {
      this.#take(line);
      this.#byAccount.delete(line.account);
    }
  }

  /** Tells whether a line without requests is ahead of no other any more. */
  #isForgotten({ first, virtualTime }: Line<N>): boolean {
    return !first && virtualTime <= this.#virtualTime;
  }

  stats(now: number): QueuedLineStats[] {
    return this.lines.flatMap(({ account, first, length, bytes }) =>
      first
        ? [{ account, priority: this.priority, requests: length, bytes, longestWait: now - first.since }]
        : [],
    );
  }

  #take(line: Line<N>): void {
    this.lines.splice(this.lines.indexOf(line), 1);
  }

  #insert(line: Line<N>): void {
    let place = 0;
    for (let end = this.lines.length; place < end;) {
      const middle = (place + end) >>> 1;
      if ((this.lines[middle]?.virtualTime ?? 0) <= line.virtualTime) place = middle + 1;
      else end = middle;
    }
    this.lines.splice(place, 0, line);
  }
}
