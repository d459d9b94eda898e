import type { KubeApiError } from '../kube/kube-api.ts';
import { refusalText } from '../kube/refusal.ts';

/** Why the API server refused what is about one object, or one kind, and what to do; without anything that the object holds. */
export function refusal({ message: whole, body }: KubeApiError): string {
  const { status, reason, message } = body;
  // Ours, and about no answer: nothing of the object is in it.
  const why = status === 0 ? whole : refusalText(body);
  return `${why}; ${whatToDo(status, reason, message)}`;
}

function whatToDo(status: number, reason: string, message: string): string {
  if (/^\S+ (".*" )?is forbidden: User /.test(message)) return 'get that right, or have somebody run the command who has it';
  if (reason === 'Conflict') return 'something else writes it at the same time: run the command again';
  if (status === 0 || status === 429 || status >= 500) return 'run the command again when that is over';
  return 'have what refuses it allow it, then run the command again';
}
