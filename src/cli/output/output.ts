import { Option } from 'commander';
import { stringify } from 'yaml';

export const OUTPUTS = ['table', 'json', 'yaml'] as const;
/** `table` is for people; the others hold the same as data. */
export type Output = (typeof OUTPUTS)[number];

export function outputOption(): Option {
  return new Option('-o, --output <format>', 'a table for people, or data for programs').choices(OUTPUTS).default('table');
}

/** The text of a result in the format that was asked for; ends with a newline. */
export function rendered(output: Output, data: unknown, table: () => string): string {
  switch (output) {
    case 'table':
      return table();
    case 'json':
      return `${JSON.stringify(data, null, 2)}\n`;
    case 'yaml':
      return stringify(JSON.parse(JSON.stringify(data)), { lineWidth: 0 });
    default:
      return output satisfies never;
  }
}
