/** Where the machine gets its packages: debootstrap uses the same, so no host name is written down here. */
export interface AptMirror {
  readonly uri: string;
  readonly suite: string;
}

/** An entry of apt's sources with the suites it serves. */
interface Source {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/**
 * The mirror of the distribution itself out of the text of apt's source files (one-line `.list` or deb822 `.sources`).
 * `codename` is the machine's release, whose own suite (not `-updates` or `-security`) marks the right entry. Undefined when none does.
 */
export function findAptMirror(files: readonly { readonly name: string; readonly text: string }[], codename: string): AptMirror | undefined {
  const sources = files.flatMap(({ name, text }) => (name.endsWith('.sources') ? parseDeb822(text) : parseList(text)));
  const source = sources.find(({ suites, components }) => suites.includes(codename) && components.includes('main'));
  const uri = source?.uris[0];
  return uri === undefined ? undefined : { uri: uri.replace(/\/$/, ''), suite: codename };
}

function parseDeb822(text: string): readonly Source[] {
  return text
    .split(/\n\s*\n/)
    .map((stanza) => {
      const lines = stanza.split('\n').filter((line) => !line.startsWith('#'));
      const field = (key: string) =>
        lines
          .find((line) => line.toLowerCase().startsWith(`${key}:`))
          ?.slice(key.length + 1)
          .trim()
          .split(/\s+/) ?? [];
      return {
        types: field('types'),
        enabled: field('enabled')[0] !== 'no',
        uris: field('uris'),
        suites: field('suites'),
        components: field('components'),
      };
    })
    .filter(({ types, enabled }) => enabled && types.includes('deb'));
}

function parseList(text: string): readonly Source[] {
  return text.split('\n').flatMap((line) => {
    const match = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line.trim());
    const [, uri, suite, components] = match ?? [];
    return uri === undefined || suite === undefined ? [] : [{ uris: [uri], suites: [suite], components: (components ?? '').split(/\s+/) }];
  });
}
