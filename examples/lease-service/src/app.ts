/** The HTTP server around the routes: who may call what, how much at a time, and how errors are answered. */
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifySchemaCompiler,
} from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import { OPERATOR, type Config } from './config.ts';
import { describeFault } from './faults.ts';
import { overloaded, Problem } from './problem.ts';
import { Tokens } from './tokens.ts';

/** Callers that a route admits: everybody, any token, tenants only, or the operator only. */
export type Access = 'public' | 'token' | 'tenant' | 'operator';

declare module 'fastify' {
  interface FastifyRequest {
    /** The tenant, or the operator, whose token came with the request. */
    who: string;
  }
  interface FastifyContextConfig {
    access?: Access;
  }
}

/** The server with its rules, without routes. */
export async function createApp({ limits, tenants, operator }: Config) {
  const app = Fastify({
    logger: { level: 'warn' },
    bodyLimit: limits.maxBody,
    // Milliseconds for a whole request to arrive.
    requestTimeout: 10_000,
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.server.maxConnections = limits.maxConnections;
  app.setValidatorCompiler(checkParts);
  app.setErrorHandler<FastifyError | Problem>((error, request, reply) => answerError(error, request, reply));
  limitRequests(app, limits.maxRequests);
  knowTokens(app, [...tenants, { ...operator, name: OPERATOR }]);
  await app.register(rateLimit, {
    max: limits.maxRate,
    timeWindow: 1000,
    keyGenerator: ({ who, ip }) => who || ip,
    errorResponseBuilder: () => new Problem(429, 'ERR_RATE', 'You ask too often'),
  });
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, () => {
    throw new Problem(404, 'ERR_NO_ROUTE', 'There is no such page');
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Lease service', description: 'Leases ranges of GPU memory', version: '1.0.0' },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    },
  });
  return app;
}
export type App = Awaited<ReturnType<typeof createApp>>;

/** Checks a part of requests. All but bodies are text, of which numbers are made, and have defaults. */
const checkParts: FastifySchemaCompiler<TSchema> = ({ schema, httpPart = '' }) => {
  const checked = Compile(schema);
  return (given: unknown) => {
    const value = httpPart === 'body' ? given : Value.Default(schema, Value.Convert(schema, given));
    if (checked.Check(value)) return { value };
    return { error: new Problem(400, 'ERR_VALIDATION', describeFault(httpPart, checked.Errors(value))) };
  };
};

/** Refuses requests while too many are being answered, all but those for public pages. */
function limitRequests(app: FastifyInstance, most: number): void {
  let current = 0;
  app.addHook('onRequest', async ({ routeOptions }, reply) => {
    current++;
    reply.raw.once('close', () => current--);
    if (current > most && routeOptions.config.access !== 'public')
      throw overloaded('Too many requests are being answered');
  });
}

/** Learns who asks, before the rate is limited, and refuses before the body is read. */
function knowTokens(app: FastifyInstance, known: readonly { name: string; tokenHash: string }[]): void {
  const tokens = new Tokens();
  for (const { name, tokenHash } of known) tokens.add(name, tokenHash);
  app.decorateRequest('who', '');
  app.addHook('onRequest', (request, _reply, done) => {
    request.who = tokens.nameOf(request.headers.authorization) ?? '';
    done();
  });
  app.addHook('preParsing', async ({ who, is404, routeOptions }, reply) => {
    const { access = 'token' } = routeOptions.config;
    if (is404 || access === 'public') return;
    if (!who) {
      reply.header('www-authenticate', 'Bearer');
      throw new Problem(401, 'ERR_TOKEN', 'A bearer token that is known is needed');
    }
    if (access !== 'token' && (who === OPERATOR) !== (access === 'operator'))
      throw new Problem(
        403,
        'ERR_FORBIDDEN',
        `Only ${access === 'operator' ? 'the operator' : 'a tenant'} may do that`,
      );
  });
}

function answerError(
  error: FastifyError | Problem,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { statusCode = 500, code, message } = error;
  if (statusCode === 500) request.log.error(error);
  if (statusCode === 503) reply.header('retry-after', '1');
  const reason = error instanceof Problem ? error.reason : undefined;
  return reply
    .code(statusCode)
    .send(
      statusCode === 500
        ? { code: 'ERR_INTERNAL', message: 'A fault of this service' }
        : { code, message, ...(reason && { reason }) },
    );
}

/**
 * Makes a signal that is aborted when the client hangs up before it is answered. Fastify's `request.signal` does not serve: it is
 * aborted once the body is read.
 */
export function hangUpSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const hangUp = (): void => {
    if (!raw.writableFinished) controller.abort(new Problem(499, 'ERR_HUNG_UP', 'The client has hung up'));
  };
  if (raw.destroyed) hangUp();
  else raw.once('close', hangUp);
  return controller.signal;
}
