import { PAGE_BYTES, PMD_BYTES, UserError } from '@damonlab/base';
import type { MasimOptions } from './masim/config.js';
import { INT_MAX } from './masim/fields.js';
import type { TraceSpec, WorkloadSpec } from './spec.js';
import { partPages } from './synthetic/shared-private.js';
import type { SharedPrivateSpec, SweepArea, SyntheticSpec } from './synthetic/spec.js';

/** User space of x86-64 with four levels of page tables. */
const ADDRESS_SPACE_BYTES = 2 ** 47;
const TIME_NS_MAX = Number.MAX_SAFE_INTEGER;
/** One access may cost up to a second: more is a mistake of units. */
const ACCESS_PS_MAX = 1e12;

type Bounds = readonly [min: number, max: number];

/** @throws UserError naming the key whose value is out of bounds */
export function validateSpec(spec: WorkloadSpec): void {
  const where = `workload ${spec.name}`;
  whole(spec.threads, `${where}: threads`, [1, 4096]);
  if (spec.kind === 'masim') validateMasimOptions(spec.options, `${where}: options`);
  else if (spec.kind === 'trace') validateTrace(spec, where);
  else validatePattern(spec.pattern, spec.threads, `${where}: pattern`);
}

function validateMasimOptions(options: MasimOptions, where: string): void {
  whole(options.nrAccessesPerRegion, `${where}.nrAccessesPerRegion`, [1, INT_MAX]);
  oneOf(options.defaultRwMode, `${where}.defaultRwMode`, ['ro', 'wo', 'rw']);
  whole(options.repeat, `${where}.repeat`, [1, INT_MAX]);
  whole(options.throttleNs, `${where}.throttleNs`, [0, TIME_NS_MAX]);
  // At 0 the clock of a machine without latencies would stand still and a phase would never end.
  whole(options.sequentialPs, `${where}.sequentialPs`, [1, ACCESS_PS_MAX]);
  whole(options.randomPs, `${where}.randomPs`, [1, ACCESS_PS_MAX]);
  whole(options.startupNs, `${where}.startupNs`, [0, 1e12]);
}

function validateTrace(spec: TraceSpec, where: string): void {
  oneOf(spec.pace, `${where}.pace`, ['clock', 'fast']);
  whole(spec.repeat, `${where}.repeat`, [1, INT_MAX]);
  // At 0 the clock of a machine without latencies would stand still.
  whole(spec.accessPs, `${where}.accessPs`, [1, ACCESS_PS_MAX]);
  positive(spec.tickPs, `${where}.tickPs`, ACCESS_PS_MAX);
}

function validatePattern(spec: SyntheticSpec, nrThreads: number, where: string): void {
  oneOf(spec.pattern, `${where}.pattern`, ['zipf', 'hot_cold', 'pointer_chase', 'sparse', 'sweep', 'shared_private']);
  whole(spec.durationNs, `${where}.durationNs`, [1, TIME_NS_MAX]);
  whole(spec.computePs, `${where}.computePs`, [1, ACCESS_PS_MAX]);
  real(spec.writeRatio, `${where}.writeRatio`, [0, 1]);
  if (spec.pattern === 'sweep') {
    validateAreas(spec.areas, where);
    return;
  }
  whole(spec.populateNid ?? 0, `${where}.populateNid`, [0, 7]);
  whole(spec.bytes, `${where}.bytes`, [spec.pattern === 'sparse' ? PMD_BYTES : PAGE_BYTES, ADDRESS_SPACE_BYTES]);
  switch (spec.pattern) {
    case 'zipf':
      positive(spec.theta, `${where}.theta`, 100);
      break;
    case 'hot_cold':
      positive(spec.hotRatio, `${where}.hotRatio`, 1);
      real(spec.hotShare, `${where}.hotShare`, [0, 1]);
      whole(spec.driftNs, `${where}.driftNs`, [0, TIME_NS_MAX]);
      break;
    case 'sparse':
      whole(spec.sweepEveryNs, `${where}.sweepEveryNs`, [0, TIME_NS_MAX]);
      break;
    case 'shared_private':
      validateSharedPrivate(spec, nrThreads, where);
      break;
    case 'pointer_chase':
      break;
  }
}

function validateSharedPrivate(spec: SharedPrivateSpec, nrThreads: number, where: string): void {
  real(spec.sharedRatio, `${where}.sharedRatio`, [0, 1]);
  real(spec.sharedShare, `${where}.sharedShare`, [0, 1]);
  real(spec.sharedWriteRatio, `${where}.sharedWriteRatio`, [0, 1]);
  if (spec.speeds.length === 0) throw outOfBounds('none', `${where}.speeds`, 'at least one number');
  for (const [i, speed] of spec.speeds.entries()) positive(speed, `${where}.speeds[${i}]`, 1e6);
  const pages = partPages(spec, nrThreads);
  const needed = (part: string) => `a number that leaves a page for each part with accesses (${part} has none)`;
  if (spec.sharedShare > 0 && pages.shared === 0) throw outOfBounds(spec.sharedRatio, `${where}.sharedRatio`, needed('shared'));
  if (spec.sharedShare < 1 && pages.own === 0) throw outOfBounds(spec.sharedRatio, `${where}.sharedRatio`, needed('private'));
}

function validateAreas(areas: readonly SweepArea[], where: string): void {
  if (areas.length === 0) throw outOfBounds(areas.length, `${where}.areas`, 'at least one area');
  areas.forEach((area, i) => {
    const at = `${where}.areas[${i}]`;
    whole(area.bytes, `${at}.bytes`, [PAGE_BYTES, ADDRESS_SPACE_BYTES]);
    whole(area.slackBytes, `${at}.slackBytes`, [0, ADDRESS_SPACE_BYTES]);
    whole(area.populateNid, `${at}.populateNid`, [-1, 7]);
    whole(area.everyNs, `${at}.everyNs`, [0, TIME_NS_MAX]);
    whole(area.firstNs, `${at}.firstNs`, [0, TIME_NS_MAX]);
    if (area.untilNs !== undefined) whole(area.untilNs, `${at}.untilNs`, [area.firstNs + 1, TIME_NS_MAX]);
  });
}

function whole(value: number, where: string, [min, max]: Bounds): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  throw outOfBounds(value, where, `a whole number from ${min} to ${max}`);
}

function real(value: number, where: string, [min, max]: Bounds): void {
  if (value >= min && value <= max) return;
  throw outOfBounds(value, where, `a number from ${min} to ${max}`);
}

function positive(value: number, where: string, max: number): void {
  if (value > 0 && value <= max) return;
  throw outOfBounds(value, where, `a number greater than 0, at most ${max}`);
}

function oneOf(value: string, where: string, names: readonly string[]): void {
  if (!names.includes(value)) throw outOfBounds(value, where, `one of ${names.join(', ')}`);
}

function outOfBounds(value: unknown, where: string, expected: string): UserError {
  return new UserError('value out of range', { where, expected, actual: String(value) });
}
