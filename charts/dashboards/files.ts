import { dashboardJson } from './dashboard.ts';
import { DASHBOARDS } from './index.ts';

/**
 * Text of each dashboard's file by its slug. They depend on no setting: the bundles carry what this returns, and nothing of the library
 * that makes it (tools/bundle/evaluated-modules.ts).
 */
export function dashboardFiles(): Readonly<Record<string, string>> {
  return Object.fromEntries(DASHBOARDS.map((spec) => [spec.slug, `${JSON.stringify(dashboardJson(spec))}\n`]));
}
