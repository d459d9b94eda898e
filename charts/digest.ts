import { createHash } from 'node:crypto';

/** Ten hexadecimal digits that change with the text: what makes a Pod restart when its configuration does. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 10);
}
