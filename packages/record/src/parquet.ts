import { assert, writeAll } from '@damonlab/base';
import { asyncBufferFromFile, type DecodedArray, parquetMetadataAsync, parquetRead, type SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { corruptFile } from './corrupt-file.js';
import { EXPORTER } from './exporter.js';

/** Columns of a table: name, and type of its whole numbers or texts. */
export type Columns = Readonly<Record<string, ColumnType>>;
type ColumnType = 'INT32' | 'INT64' | 'UTF8';

/** The columns of one row group, by name. In a column of texts stand their numbers in the list of the table's texts. */
export type RowGroup = Readonly<Record<string, Float64Array>>;

const ROWS_PER_GROUP = 65536;

/** Writes a table row by row, in row groups, so that a long run never lies in memory as a table. */
export class TableWriter {
  readonly #names: readonly string[];
  readonly #types: readonly ColumnType[];
  readonly #parquet: ParquetWriter;
  readonly #texts = new TextList();
  #columns: Float64Array[];
  #rows = 0;

  constructor(fd: number, columns: Columns) {
    this.#names = Object.keys(columns);
    this.#types = Object.values(columns);
    this.#columns = this.#names.map(() => new Float64Array(2 * ROWS_PER_GROUP));
    this.#parquet = new ParquetWriter({ writer: new FileWriter(fd), schema: schemaOf(columns), createdBy: EXPORTER });
  }

  /** One row, in the order of the columns; every value a safe integer, or a text where the column is one. */
  row(...values: readonly (number | string)[]): void {
    if (this.#rows === this.#columns[0].length) this.#columns = this.#columns.map(doubled);
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      const number = typeof value === 'string' ? this.#texts.numberOf(value) : value;
      if (!Number.isSafeInteger(number)) assert(false, `${this.#names[i]} = ${value} is not a whole number`);
      this.#columns[i][this.#rows] = number;
    }
    this.#rows++;
  }

  /** Rows that belong together end here: a row group may end too. */
  endOfWindow(): void {
    if (this.#rows >= ROWS_PER_GROUP) this.#writeGroup();
  }

  finish(): void {
    if (this.#rows > 0) this.#writeGroup();
    this.#parquet.finish();
  }

  #writeGroup(): void {
    const columnData = this.#names.map((name, i) => {
      const values = this.#columns[i].subarray(0, this.#rows);
      return { name, data: dataOf(this.#types[i], values, this.#texts.all) };
    });
    this.#parquet.write({ columnData, rowGroupSize: this.#rows });
    this.#rows = 0;
  }
}

/** Calls `onGroup` with each row group in turn. UserError if the file is not a table with these columns. */
export async function readTable(
  file: string,
  columns: Columns,
  onGroup: (group: RowGroup, rows: number, texts: readonly string[]) => void,
): Promise<void> {
  const texts = new TextList();
  try {
    const source = await asyncBufferFromFile(file);
    const metadata = await parquetMetadataAsync(source);
    let rowStart = 0;
    for (const { num_rows } of metadata.row_groups) {
      const rows = Number(num_rows);
      const names = Object.keys(columns);
      const group: RowGroup = Object.fromEntries(names.map((name) => [name, new Float64Array(rows)]));
      const onChunk = (chunk: { columnName: string; columnData: DecodedArray; rowStart: number }) =>
        fill(group[chunk.columnName], chunk.columnData, chunk.rowStart - rowStart, texts);
      await parquetRead({ file: source, metadata, columns: names, rowStart, rowEnd: rowStart + rows, onChunk });
      onGroup(group, rows, texts.all);
      rowStart += rows;
    }
  } catch (error) {
    throw corruptFile(file, error instanceof Error ? error.message : String(error));
  }
}

/** Calls `onWindow` for each run of rows with the same `key`. A row group holds whole windows. */
export async function readWindows(
  file: string,
  columns: Columns,
  key: string,
  onWindow: (group: RowGroup, from: number, to: number, texts: readonly string[]) => void,
): Promise<void> {
  await readTable(file, columns, (group, rows, texts) => {
    const keys = group[key];
    for (let from = 0, to = 0; from < rows; from = to) {
      while (to < rows && keys[to] === keys[from]) to++;
      onWindow(group, from, to, texts);
    }
  });
}

/** Texts under the numbers of their first occurrence. */
class TextList {
  readonly all: string[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.all.length);
    return this.all.push(text) - 1;
  }
}

function dataOf(type: ColumnType, values: Float64Array, texts: readonly string[]): DecodedArray {
  if (type === 'UTF8') return Array.from(values, (number) => texts[number]);
  return type === 'INT32' ? Int32Array.from(values) : BigInt64Array.from(values, BigInt);
}

function fill(column: Float64Array, values: DecodedArray, at: number, texts: TextList): void {
  for (let i = 0; i < values.length; i++) {
    const value: unknown = values[i];
    column[at + i] = typeof value === 'string' ? texts.numberOf(value) : Number(value);
  }
}

function doubled(values: Float64Array): Float64Array {
  const larger = new Float64Array(2 * values.length);
  larger.set(values);
  return larger;
}

function schemaOf(columns: Columns): SchemaElement[] {
  const leaves = Object.entries(columns).map(([name, type]) => leafOf(name, type));
  return [{ name: 'root', num_children: leaves.length }, ...leaves];
}

function leafOf(name: string, type: ColumnType): SchemaElement {
  if (type !== 'UTF8') return { name, type, repetition_type: 'REQUIRED' };
  return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' };
}

/** Sends what the Parquet writer has encoded to a file after each row group. */
class FileWriter extends ByteWriter {
  readonly #fd: number;

  constructor(fd: number) {
    super();
    this.#fd = fd;
  }

  flush(): void {
    writeAll(this.#fd, this.getBytes());
    this.index = 0;
  }

  override finish(): void {
    this.flush();
  }
}
