/** The lines of a text that comes in chunks, without their line feeds. The rest after the last line feed is dropped: it was cut off. */
export async function* lines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  // The pieces are kept apart until the line is whole: an object of 10 MB comes in hundreds of chunks.
  let parts: string[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', from)) {
      parts.push(chunk.slice(from, end));
      from = end + 1;
      const line = parts.join('');
      parts = [];
      if (line !== '') yield line;
    }
    if (from < chunk.length) parts.push(chunk.slice(from));
  }
}
