/** The requests of one account at one priority, first in, first out. */
import type { Account, Bytes } from 'gpu-buddy';
import type { Request } from './request';

export class Line<N extends Bytes> {
  first: Request<N> | undefined;
  #last: Request<N> | undefined;
  length = 0;
  /** Bytes of all requests; exact up to 2^53. */
  bytes = 0;

  constructor(
    readonly priority: number,
    readonly account: Account<Bytes> | undefined,
    /** See `Level`. */
    public virtualTime: number,
  ) {}

  append(request: Request<N>): void {
    request.isInLine = true;
    request.previous = this.#last;
    if (this.#last) this.#last.next = request;
    else this.first = request;
    this.#last = request;
    this.length++;
    this.bytes += request.bytes;
  }

  remove(request: Request<N>): void {
    const { previous, next } = request;
    if (previous) previous.next = next;
    else this.first = next;
    if (next) next.previous = previous;
    else this.#last = previous;
    request.isInLine = false;
    request.previous = request.next = undefined;
    this.length--;
    this.bytes -= request.bytes;
  }
}
