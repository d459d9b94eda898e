type Labels = Readonly<Record<string, string>>;

/**
 * A label selector as kubectl takes it: `a=b`, `a==b`, `a!=b`, `a`, `!a`, joined by commas.
 * @throws Error that says what was expected.
 */
export function parseSelector(text: string): (labels: Labels) => boolean {
  const tests = text
    .split(',')
    .map((term) => term.trim())
    .filter((term) => term !== '')
    .map((term): ((labels: Labels) => boolean) => {
      const match = /^(!?)([A-Za-z0-9./_-]+)(?:\s*(==?|!=)\s*([A-Za-z0-9._-]*))?$/.exec(term);
      const [, not, key = '', operator, value] = match ?? [];
      if (match === null || (not === '!' && operator !== undefined)) {
        throw new Error(`--selector: is ${JSON.stringify(text)}, expected terms like app=web, app!=web, app or !app, joined by commas`);
      }
      if (operator === undefined) return (labels) => Object.hasOwn(labels, key) !== (not === '!');
      return (labels) => (labels[key] === value) === (operator !== '!=');
    });
  return (labels) => tests.every((test) => test(labels));
}
