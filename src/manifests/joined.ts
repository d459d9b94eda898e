/**
 * Texts of manifests as one stream, in which no document runs into the next. kubectl reads a stream that begins with `{` as JSON, and older
 * releases fail at the first `---`. So if a text follows, such a stream begins with a separator.
 */
export function joined(texts: readonly string[]): string {
  const [first = '', ...others] = texts.filter((text) => text.trim() !== '');
  if (others.length === 0) return first;
  const start = first.trimStart().startsWith('{') ? `---\n${first}` : first;
  return others.map((text) => (text.startsWith('---') ? text : `---\n${text}`)).reduce(join, start);
}

function join(left: string, right: string): string {
  return left.endsWith('\n') ? left + right : `${left}\n${right}`;
}
