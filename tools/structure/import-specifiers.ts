import { parseSync } from '@swc/core';

/**
 * What a module of TypeScript or JavaScript imports, as its text writes it: `import` and `export … from`, of values and of types, and
 * `import('…')` as a call and as a type. A parser reads it, so that an import in a comment, a string or a template is none.
 * @throws where the text is no module.
 */
export function importSpecifiers(text: string): readonly string[] {
  const { body } = parseSync(text, { syntax: 'typescript', target: 'es2024' });
  const found: string[] = [];
  for (const item of body) if ('source' in item && item.source) found.push(item.source.value);
  // The tree is walked only where it is worth it: calls and types may stand at any depth.
  if (/\bimport\s*\(/.test(text)) found.push(...deepSpecifiers(body));
  return found;
}

/** Of `import('…')` anywhere in a tree. */
function deepSpecifiers(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { type, callee, arguments: args, argument } = node as Node;
  const own =
    type === 'TsImportType' ? argument : type === 'CallExpression' && callee?.type === 'Import' ? args?.[0]?.expression : undefined;
  return [...(own?.type === 'StringLiteral' ? [own.value ?? ''] : []), ...Object.values(node).flatMap(deepSpecifiers)];
}

/** Of a node of the tree, what tells an import from all else. */
interface Node {
  readonly type?: string;
  readonly value?: string;
  readonly callee?: Node;
  readonly arguments?: readonly { readonly expression?: Node }[];
  readonly argument?: Node;
}
