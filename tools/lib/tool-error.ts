/** A failure that the person at the keyboard can act on: what is wrong, and the command or setting that mends it. */
export class ToolError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(hint === undefined ? message : `${message}\n  ${hint}`);
    this.name = 'ToolError';
    this.hint = hint;
  }
}
