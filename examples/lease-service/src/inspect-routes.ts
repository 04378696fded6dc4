/** Shows the memory as it changes, to whoever opens a link that the operator has asked for. */
import { mountInspection, PageError, type MountedInspection } from 'gpu-buddy/inspect';
import type { App } from './app.ts';
import type { Memory } from './memory.ts';
import { Problem } from './problem.ts';
import * as schemas from './schemas.ts';

const PATH = '/inspect';

/** @param page the folder of the page, if it is not that of `@gpu-buddy/web` */
export function addInspectRoutes(app: App, { buddy }: Memory, page: string | undefined): void {
  const inspection = openInspection(buddy, page);
  // Before the server closes, which waits for all that is being sent.
  app.addHook('preClose', (done) => {
    inspection?.close();
    done();
  });

  const noPage = (): Problem => new Problem(501, 'ERR_NO_PAGE', 'The page is not installed: see the README');
  app.post(
    `${PATH}/links`,
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Makes a link that shows the memory in a browser, once',
        security: [{ bearer: [] }],
        response: { 201: schemas.InspectLink, '5xx': schemas.ProblemBody },
      },
    },
    (_request, reply) => {
      if (!inspection) throw noPage();
      reply.code(201);
      return { path: inspection.link() };
    },
  );

  // The link, and the cookie that comes of it, are asked for here, not a bearer token, which browsers don't send.
  for (const path of [PATH, `${PATH}/*`])
    app.get(path, { config: { access: 'public' }, schema: { hide: true } }, (request, reply) => {
      if (!inspection) throw noPage();
      reply.hijack();
      inspection.handle(request.raw, reply.raw);
    });
}

function openInspection(buddy: Memory['buddy'], page: string | undefined): MountedInspection | undefined {
  try {
    return mountInspection(buddy, {
      path: PATH,
      label: ({ tag }) => `lease ${tag}`,
      ...(page !== undefined && { page }),
    });
  } catch (error) {
    if (error instanceof PageError) return undefined;
    throw error;
  }
}
