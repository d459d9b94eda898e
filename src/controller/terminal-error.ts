/** A failure that trying again does not mend: the key rests until something changes. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}
