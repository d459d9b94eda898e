export interface Column {
  readonly title: string;
  /** Numbers read best when their ends meet. Default `left`. */
  readonly align?: 'left' | 'right';
}

/**
 * A table for people: columns as wide as their widest cell, two spaces between, no trailing blanks. A line break in a cell goes on in the
 * next line of the same column. Ends with a newline; empty `rows` gives the heading alone.
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map((column) => column.title.toUpperCase()), ...rows].flatMap(cellLines);
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => width(line[index] ?? ''))));
  return lines
    .map((line) => columns.map((column, index) => pad(line[index] ?? '', widths[index] ?? 0, column.align ?? 'left')).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

function cellLines(row: readonly string[]): readonly (readonly string[])[] {
  const cells = row.map((cell) => cell.split('\n'));
  const height = Math.max(1, ...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) => cells.map((lines) => lines[line] ?? ''));
}

function pad(text: string, to: number, align: 'left' | 'right'): string {
  const blanks = ' '.repeat(to - width(text));
  return align === 'right' ? blanks + text : text + blanks;
}

/** Characters as people count them: one for a letter outside the basic plane too. */
function width(text: string): number {
  return [...text].length;
}
