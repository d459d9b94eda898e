/** Replaces `text[start, end)`; an insertion has `start === end`. Offsets are those of the text before any edit. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text after all edits; of those at one place, the first stated comes first. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let result = '';
  let position = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    result += text.slice(position, Math.max(position, edit.start)) + edit.text;
    position = Math.max(position, edit.end);
  }
  return result + text.slice(position);
}
