/** GET of a JSON document within 15 s. `about` begins the message of any error; the server's own text ends it. */
export async function getJson(url: string, about: string): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(15_000) });
  } catch (error) {
    throw new Error(`${about}: no answer: ${error instanceof Error ? String(error.cause ?? error.message) : String(error)}`);
  }
  const text = await response.text();
  if (!response.ok) throw new Error(`${about}: HTTP ${response.status}: ${text.slice(0, 300)}`);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${about}: not JSON: ${text.slice(0, 100)}`);
  }
}
