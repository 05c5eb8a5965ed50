import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@damonlab/base';

/** Where runs go unless `--out` says otherwise. */
export const RUNS_DIR = 'runs';

/**
 * The run directory under `outDir` whose manifest is the youngest.
 * @throws UserError if there is none.
 */
export function newestRun(outDir: string): string {
  const runs = namesIn(outDir).flatMap((name) => {
    const dir = join(outDir, name);
    const manifest = statSync(join(dir, 'manifest.json'), { throwIfNoEntry: false });
    return manifest === undefined ? [] : [{ dir, changedMs: manifest.mtimeMs }];
  });
  const [newest] = runs.sort((a, b) => b.changedMs - a.changedMs);
  if (newest !== undefined) return newest.dir;
  throw new UserError('no run is here', {
    where: outDir,
    expected: 'a run directory, as `damonlab run` leaves it',
    hint: 'give the RUN to report on',
  });
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
