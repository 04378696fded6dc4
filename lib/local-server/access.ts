/** Knows who may look: whoever brings a token, and then the cookie that was given for it. Keeps only hashes of them. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Links that nobody has opened, and browsers that have: the oldest are forgotten. */
const MOST_LINKS = 16;
const MOST_SESSIONS = 64;

/** A set of secrets. Asking takes the same time whichever is asked for. */
class Secrets {
  readonly #hashes: Buffer[] = [];
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** Adds a new secret of 256 random bits. */
  make(): string {
    const secret = randomBytes(32).toString('base64url');
    this.add(secret);
    return secret;
  }

  add(secret: string): void {
    this.#hashes.push(hashOf(secret));
    if (this.#hashes.length > this.#most) this.#hashes.shift();
  }

  has(secret: string): boolean {
    return this.#find(hashOf(secret)) >= 0;
  }

  /** Removes a secret; false: it was not there. */
  take(secret: string): boolean {
    const index = this.#find(hashOf(secret));
    if (index >= 0) this.#hashes.splice(index, 1);
    return index >= 0;
  }

  #find(hash: Buffer): number {
    let found = -1;
    for (const [index, known] of this.#hashes.entries()) if (timingSafeEqual(known, hash)) found = index;
    return found;
  }
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

export class Access {
  /** Differs from server to server: browsers send a cookie to all ports of a host. */
  readonly #cookie = `gpu-buddy-${randomBytes(8).toString('hex')}`;
  readonly #links = new Secrets(MOST_LINKS);
  readonly #sessions = new Secrets(MOST_SESSIONS);
  readonly #standing = new Secrets(1);

  /** @param token is valid again and again; else each link is valid once */
  constructor(token: string | undefined) {
    if (token !== undefined) this.#standing.add(token);
  }

  /** Makes a token that is valid once. */
  newToken(): string {
    return this.#links.make();
  }

  /** Gives the cookie for a token, as the value of `Set-Cookie`; `undefined`: the token is unknown or used up. */
  cookieFor(token: string): string | undefined {
    if (!this.#standing.has(token) && !this.#links.take(token)) return undefined;
    return `${this.#cookie}=${this.#sessions.make()}; HttpOnly; SameSite=Strict`;
  }

  /** Tells whether the cookie, or the standing token as a bearer token, comes with a request. */
  admits(cookies: string | undefined, authorization: string | undefined): boolean {
    const [, bearer] = /^Bearer ([^\s]+)$/i.exec(authorization ?? '') ?? [];
    if (bearer !== undefined && this.#standing.has(bearer)) return true;
    return (cookies ?? '')
      .split('; ')
      .map((pair) => pair.split('='))
      .some(([name, value]) => name === this.#cookie && value !== undefined && this.#sessions.has(value));
  }
}
