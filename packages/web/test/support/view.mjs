// Runs `gpu-buddy view` of this checkout, as a user does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Starts the command; gives its link, and what ends it. @param {string[]} args */
export async function startView(args) {
  const child = spawn(process.execPath, ['dist/cli/main.js', 'view', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [link] = await Promise.race([once(lines, 'line'), exited.then(() => [undefined])]);
  if (!link) throw new Error(`gpu-buddy view ended: ${said}`);
  return {
    link: String(link),
    pid: child.pid,
    async stop() {
      child.kill('SIGINT');
      const [status] = await exited;
      return { status, said };
    },
  };
}
