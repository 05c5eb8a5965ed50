import { readTable, TableWriter } from './parquet.js';
import { type Column, type RunTables, TABLES, type TableName } from './row-tables.js';

/** Every value a safe integer or a text, as its column wants it. */
export function writeRows<Name extends TableName>(fd: number, name: Name, rows: readonly RunTables[Name][]): void {
  const fields = Object.entries<Column>(TABLES[name]);
  const table = new TableWriter(fd, Object.fromEntries(fields.map(([, column]) => column)));
  for (const row of rows) {
    const values = new Map(Object.entries<number | string>(row as object as Record<string, number | string>));
    table.row(...fields.map(([field]) => values.get(field) ?? 0));
    table.endOfWindow();
  }
  table.finish();
}

/** UserError if the file is not this table. */
export async function readRows<Name extends TableName>(file: string, name: Name): Promise<RunTables[Name][]> {
  const fields = Object.entries<Column>(TABLES[name]);
  const read: RunTables[Name][] = [];
  await readTable(file, Object.fromEntries(fields.map(([, column]) => column)), (group, rows, texts) => {
    for (let i = 0; i < rows; i++) {
      const entries = fields.map(([field, [column, type]]) => [field, type === 'UTF8' ? texts[group[column][i]] : group[column][i]]);
      read.push(Object.fromEntries(entries) as RunTables[Name]);
    }
  });
  return read;
}
