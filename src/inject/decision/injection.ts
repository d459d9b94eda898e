import { ANNOTATION } from '../../../api/annotations.ts';
import { filesConfigMap } from '../change/config-map.ts';
import { isExtended } from '../change/extended-variable.ts';
import { mergedTemplate, templatePatch } from '../change/template-patch.ts';
import { formatRecord, type InjectionRecord, readRecord } from '../record/record.ts';
import { readRollback } from '../rollback/rollback-note.ts';
import { chosenBootstraps } from '../wishes/config.ts';
import type { ActiveSettings } from '../wishes/settings.ts';
import { digestOf } from '../workload/digest-of.ts';
import type { Candidate } from './candidate.ts';
import type { Decision } from './decision.ts';
import { exposes } from './exposes.ts';
import { eventOf, type Note, outcome } from './outcome.ts';
import { report } from './report.ts';
import { surroundings } from './surroundings.ts';

/**
 * What to do with a candidate for which every precondition holds.
 * @param healthy every pod is available, of the very template that the workload has now.
 */
export function injection(candidate: Candidate, healthy: boolean): Decision {
  const { workload, active: settings, template, held, placement, diff } = candidate;
  if (settings === undefined || template === undefined || placement === undefined || diff?.kind !== 'diff')
    throw new Error(`${candidate.name} is no candidate for an injection: a precondition does not hold`);
  const { config, targets, exposed, mounts } = placement;
  const extended = chosenBootstraps(settings.bootstrap, config).flatMap(({ runtime }) => runtime.variables.filter(isExtended));
  const { namespace: place = '' } = workload.metadata;
  const stack = `${config.stack.namespace}/${config.stack.name}`;
  const message = `mode ${settings.backend} in ${targets.map((name) => `container ${name}`).join(', ')}, reporting to TelemetryStack ${stack}`;
  const notes = [
    ...settings.notes,
    ...held.notes,
    ...diff.notes,
    ...pricesNote(settings, exposed),
    ...surroundings(workload, template, targets, extended),
  ];
  const result = outcome('Injected', message, notes, settings.backend);
  const wanted: InjectionRecord = { backend: settings.backend, bootstrap: settings.bootstrap, stack, ...diff.record };
  const read = readRecord(workload);
  const former = typeof read === 'string' ? undefined : read;
  const kept = former?.rollout === undefined ? {} : { rollout: former.rollout };
  const rolledBack = readRollback(workload) === undefined ? {} : { [ANNOTATION.rolledBack]: null };
  const annotate = (record: InjectionRecord) => ({
    [ANNOTATION.injected]: formatRecord(record),
    [ANNOTATION.status]: result.line,
    ...rolledBack,
  });
  const needs = mounts.map((mount) => filesConfigMap(mount, place));
  if (diff.podSpec === undefined) return report(workload, result, annotate({ ...wanted, ...kept }), needs);
  const record = healthy ? { ...wanted, rollout: digestOf(mergedTemplate(template, diff.podSpec)) } : wanted;
  return {
    action: 'inject',
    patch: templatePatch(workload, annotate(record), diff.podSpec),
    record,
    config,
    urgent:
      exposes(template, held.mine, candidate.runtimes) ||
      (former !== undefined && formatRecord({ ...wanted, ...kept }) === formatRecord(former)),
    needs,
    outcome: result,
    event: eventOf(result),
  };
}

function pricesNote({ backend }: ActiveSettings, exposed: string | undefined): readonly Note[] {
  if (exposed === undefined || backend === 'openinference') return [];
  const message = `container ${exposed} mounts none of the pod's own volumes, so the operator does not mount the price list there: OpenLIT fetches its own`;
  return [{ reason: 'PricesLeftOut', level: 'note', message }];
}
