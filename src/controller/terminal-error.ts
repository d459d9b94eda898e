/** A failure that another try does not mend. The key rests until something changes. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}
