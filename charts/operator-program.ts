import { createHash } from 'node:crypto';

/**
 * `kubectl apply` keeps a whole object in an annotation of at most 262,144 bytes; base64 takes four bytes for three. 120 KiB of program
 * is 160 KiB of it, which leaves room for the rest of the object.
 */
const PART_BYTES = 120 * 1024;

export interface ProgramPart {
  /** Names its content: a part never changes, so a Pod sees one program, whole. */
  readonly name: string;
  readonly key: string;
  /** Base64. */
  readonly data: string;
}

/** Cuts the compressed program into what fits a ConfigMap each. */
export function programParts(archive: Uint8Array): readonly ProgramPart[] {
  const hash = createHash('sha256').update(archive).digest('hex').slice(0, 10);
  const count = Math.ceil(archive.length / PART_BYTES);
  return Array.from({ length: count }, (_, index) => ({
    name: `duotel-operator-${hash}-${index}`,
    key: `part-${String(index).padStart(2, '0')}`,
    data: Buffer.from(archive.subarray(index * PART_BYTES, (index + 1) * PART_BYTES)).toString('base64'),
  }));
}

/**
 * The command of the operator's container. It joins the parts, unpacks them and starts the program. `$1` is where the parts are mounted.
 */
export const LOADER = [
  "import { readdirSync, readFileSync, writeFileSync } from 'node:fs';",
  "import { brotliDecompressSync } from 'node:zlib';",
  'const [directory] = process.argv.splice(1, 1);',
  "const parts = readdirSync(directory).filter((name) => name.startsWith('part-')).sort();",
  "const program = '/tmp/operator.mjs';",
  "writeFileSync(program, brotliDecompressSync(Buffer.concat(parts.map((name) => readFileSync(directory + '/' + name)))));",
  'process.argv.splice(1, 0, program);',
  'await import(program);',
].join('\n');
