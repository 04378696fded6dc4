/** Starts the page: asks the server what there is to be seen. */
import { PAGE_PROTOCOL, type PageSession } from '../../../../lib/page/session';
import { App } from './app';
import { element } from './elements';

declare global {
  /** Content of the page, for programs that test it or take numbers from it; docs/guide/view.md. */
  var gpuBuddyView: App | undefined;
}

async function start(): Promise<void> {
  const answer = await fetch('session', { cache: 'no-store' });
  if (!answer.ok) throw new Error(`The server answered with status ${answer.status}.`);
  const session = (await answer.json()) as PageSession;
  // A page of another version, which the browser kept.
  if ((session.protocol as number) !== PAGE_PROTOCOL)
    throw new Error('The page and its server are of different versions: reload the page.');
  globalThis.gpuBuddyView = new App(session);
}

start().catch((error: unknown) => {
  const status = element('status', HTMLElement);
  status.textContent = error instanceof Error ? error.message : String(error);
  status.classList.add('bad');
});
