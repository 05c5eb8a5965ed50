import { writeFileSync } from 'node:fs';
import { UserError } from '@damonlab/base';

/** Print a report, or write it to the file that `--output` names. @throws UserError if that cannot be written */
export function deliverText(text: string, file: string | undefined): void {
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
