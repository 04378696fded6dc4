/** Bearer tokens: `NAME.SECRET`, with 256 random bits. Only their SHA-256 is kept, which is enough for a secret that nobody can guess. */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** The pattern of names. */
export const NAME = '[a-z0-9-]{1,32}';

const BEARER = new RegExp(`^Bearer ((${NAME})\\.[\\w-]{43})$`, 'i');

/** Makes a token, and the hash that the configuration keeps. */
export function newToken(name: string): { token: string; hash: string } {
  const token = `${name}.${randomBytes(32).toString('base64url')}`;
  return { token, hash: hash('sha256', token) };
}

/** Knows whose a token is. */
export class Tokens {
  readonly #hashes = new Map<string, Buffer>();
  /** Compared where nobody has the name, so that this takes as long. */
  readonly #nobody = randomBytes(32);

  add(name: string, hexHash: string): void {
    this.#hashes.set(name, Buffer.from(hexHash, 'hex'));
  }

  /** The name in an `Authorization` header; `undefined` where the token is not that name's. Takes the same time either way. */
  nameOf(authorization: string | undefined): string | undefined {
    const [, token, name] = BEARER.exec(authorization ?? '') ?? [];
    if (token === undefined || name === undefined) return undefined;
    const known = this.#hashes.get(name);
    const isSame = timingSafeEqual(hash('sha256', token, 'buffer'), known ?? this.#nobody);
    return isSame && known ? name : undefined;
  }
}
