import { CsError } from '../base/errors.ts';
import { SLOT_FIELDS, slotType, type FieldSpec, type ScalarType } from '../schema/slots.ts';

/** Values of one column; a row with a shape takes `size` consecutive elements, row i at [i·size, (i+1)·size). */
export type Column =
  | Float32Array
  | Float64Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | string[];

export interface Field {
  readonly name: string;
  readonly type: ScalarType;
  /** shape of one row's value; empty for a scalar */
  readonly shape: readonly number[];
}

/** Array class of each numeric type. */
export const ARRAY_OF = {
  u8: BigUint64Array,
  u4: Uint32Array,
  i4: Int32Array,
  f4: Float32Array,
  f8: Float64Array,
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
} as const;

interface Stored extends Field {
  readonly column: Column;
}

/** Elements of one row of a column. */
export function rowSize(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** A zero-filled (text: empty) column. */
export function emptyColumn(type: ScalarType, length: number): Column {
  return type === 'O' ? Array.from<string>({ length }).fill('') : new ARRAY_OF[type](length);
}

/** Slot of a column: what stands before the first `/` (`blob` of `blob/path`), or '' for `uid`. */
export function slotOf(name: string): string {
  const slash = name.indexOf('/');
  return slash < 0 ? '' : name.slice(0, slash);
}

/**
 * The table that flows between jobs: named, typed columns of equal length, the first of which is `uid`, the
 * 64-bit key of each row. Columns are named `<slot>/<field>`. Columns handed out are the table's own memory.
 */
export class Dataset {
  readonly length: number;
  private readonly stored = new Map<string, Stored>();
  private rows: Map<bigint, number> | null = null;

  /** @param uids key of each row; the table keeps the array */
  constructor(uids: BigUint64Array) {
    this.length = uids.length;
    this.stored.set('uid', { name: 'uid', type: 'u8', shape: [], column: uids });
  }

  /**
   * A table with all columns that the field dictionary knows for some slots, zero-filled.
   * @param slots names of slots, for example `['blob', 'ctf']`
   * @throws CsError `CS_SLOT_UNKNOWN` for a slot that is not in the dictionary
   */
  static create(uids: BigUint64Array, slots: readonly string[] = []): Dataset {
    const dataset = new Dataset(uids);
    for (const slot of slots) dataset.addSlot(slot);
    return dataset;
  }

  /** Add all columns of a slot of the field dictionary, zero-filled. */
  addSlot(slot: string): void {
    const type = slotType(slot);
    if (!type) throw new CsError('bug', 'CS_SLOT_UNKNOWN', `Slot "${slot}" is not in the field dictionary.`, { slot });
    const fields: readonly FieldSpec[] = SLOT_FIELDS[type];
    for (const [name, scalar, shape] of fields) this.add(`${slot}/${name}`, scalar, shape);
  }

  fields(): Field[] {
    return [...this.stored.values()].map(({ name, type, shape }) => ({ name, type, shape }));
  }

  has(name: string): boolean {
    return this.stored.has(name);
  }

  field(name: string): Field {
    const { type, shape } = this.get(name);
    return { name, type, shape };
  }

  column(name: string): Column {
    return this.get(name).column;
  }

  f4(name: string): Float32Array {
    return this.typed(name, 'f4') as Float32Array;
  }

  f8(name: string): Float64Array {
    return this.typed(name, 'f8') as Float64Array;
  }

  u4(name: string): Uint32Array {
    return this.typed(name, 'u4') as Uint32Array;
  }

  i4(name: string): Int32Array {
    return this.typed(name, 'i4') as Int32Array;
  }

  u8(name: string): BigUint64Array {
    return this.typed(name, 'u8') as BigUint64Array;
  }

  text(name: string): string[] {
    return this.typed(name, 'O') as string[];
  }

  /** Add a zero-filled column (replacing one of that name) and return it. */
  add(name: string, type: ScalarType, shape: readonly number[] = []): Column {
    const column = emptyColumn(type, this.length * rowSize(shape));
    this.set(name, type, column, shape);
    return column;
  }

  /** Put a column, replacing one of that name; the table keeps the array. @param shape shape of one row's value */
  set(name: string, type: ScalarType, column: Column, shape: readonly number[] = []): void {
    const wanted = this.length * rowSize(shape);
    const fits = type === 'O' ? Array.isArray(column) : column instanceof ARRAY_OF[type];
    if (column.length !== wanted || !fits) {
      const found = `${column.constructor.name} of ${column.length}`;
      throw new CsError(
        'bug',
        'CS_COLUMN_SHAPE',
        `Column ${name}: ${found} elements, wanted ${wanted} of type ${type}.`,
      );
    }
    if (name === 'uid') this.rows = null;
    this.stored.set(name, { name, type, shape: [...shape], column });
  }

  /** Remove columns: one of that exact name, or all of a slot. */
  drop(prefix: string): void {
    for (const name of this.stored.keys()) {
      if (name !== 'uid' && (name === prefix || slotOf(name) === prefix)) this.stored.delete(name);
    }
  }

  /** Distinct slots, in the order of their first column. */
  slots(): string[] {
    return [...new Set([...this.stored.keys()].map(slotOf))].filter((slot) => slot !== '');
  }

  /** `uid` and the columns of some slots, sharing memory; a slot that is not there is left out. */
  pick(slots: readonly string[]): Dataset {
    const wanted = new Set(slots);
    const result = new Dataset(this.u8('uid'));
    for (const field of this.stored.values()) {
      if (wanted.has(slotOf(field.name))) result.stored.set(field.name, field);
    }
    return result;
  }

  /** A copy of some rows, in the order given. */
  select(rows: ArrayLike<number>): Dataset {
    const result = new Dataset(take(this.u8('uid'), rows, 1) as BigUint64Array);
    for (const { name, type, shape, column } of this.stored.values()) {
      if (name !== 'uid') result.set(name, type, take(column, rows, rowSize(shape)), shape);
    }
    return result;
  }

  /** Row of a uid, or -1. */
  rowOf(uid: bigint): number {
    this.rows ??= new Map(Array.from(this.u8('uid'), (key, row) => [key, row]));
    return this.rows.get(uid) ?? -1;
  }

  /**
   * Rows whose uid is in both tables, in the order of this one, with the columns of both; where both have a
   * column of a name, this table's is kept.
   */
  innerJoin(other: Dataset): Dataset {
    const mine = this.u8('uid');
    const theirs = other.u8('uid');
    const same = mine.length === theirs.length && mine.every((uid, row) => theirs[row] === uid);
    if (same) return this.besides(other);
    const left: number[] = [];
    const right: number[] = [];
    for (let row = 0; row < this.length; row++) {
      const match = other.rowOf(mine[row]);
      if (match < 0) continue;
      left.push(row);
      right.push(match);
    }
    return this.select(left).besides(other.select(right));
  }

  /**
   * All rows of several tables, one below the other; a column that one of them lacks is left out.
   * @throws CsError `CS_COLUMN_SHAPE` when a column has different types or shapes
   */
  static concat(list: readonly Dataset[]): Dataset {
    const first = list[0];
    if (!first) return new Dataset(new BigUint64Array(0));
    if (list.length === 1) return first;
    const length = list.reduce((sum, d) => sum + d.length, 0);
    const result = new Dataset(new BigUint64Array(length));
    for (const { name, type, shape } of first.fields()) {
      if (!list.every((d) => d.has(name))) continue;
      const column = emptyColumn(type, length * rowSize(shape));
      let at = 0;
      for (const dataset of list) {
        const part = dataset.get(name);
        if (part.type !== type || part.shape.join() !== shape.join()) {
          const found = `${part.type}[${part.shape.join()}] and ${type}[${shape.join()}]`;
          throw new CsError(
            'input',
            'CS_COLUMN_SHAPE',
            `Column ${name} differs between the joined datasets: ${found}.`,
          );
        }
        place(column, part.column, at);
        at += part.column.length;
      }
      result.set(name, type, column, shape);
    }
    return result;
  }

  private besides(other: Dataset): Dataset {
    const result = new Dataset(this.u8('uid'));
    for (const field of this.stored.values()) result.stored.set(field.name, field);
    for (const field of other.stored.values()) if (!result.has(field.name)) result.stored.set(field.name, field);
    return result;
  }

  private get(name: string): Stored {
    const field = this.stored.get(name);
    if (field) return field;
    const slot = slotOf(name);
    const there = [...this.stored.keys()].filter((n) => slotOf(n) === slot);
    const hint =
      there.length > 0 ? `${slot} has ${there.join(', ')}` : `slots are ${this.slots().join(', ') || 'none'}`;
    throw new CsError('input', 'CS_COLUMN_MISSING', `The dataset has no column "${name}"; ${hint}.`, { column: name });
  }

  private typed(name: string, type: ScalarType): Column {
    const field = this.get(name);
    if (field.type === type) return field.column;
    const message = `Column "${name}" has type ${field.type}, wanted ${type}.`;
    throw new CsError('input', 'CS_COLUMN_TYPE', message, { column: name, found: field.type, wanted: type });
  }
}

function take(column: Column, rows: ArrayLike<number>, size: number): Column {
  if (Array.isArray(column)) return Array.from(rows, (row) => column[row]);
  const Type = column.constructor as new (length: number) => Exclude<Column, string[]>;
  const out = new Type(rows.length * size);
  for (let i = 0, at = 0; i < rows.length; i++) {
    for (let k = rows[i] * size, end = k + size; k < end; k++) out[at++] = column[k];
  }
  return out;
}

function place(column: Column, part: Column, at: number): void {
  if (Array.isArray(column)) {
    for (let i = 0; i < part.length; i++) column[at + i] = part[i] as string;
  } else {
    (column as Float32Array).set(part as Float32Array, at);
  }
}
