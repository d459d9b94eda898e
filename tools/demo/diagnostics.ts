import { SYSTEM_NAMESPACE } from '../../api/names.ts';
import type { JourneyContext } from './context.ts';

const STACKS =
  'jsonpath={range .items[*]}{.metadata.name}{"\\n"}{range .status.conditions[*]}  {.type}={.status} {.reason}: {.message}{"\\n"}{end}{end}';

/** What a person would look at first when the journey stopped: pods, warnings, the end of the operator's log. */
export async function diagnostics(ctx: JourneyContext): Promise<string> {
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['TelemetryStacks', ['get', 'telemetrystacks', '-A', '-o', STACKS]],
    ['pods', ['get', 'pods', '-A', '-o', 'wide']],
    ['warnings', ['get', 'events', '-A', '--field-selector', 'type=Warning', '--sort-by=.lastTimestamp']],
    ['operator', ['logs', '-n', SYSTEM_NAMESPACE, 'deployment/duotel-operator', '--tail=25']],
    ['app', ['logs', '-n', ctx.namespace, 'deployment/my-rag', '--tail=25']],
  ];
  const parts = await Promise.all(
    sections.map(async ([title, args]) => {
      const { stdout, stderr } = await ctx.kubectl(args).catch((error: unknown) => ({ stdout: '', stderr: String(error) }));
      const lines = (stdout.trim() || stderr.trim()).split('\n');
      return `--- ${title}\n${lines.slice(-60).join('\n')}\n`;
    }),
  );
  return parts.join('');
}
