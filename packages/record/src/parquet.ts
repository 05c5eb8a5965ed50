import { assert } from '@damonlab/base';
import { asyncBufferFromFile, type DecodedArray, parquetMetadataAsync, parquetRead, type SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { writeAll } from './atomic-file.js';
import { corruptFile, EXPORTER } from './manifest.js';

/** Columns of a table of whole numbers: name and Parquet type. */
export type Columns = Readonly<Record<string, 'INT32' | 'INT64'>>;

/** The columns of one row group, by name. */
export type RowGroup = Readonly<Record<string, Float64Array>>;

const ROWS_PER_GROUP = 65536;

/** Writes a table of whole numbers row by row, in row groups, so that a long run never lies in memory as a table. */
export class TableWriter {
  readonly #names: readonly string[];
  readonly #types: readonly ('INT32' | 'INT64')[];
  readonly #parquet: ParquetWriter;
  #columns: Float64Array[];
  #rows = 0;

  constructor(fd: number, columns: Columns) {
    this.#names = Object.keys(columns);
    this.#types = Object.values(columns);
    this.#columns = this.#names.map(() => new Float64Array(2 * ROWS_PER_GROUP));
    this.#parquet = new ParquetWriter({ writer: new FileWriter(fd), schema: schemaOf(columns), createdBy: EXPORTER });
  }

  /** One row, in the order of the columns; every value a safe integer. */
  row(...values: readonly number[]): void {
    if (this.#rows === this.#columns[0].length) this.#columns = this.#columns.map(doubled);
    for (let i = 0; i < values.length; i++) {
      if (!Number.isSafeInteger(values[i])) assert(false, `${this.#names[i]} = ${values[i]} is not a whole number`);
      this.#columns[i][this.#rows] = values[i];
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
      return { name, data: this.#types[i] === 'INT32' ? Int32Array.from(values) : BigInt64Array.from(values, BigInt) };
    });
    this.#parquet.write({ columnData, rowGroupSize: this.#rows });
    this.#rows = 0;
  }
}

/** Calls `onGroup` with each row group in turn. UserError if the file is not a table with these columns. */
export async function readTable(file: string, columns: Columns, onGroup: (group: RowGroup, rows: number) => void): Promise<void> {
  try {
    const source = await asyncBufferFromFile(file);
    const metadata = await parquetMetadataAsync(source);
    let rowStart = 0;
    for (const { num_rows } of metadata.row_groups) {
      const rows = Number(num_rows);
      const names = Object.keys(columns);
      const group: RowGroup = Object.fromEntries(names.map((name) => [name, new Float64Array(rows)]));
      const onChunk = (chunk: { columnName: string; columnData: DecodedArray; rowStart: number }) =>
        fill(group[chunk.columnName], chunk.columnData, chunk.rowStart - rowStart);
      await parquetRead({ file: source, metadata, columns: names, rowStart, rowEnd: rowStart + rows, onChunk });
      onGroup(group, rows);
      rowStart += rows;
    }
  } catch (error) {
    throw corruptFile(file, error instanceof Error ? error.message : String(error));
  }
}

function fill(column: Float64Array, values: DecodedArray, at: number): void {
  for (let i = 0; i < values.length; i++) column[at + i] = Number(values[i]);
}

function doubled(values: Float64Array): Float64Array {
  const larger = new Float64Array(2 * values.length);
  larger.set(values);
  return larger;
}

function schemaOf(columns: Columns): SchemaElement[] {
  const leaves = Object.entries(columns).map(([name, type]): SchemaElement => ({ name, type, repetition_type: 'REQUIRED' }));
  return [{ name: 'root', num_children: leaves.length }, ...leaves];
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
