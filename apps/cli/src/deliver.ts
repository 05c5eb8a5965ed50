import { writeFileSync } from 'node:fs';
import { UserError } from '@damonlab/base';

/** Print `text`, or write it to `file` (`--output`). @throws UserError if the file cannot be written. */
export function deliver(text: string, file: string | undefined): void {
  const complete = text.endsWith('\n') ? text : `${text}\n`;
  if (file === undefined) {
    process.stdout.write(complete);
    return;
  }
  try {
    writeFileSync(file, complete);
  } catch (error) {
    throw new UserError('cannot write the report', {
      where: `--output ${file}`,
      actual: error instanceof Error ? error.message : String(error),
    });
  }
}
