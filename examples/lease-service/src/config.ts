/** The configuration: `config.json` in the service's data folder. Sizes are bytes, times are milliseconds. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { describeFault } from './faults.ts';
import { NAME, newToken } from './tokens.ts';

/** Whole numbers from `minimum` on, as large as a timer of Node's can have: of milliseconds, 24 days. */
const count = (minimum: number, byDefault?: number) =>
  Type.Integer({ minimum, maximum: 2 ** 31 - 1, ...(byDefault !== undefined && { default: byDefault }) });
const bytes = (minimum: number, byDefault?: number) =>
  Type.Integer({
    minimum,
    maximum: Number.MAX_SAFE_INTEGER,
    ...(byDefault !== undefined && { default: byDefault }),
  });
const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' });

/** Rejects unknown names. */
const strict = { additionalProperties: false };

const Tenant = Type.Object(
  {
    /** The first part of the tenant's token. */
    name: Type.String({ pattern: `^${NAME}$` }),
    tokenHash: Hash,
    /** Most bytes that the tenant holds. */
    limit: Type.Optional(bytes(0)),
    /** Bytes that other tenants cannot take. */
    reserved: Type.Optional(bytes(0)),
    /** Whether the tenant's word is taken that it has zeroed what it releases. */
    mayClear: Type.Optional(Type.Boolean()),
  },
  strict,
);

/** Everything here has a default. */
const Limits = Type.Object(
  {
    maxBody: count(1, 4096),
    /** Requests a second of one tenant, or of one address without a token. */
    maxRate: count(1, 1000),
    maxConnections: count(1, 4096),
    /** Requests that are being answered, those that wait for memory among them. */
    maxRequests: count(1, 1024),
    /** Requests of one tenant that wait for memory. */
    maxWaiting: count(0, 64),
    maxWait: count(0, 60_000),
    maxTtl: count(0, 24 * 60 * 60 * 1000),
    /** Blocks of one lease. */
    maxBlocks: count(1, 1024),
    /** Leases of one tenant. */
    maxLeases: count(0, 100_000),
    /** Bytes of the file in which the leases are. */
    maxFile: bytes(1, 2 ** 30),
    /** How long an Idempotency-Key is remembered. */
    keyLife: count(0, 10 * 60 * 1000),
  },
  strict,
);

const Config = Type.Object(
  {
    host: Type.String({ default: '127.0.0.1' }),
    port: Type.Integer({ minimum: 0, maximum: 65_535, default: 8080 }),
    size: bytes(1),
    chunkSize: bytes(1, 65_536),
    /** Bytes from address 0 on that the CPU can see. */
    visibleSize: bytes(0, 0),
    /** Folder of the page that shows the memory in a browser. Default: that of `@gpu-buddy/web`, where it is installed. */
    page: Type.Optional(Type.String()),
    operator: Type.Object({ tokenHash: Hash }, strict),
    tenants: Type.Array(Tenant, { maxItems: 1024 }),
    limits: Limits,
  },
  strict,
);

export type Tenant = Static<typeof Tenant>;
export type Limits = Static<typeof Limits>;
export type Config = Static<typeof Config>;

export const OPERATOR = 'operator';

/** Fills in the defaults. Throws an `Error` that names the first entry that does not fit. */
export function toConfig(value: unknown): Config {
  const config: unknown = Value.Default(Config, { limits: {}, ...(value as object) });
  if (!Value.Check(Config, config)) throw new Error(describeFault('config', Value.Errors(Config, config)));
  const names = new Set([OPERATOR]);
  for (const { name } of config.tenants) {
    if (names.has(name)) throw new Error(`config/tenants has '${name}' twice, or it is the operator's name`);
    names.add(name);
  }
  if (config.visibleSize > config.size) throw new Error('config/visibleSize must be <= size');
  return config;
}

/** Reads the configuration of a data folder. Where there is none, makes one, and answers the tokens for it as well. */
export function openConfig(folder: string): { config: Config; tokens: readonly string[] } {
  const path = join(folder, 'config.json');
  const text = readIfThere(path);
  if (text !== undefined) return { config: toConfig(JSON.parse(text)), tokens: [] };
  const { value, tokens } = firstConfig();
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return { config: toConfig(value), tokens };
}

/** 16 GiB, of which 256 MiB are visible, for two tenants. */
function firstConfig(): { value: object; tokens: string[] } {
  const [operator, red, blue] = [newToken(OPERATOR), newToken('red'), newToken('blue')];
  const value = {
    size: 16 * 2 ** 30,
    visibleSize: 256 * 2 ** 20,
    operator: { tokenHash: operator.hash },
    tenants: [
      { name: 'red', tokenHash: red.hash, limit: 12 * 2 ** 30, reserved: 2 ** 30 },
      { name: 'blue', tokenHash: blue.hash, limit: 8 * 2 ** 30, reserved: 2 ** 30 },
    ],
  };
  return { value, tokens: [operator.token, red.token, blue.token] };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
