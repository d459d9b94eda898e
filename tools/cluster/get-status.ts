import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';

/** Status of a GET as cluster administrator; undefined when the server does not answer within 2 s. */
export function getStatus(folder: string, url: string): Promise<number | undefined> {
  const pki = (name: string) => readFileSync(join(folder, 'pki', name));
  return new Promise((resolve) => {
    const call = request(
      url,
      { ca: pki('ca.crt'), cert: pki('admin.crt'), key: pki('admin.key'), timeout: 2_000, agent: false },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(undefined));
    call.end();
  });
}
