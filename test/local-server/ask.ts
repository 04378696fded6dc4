/** Asks a server by raw requests, whose headers `fetch()` would not send. */
import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';

export interface Asked {
  readonly method?: string;
  /** As it stands in the request, without being made right. */
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export function ask(url: string, { method = 'GET', path, headers = {} }: Asked = {}): Promise<Answer> {
  const { hostname, port, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const asked = request(
      { host, port, method, path: path ?? pathname + search, headers, agent: false },
      (response) => {
        const pieces: Buffer[] = [];
        response
          .on('data', (piece: Buffer) => pieces.push(piece))
          .on('end', () => {
            const { statusCode: status = 0, headers } = response;
            resolve({ status, headers, body: Buffer.concat(pieces) });
          })
          .on('error', reject);
      },
    );
    asked.on('error', reject).end();
  });
}

/** Opens a link as a browser does, and gives the cookie that comes of it. */
export async function open(link: string): Promise<string> {
  const { headers } = await ask(link);
  return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}
