/**
 * The binary frame that carries numbers: `EPX1`, header length (uint32), JSON header, padding to 8 bytes,
 * then one buffer per column, each padded to 8 bytes; little-endian throughout. Decoding copies nothing.
 */

export type Column = Float64Array | Float32Array | BigInt64Array | Uint32Array | Uint8Array;

interface ColumnEntry {
  name: string;
  dtype: string;
  /** Bytes from the start of the buffers. */
  offset: number;
  /** Elements. */
  length: number;
}

export class ColumnsFrame<Header> {
  readonly #widened = new Map<string, Float64Array>();

  constructor(
    /** The answer's own header. */
    readonly result: Header,
    readonly columns: ReadonlyMap<string, Column>,
  ) {}

  has(name: string): boolean {
    return this.columns.has(name);
  }

  /** A column of float64 or float32 values. Throws where the server sent none: both sides are ours. */
  floats(name: string): Float64Array | Float32Array {
    const column = this.columns.get(name);
    if (column instanceof Float64Array || column instanceof Float32Array) return column;
    throw new TypeError(`the frame has no column of floats "${name}"`);
  }

  /** A column of numbers of any type but int64, as float64; copied, once, unless they are that already. */
  float64s(name: string): Float64Array {
    const column = this.#widened.get(name) ?? this.columns.get(name);
    if (column instanceof Float64Array) return column;
    if (column === undefined || column instanceof BigInt64Array) {
      throw new TypeError(`the frame has no column of numbers "${name}"`);
    }
    const widened = new Float64Array(column);
    this.#widened.set(name, widened);
    return widened;
  }

  /** A column of uint32 values. */
  uints(name: string): Uint32Array {
    const column = this.columns.get(name);
    if (column instanceof Uint32Array) return column;
    throw new TypeError(`the frame has no column of uint32 "${name}"`);
  }
}

const magic = 0x31585045; // "EPX1", little-endian

/** Decodes a frame; the columns are views of `buffer`. Throws RangeError or TypeError on anything malformed. */
export function decodeFrame<Header>(buffer: ArrayBuffer): ColumnsFrame<Header> {
  const view = new DataView(buffer);
  if (buffer.byteLength < 8 || view.getUint32(0, true) !== magic) throw new TypeError("not a columns frame");
  const headerBytes = view.getUint32(4, true);
  const json = new TextDecoder().decode(new Uint8Array(buffer, 8, headerBytes));
  const header = JSON.parse(json) as { result: Header; columns: ColumnEntry[] };
  const base = (8 + headerBytes + 7) & ~7;
  const columns = new Map<string, Column>();
  for (const entry of header.columns) columns.set(entry.name, makeColumn(buffer, base + entry.offset, entry));
  return new ColumnsFrame(header.result, columns);
}

function makeColumn(buffer: ArrayBuffer, at: number, { dtype, length }: ColumnEntry): Column {
  switch (dtype) {
    case "f8":
      return new Float64Array(buffer, at, length);
    case "f4":
      return new Float32Array(buffer, at, length);
    case "i8":
      return new BigInt64Array(buffer, at, length);
    case "u4":
      return new Uint32Array(buffer, at, length);
    case "u1":
      return new Uint8Array(buffer, at, length);
    default:
      throw new TypeError(`unknown column type "${dtype}"`);
  }
}
