import type { StudyProgress } from '@damonlab/study';
import type { ProgressFace } from './progress.js';
import { formatNs } from './terminal.js';

/** `34 of 111 runs (30 %), ETA 12.3 s`, from the time that the runs took which were not there already. */
export function studyProgress(startedMs: number): ProgressFace<StudyProgress> {
  return {
    text: ({ done, total, kept }) => {
      const made = done - kept;
      const eta = made === 0 ? '' : `, ETA ${formatNs((((Date.now() - startedMs) * (total - done)) / made) * 1e6)}`;
      return `${done} of ${total} runs (${Math.floor((100 * done) / total)} %)${eta}`;
    },
    share: ({ done, total }) => done / total,
  };
}
