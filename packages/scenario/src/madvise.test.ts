import { UserError } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { parseScenario } from './load.js';
import { reviveScenario } from './revive.js';

const scenario = (madvise: object, more: object = { swap: '64 MiB' }) =>
  parseScenario(
    JSON.stringify({
      ...more,
      processes: [{ workload: { pattern: 'sweep', areas: [{ name: 'buffer', size: '8 MiB' }] }, madvise: [madvise] }],
    }),
    'lab.yaml',
  );

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return 'nothing is wrong';
}

describe('what processes advise', () => {
  it('is kept in ns and bytes', () => {
    const all = scenario({ at: '2 s', every: '500 ms', advice: 'free', region: 'buffer', offset: '1 MiB', length: '2 MiB' });
    expect(reviveScenario(JSON.parse(JSON.stringify(all)), 'manifest.json')).toEqual(all);
    expect(all.machine.processes[0]?.madvise).toEqual([
      { atNs: 2e9, everyNs: 5e8, advice: 'free', region: 'buffer', offset: 2 ** 20, length: 2 ** 21 },
    ]);
    const { machine: cold } = scenario({ at: '2 s', advice: 'cold', region: 'heap' }, {});
    expect(cold.processes[0]?.madvise).toEqual([{ atNs: 2e9, everyNs: 0, advice: 'cold', region: 'heap', offset: 0 }]);
    expect(cold.memory?.actionCost.lookNs).toBeGreaterThan(0);
  });

  it.each([
    [{ region: 'bufer' }, {}, /madvise\[0\]\.region: no such region[\s\S]*one of buffer, text, heap/],
    [{ offset: 100 }, {}, /madvise\[0\]\.offset: not on a page[\s\S]*4096[\s\S]*EINVAL/],
    [{ offset: '8 MiB' }, {}, /madvise\[0\]\.offset: outside of the region[\s\S]*ENOMEM/],
    [{ offset: '4 MiB', length: '5 MiB' }, {}, /madvise\[0\]\.length: outside of the region[\s\S]*8388608 of buffer/],
    [{ advice: 'dontneed' }, {}, /madvise\[0\]\.advice: impossible value[\s\S]*free/],
    [{}, { swap: undefined }, /madvise\[0\]\.advice: MADV_FREE without reclaim[\s\S]*swap: 0/],
    [{}, { policies: { dirty_rate: 'on' } }, /MADV_FREE beside policies\.dirty_rate/],
  ])('%j is refused where it stands', (madvise, more, message) => {
    const run = () => scenario({ at: '1 s', advice: 'free', region: 'buffer', ...madvise }, { swap: '64 MiB', ...more });
    expect(messageOf(run)).toMatch(message);
  });
});
